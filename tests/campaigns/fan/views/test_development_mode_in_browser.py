"""Development mode from end to end in Chromium: what works for everyone, and who may pre-save."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import caches
from playwright.sync_api import Page, expect

from campaigns.links import on_spotify
from campaigns.models import Campaign, CampaignState, PreSave
from tests.accessibility import RULES, widest
from tests.factory import make_campaign
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

COUNTDOWN = "https://open.spotify.com/prerelease/0a1b2c3d4e5f6a7b8c9d0e"
ELSEWHERE = "https://artist.bandcamp.example/night-bus"


@pytest.fixture
def campaign() -> Campaign:
    links = [ELSEWHERE, "https://shop.nightdesk.example/", "https://www.youtube.com/"]
    return make_campaign(slug="night-bus", countdown_url=COUNTDOWN, links_before=links)


@pytest.fixture(autouse=True)
def development_mode(settings: Settings, spotify: Sandbox) -> Iterator[None]:
    settings.SPOTIFY_APP_MODE = "development"
    caches["pages"].clear()
    spotify.set(mode="development")
    yield
    caches["pages"].clear()


def assert_accessible_and_narrow(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
    for width in (320, 360, 768, 1280):
        assert widest(page, width, "100%") <= width


def assert_rows_hold_their_words(page: Page) -> None:
    """A long name sends what to do there to a second line of its own row."""
    rows = page.locator(".services li")
    assert rows.count() == 3
    for row in rows.all():
        ends = row.evaluate(
            "row => [...row.querySelectorAll('a, span')].map(e => e.getBoundingClientRect().bottom)"
        )
        assert max(ends) <= row.evaluate("row => row.getBoundingClientRect().bottom")


def consent_as(page: Page, spotify: Sandbox, *, listed: bool) -> None:
    spotify.post("users", {"accounts": [{"id": "a-fan", "listed": listed}]})
    page.get_by_role("link", name="Pre-save as a tester").click()
    page.locator("select[name=account]").select_option("a-fan")
    page.get_by_role("button", name="Agree").click()


def test_everyone_can_add_it_to_a_calendar(page: Page, site: str, campaign: Campaign) -> None:
    page.goto(f"{site}/night-bus")
    assert_accessible_and_narrow(page)
    page.set_viewport_size({"width": 360, "height": 640})
    assert_rows_hold_their_words(page)
    calendar = page.get_by_role("link", name="Add to calendar")
    with page.expect_download() as download:
        calendar.click()
    assert download.value.suggested_filename == "night-bus.ics"
    subscribe = page.get_by_role("link", name=re.compile("^Subscribe"))
    expect(subscribe).to_have_attribute("href", re.compile("^webcal://"))
    expect(page.get_by_role("link", name="Go to Spotify's own Countdown Page")).to_be_visible()
    expect(page.locator(f'a[href="{ELSEWHERE}"]')).to_be_visible()
    testers = page.get_by_role("heading", name="For invited testers")
    first, second = calendar.bounding_box(), testers.bounding_box()
    assert first
    assert second
    assert first["y"] < second["y"]


def test_someone_who_is_not_listed_is_led_to_the_calendar(
    page: Page, site: str, spotify: Sandbox, campaign: Campaign
) -> None:
    page.goto(f"{site}/night-bus")
    consent_as(page, spotify, listed=False)
    expect(page.get_by_role("heading", name="For invited testers")).to_be_visible()
    expect(page.get_by_text("yours isn't one of them")).to_be_visible()
    for name in ("Subscribe", "Go to Spotify's own Countdown Page", "artist.bandcamp.example"):
        expect(page.get_by_role("link", name=re.compile(f"^{name}"))).to_be_visible()
    assert_accessible_and_narrow(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to calendar").click()
    assert download.value.suggested_filename == "night-bus.ics"
    page.get_by_role("link", name="Back to the release").click()
    expect(page).to_have_url(f"{site}/night-bus")
    assert not PreSave.objects.exists()


def test_someone_who_is_not_listed_is_led_to_the_release_once_it_is_out(
    page: Page, site: str, spotify: Sandbox
) -> None:
    out = make_campaign(slug="night-bus", state=CampaignState.RELEASING, links=[ELSEWHERE])
    page.goto(f"{site}/night-bus")
    consent_as(page, spotify, listed=False)
    expect(page.get_by_text("yours isn't one of them")).to_be_visible()
    listen = page.get_by_role("link", name="Listen on Spotify")
    expect(listen).to_have_attribute("href", on_spotify(out.confirmed_uri))
    expect(page.locator(f'a[href="{ELSEWHERE}"]')).to_be_visible()
    assert_accessible_and_narrow(page)


def test_an_invited_tester_can_pre_save(
    page: Page, site: str, spotify: Sandbox, campaign: Campaign
) -> None:
    page.goto(f"{site}/night-bus")
    consent_as(page, spotify, listed=True)
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    assert PreSave.objects.get().campaign == campaign
