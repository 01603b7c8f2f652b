"""A release at local midnights in Chromium, whose contexts have a time zone of their own."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from campaigns.models import Campaign, Label, PreSave, midnights
from tests.accessibility import RULES
from tests.factory import PASSWORD, make_campaign, make_local_campaign
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    return make_local_campaign(slug="night-bus")


def pre_save(page: Page) -> None:
    page.get_by_role("button", name="Pre-save on Spotify").click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Chatham"])
def test_a_fan_is_due_at_midnight_where_the_browser_is(
    browser: Browser, site: str, spotify: Sandbox, campaign: Campaign, zone: str
) -> None:
    context = browser.new_context(timezone_id=zone)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(f"{site}/night-bus")
    expect(page.get_by_text("at midnight where you are").first).to_be_visible()
    expect(page.get_by_text("your time zone without JavaScript")).to_be_hidden()
    assert context.cookies(site) == []
    pre_save(page)
    expect(page.get_by_text("at midnight where you are").first).to_be_visible()
    assert PreSave.objects.get().due_at == midnights.due_at(campaign.release_at, zone)
    assert complaints == []
    assert [address for address in addresses if zone.split("/")[1] in address] == []
    context.close()


# What a device says for its zone, the zone that its clock follows all the same, and a day on which
# that has another offset than half a year away, or no midnight.
UNKNOWN: Final = [
    ("Asia/Hanoi", "Asia/Ho_Chi_Minh", date(2027, 1, 15)),
    ("+05:30", "Asia/Kolkata", date(2027, 1, 15)),
    ("Etc/Unknown", "Europe/Berlin", date(2027, 3, 29)),
    (None, "America/New_York", date(2027, 3, 14)),
    ("Mars/Olympus", "Africa/Cairo", date(2027, 4, 30)),
    ("Mars/Olympus", "Pacific/Chatham", date(2027, 4, 4)),
]


@pytest.mark.parametrize(("told", "zone", "day"), UNKNOWN)
def test_a_fan_whose_zone_tzdata_lacks_is_due_by_the_browsers_clock_of_that_day(
    browser: Browser, site: str, spotify: Sandbox, told: str | None, zone: str, day: date
) -> None:
    opened_at = midnights.first_midnight(day) - timedelta(days=170)
    campaign = make_local_campaign(day, slug="night-bus", opened_at=opened_at)
    with browser.new_context(timezone_id=zone) as context:
        named = f"{{ timeZone: {json.dumps(told) if told else 'undefined'} }}"
        context.add_init_script(f"Intl.DateTimeFormat.prototype.resolvedOptions = () => ({named})")
        page = context.new_page()
        page.goto(f"{site}/night-bus")
        expect(page.get_by_text("your time zone without JavaScript")).to_be_hidden()
        pre_save(page)
    assert PreSave.objects.get().due_at == midnights.due_at(campaign.release_at, zone)


def test_without_javascript_the_last_midnight_is_said_and_counts(
    browser: Browser, site: str, spotify: Sandbox, campaign: Campaign
) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/night-bus")
    expect(page.get_by_text("your time zone without JavaScript")).to_be_visible()
    pre_save(page)
    expect(page.get_by_text("Your browser shared no time zone")).to_be_visible()
    assert PreSave.objects.get().due_at == campaign.everywhere_at
    context.close()


def test_the_zone_passes_the_confirm_page(
    browser: Browser, site: str, spotify: Sandbox, campaign: Campaign
) -> None:
    context = browser.new_context(timezone_id="Asia/Kolkata")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{site}/night-bus/go")
    page.get_by_role("button", name="Continue to Spotify").click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    assert PreSave.objects.get().due_at == midnights.due_at(campaign.release_at, "Asia/Kolkata")
    assert complaints == []
    context.close()


def test_a_release_at_one_instant_is_asked_for_no_zone(
    browser: Browser, site: str, spotify: Sandbox
) -> None:
    at_once = make_campaign(slug="at-once")
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto(f"{site}/at-once")
    assert page.locator("[data-own-zone]").count() == 0
    page.get_by_role("link", name="Pre-save on Spotify").click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    assert PreSave.objects.get().due_at == at_once.release_at
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: str, campaign: Campaign, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    for path in ("/night-bus", "/night-bus/go"):
        page.goto(site + path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    context.close()


@pytest.mark.parametrize("with_script", [True, False])
def test_the_form_asks_for_what_belongs_to_the_choice(
    browser: Browser, site: str, label: Label, with_script: bool
) -> None:
    context = browser.new_context(java_script_enabled=with_script)
    page = context.new_page()
    page.goto(f"{site}/dashboard/new")
    page.locator("[name=login]").fill(label.memberships.get().user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/dashboard/new")
    page.goto(f"{site}/dashboard/new")
    expect(page.get_by_label("Date and time")).to_be_visible()
    expect(page.get_by_label("Day", exact=True)).to_be_hidden()
    page.get_by_label("At midnight where each fan is").check()
    expect(page.get_by_label("Date and time")).to_be_hidden()
    expect(page.get_by_label("Time zone")).to_be_hidden()
    if with_script:
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
    day = (timezone.now() + timedelta(days=30)).date()
    page.get_by_label("Day", exact=True).fill(day.isoformat())
    page.get_by_label("Title").fill("Night Bus")
    page.get_by_label("Artist", exact=True).fill("Demo Artist")
    page.get_by_label("Spotify link or URI").fill("spotify:album:4aawyAB9vmqN3uQ7FjRGTy")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("at midnight where each fan is").first).to_be_visible()
    assert Campaign.objects.get().release_at == midnights.first_midnight(day)
    context.close()
