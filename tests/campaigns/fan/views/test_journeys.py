"""The fan's whole way in Chromium: from the landing page to the receipt, and each way off it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from icalendar import Calendar
from playwright.sync_api import Browser, Page, Request, Response, expect

from campaigns import spotify as client
from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import Campaign, ErrorReason, GateName, Label, PreSave, PreSaveState
from campaigns.spotify import SpotifyError
from tests import forms
from tests.accessibility import RULES
from tests.factory import make_campaign, make_local_campaign
from tests.fans import text_of
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from campaigns.keyring import Secret

pytestmark = pytest.mark.django_db(transaction=True)

START = "Pre-save on Spotify"


@pytest.fixture
def landing(site: str, spotify: Sandbox, label: Label) -> str:
    make_campaign(label=label, slug="night-bus")
    return f"{site}/night-bus"


def pre_save(page: Page, landing: str) -> None:
    page.goto(landing)
    page.get_by_role("link", name=START).click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    # Its scripts run before that: one remembers the receipt.
    page.wait_for_load_state("load")


@pytest.mark.parametrize("has_scripts", [True, False])
def test_who_waits_in_line_ends_at_the_receipt_without_a_second_tap(
    browser: Browser, landing: str, spotify: Sandbox, has_scripts: bool
) -> None:
    with browser.new_context(java_script_enabled=has_scripts) as context:
        page = context.new_page()
        page.goto(landing)
        page.get_by_role("link", name=START).click()
        agree = page.get_by_role("button", name="Agree")
        expect(agree).to_be_visible()
        ban = SpotifyError(ErrorReason.RATE_LIMITED, half=GateName.ACCOUNTS, retry_after=3.0)
        closing.close(ban, database_now())
        agree.click()
        expect(page.get_by_role("heading", name="Your turn is coming")).to_be_visible()
        expect(page.get_by_role("heading", name="You're in")).to_be_visible(timeout=20_000)
    assert len(spotify.calls("token.code")) == 1


def test_a_full_visit_meets_only_us_and_spotifys_page(
    page: Page, landing: str, site: str, spotify: Sandbox
) -> None:
    hosts: set[str] = set()
    cookies_before_the_tap: list[str] = []
    tapped = False

    def note(request: Request) -> None:
        nonlocal tapped
        hosts.add(urlsplit(request.url).netloc)
        tapped = tapped or "/go" in request.url

    def look(response: Response) -> None:
        if not tapped and "set-cookie" in response.all_headers():
            cookies_before_the_tap.append(response.url)

    page.on("request", note)
    page.on("response", look)
    pre_save(page, landing)
    page.get_by_role("button", name="Cancel pre-save").click()
    expect(page.get_by_role("heading", name="Cancelled, as you asked")).to_be_visible()
    page.get_by_role("link", name="Privacy").click()
    assert hosts == {urlsplit(site).netloc, urlsplit(spotify.url).netloc}
    assert cookies_before_the_tap == []
    assert PreSave.objects.get().state == PreSaveState.CANCELLED


@pytest.mark.parametrize("make", [make_campaign, make_local_campaign])
def test_the_whole_way_works_without_javascript(
    browser: Browser, site: str, spotify: Sandbox, make: type[Campaign]
) -> None:
    campaign = make(slug="without-script")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/{campaign.slug}")
    page.locator(".button", has_text=START).click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    assert page.url.startswith(f"{site}/receipt/")
    page.goto(f"{site}/{campaign.slug}")
    page.locator(".button", has_text=START).click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    assert PreSave.objects.get().state == PreSaveState.PENDING

    page.get_by_role("button", name="Cancel pre-save").click()
    expect(page.get_by_role("heading", name="Cancelled, as you asked")).to_be_visible()
    names = {cookie["name"] for cookie in context.cookies(site)}
    assert "receipts" in names
    assert "presave" not in names
    context.close()


def test_saying_no_leads_back_to_the_release(page: Page, landing: str) -> None:
    page.goto(landing)
    page.get_by_role("link", name=START).click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="You said no")).to_be_visible()
    page.get_by_role("link", name="Back to the release").click()
    expect(page.get_by_role("link", name=START)).to_be_visible()
    assert not PreSave.objects.exists()


def test_who_comes_back_to_another_release_is_told_and_looks_again(
    page: Page, landing: str, spotify: Sandbox
) -> None:
    page.goto(landing)
    page.get_by_role("link", name=START).click()
    Campaign.objects.update(title="Spam EP", agreed_title="Spam EP")
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="The release changed")).to_be_visible()
    expect(page.get_by_text("Nothing was stored")).to_be_visible()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert spotify.calls("token.code") == []
    assert not PreSave.objects.exists()

    caches["pages"].clear()
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Spam EP")
    page.get_by_role("link", name=START).click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()


def test_while_a_fan_is_at_spotify_the_artist_changes_the_spelling_alone(
    page: Page, landing: str, dashboard: Client
) -> None:
    campaign = Campaign.objects.get()
    page.goto(landing)
    page.get_by_role("link", name=START).click()
    refused = forms.send(dashboard, campaign, title="Spam EP")
    assert "Fans have agreed to this title" in text_of(refused)
    forms.send(dashboard, campaign, title="NIGHT BUS", artist="Demo Artist feat. Mara Okafor")
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    expect(page.get_by_text("NIGHT BUS").first).to_be_visible()


def test_who_comes_back_to_another_release_type_is_told(
    page: Page, landing: str, dashboard: Client
) -> None:
    page.goto(landing)
    page.get_by_role("link", name=START).click()
    day = f"{timezone.now() + timedelta(days=30):%Y-%m-%d}"
    local = {"release_mode": "local_midnight", "release_day": day}
    forms.send(dashboard, Campaign.objects.get(), **local)
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="The release changed")).to_be_visible()
    assert not PreSave.objects.exists()

    caches["pages"].clear()
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name=START).click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()


def test_a_page_that_was_open_while_the_release_changed_is_not_what_is_agreed_to(
    page: Page, landing: str
) -> None:
    page.goto(landing)
    Campaign.objects.update(title="Spam EP")
    page.get_by_role("link", name=START).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pre-save Spam EP?")
    expect(page.get_by_text("The release has changed since you opened its page")).to_be_visible()
    page.get_by_role("button", name="Continue to Spotify").click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()


def test_who_comes_back_is_told_and_makes_no_second_row(page: Page, landing: str) -> None:
    pre_save(page, landing)
    receipt = page.url
    page.goto(landing)
    expect(page.get_by_text("You're in.")).to_be_visible()
    expect(page.get_by_role("link", name=START)).to_be_hidden()
    page.get_by_role("link", name="See your receipt").click()
    page.wait_for_url(receipt)

    page.get_by_role("button", name="Cancel pre-save").click()
    expect(page.get_by_role("heading", name="Cancelled, as you asked")).to_be_visible()
    page.goto(landing)
    expect(page.get_by_role("link", name=START)).to_be_visible()
    expect(page.get_by_text("You're in.")).to_be_hidden()
    assert PreSave.objects.count() == 1


def test_a_page_that_going_back_shows_as_it_was_is_brought_up_to_date(
    page: Page, landing: str
) -> None:
    """WebKit keeps a page as it was left; here the event tells so, as Chromium keeps none in a
    test.
    """
    pre_save(page, landing)
    receipt = page.url
    page.goto(landing)
    expect(page.get_by_text("You're in.")).to_be_visible()
    with page.context.new_page() as other:
        other.goto(receipt)
        other.get_by_role("button", name="Cancel pre-save").click()
        expect(other.get_by_role("heading", name="Cancelled, as you asked")).to_be_visible()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.get_by_role("link", name=START)).to_be_visible()
    expect(page.get_by_text("You're in.")).to_be_hidden()


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The code's exchange, which tells when it has begun and waits until it may go on."""
    begun, go_on, exchange_code = Event(), Event(), client.exchange_code

    def slowly(code: Secret) -> Any:
        begun.set()
        assert go_on.wait(timeout=30)
        return exchange_code(code)

    monkeypatch.setattr(client, "exchange_code", slowly)
    return SimpleNamespace(begun=begun, go_on=go_on)


@pytest.mark.parametrize("with_script", [True, False], ids=["with script", "without"])
def test_who_loads_a_slow_way_back_again_waits_for_the_receipt_and_is_in_once(
    browser: Browser, site: str, landing: str, exchange: SimpleNamespace, with_script: bool
) -> None:
    with browser.new_context(java_script_enabled=with_script) as context:
        page = context.new_page()
        page.goto(landing)
        page.get_by_role("link", name=START).click()
        with page.expect_request("**/callback?**") as back:
            page.get_by_role("button", name="Agree").click(no_wait_after=True)
        assert exchange.begun.wait(timeout=30)
        page.goto(back.value.url)
        expect(page.get_by_role("heading", name="One moment")).to_be_visible()
        address = page.url
        assert address.startswith(f"{site}/receipt/")
        exchange.go_on.set()
        expect(page.get_by_role("heading", name="You're in")).to_be_visible(timeout=20_000)
        assert page.url == address
        names = {cookie["name"] for cookie in context.cookies(site)}
        assert "receipts" in names
        assert "presave" not in names
        assert PreSave.objects.count() == 1
        page.go_back()
        assert page.url != address, "no refresh may be a step back of its own"
        page.goto(landing)
        page.get_by_role("link", name="See your receipt" if with_script else START).click()
        page.wait_for_url(address)


def test_a_stranger_asks_for_no_receipt(page: Page, landing: str) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(landing, wait_until="networkidle")
    assert not [url for url in requested if url.endswith("/mine")]


def test_a_lost_cookie_costs_one_more_tap(page: Page, landing: str, site: str) -> None:
    page.goto(landing)
    page.get_by_role("link", name=START).click()
    page.context.clear_cookies()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="Your browser changed on the way")).to_be_visible()
    expect(page.get_by_role("textbox", name="Address of the release")).to_have_value(
        f"{site}/night-bus"
    )
    page.get_by_role("link", name="Tap once more").click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    assert PreSave.objects.count() == 1


def test_a_start_from_elsewhere_passes_the_confirm_page(
    page: Page, landing: str, site: str, spotify: Sandbox
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"data:text/html,<a href='{landing}/go'>Free tickets</a>")
    page.get_by_role("link", name="Free tickets").click()
    assert page.context.cookies(site) == []
    page.get_by_role("button", name="Continue to Spotify").click()
    page.wait_for_url(f"{spotify.url}/authorize?**")
    assert complaints == []
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()


def test_the_keyboard_alone_is_enough(page: Page, landing: str) -> None:
    page.goto(landing)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Tab")
    button = page.get_by_role("link", name=START)
    expect(button).to_be_focused()
    assert button.evaluate("link => parseFloat(getComputedStyle(link).outlineWidth)") >= 3
    assert button.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    assert button.evaluate("link => link.clientHeight") >= 44
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Agree").press("Enter")
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    cancel = page.get_by_role("button", name="Cancel pre-save")
    for _ in range(10):
        page.keyboard.press("Tab")
        if cancel.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cancelled, as you asked")).to_be_visible()


def test_the_calendar_file_can_be_fetched_from_the_page(page: Page, landing: str) -> None:
    page.goto(landing)
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to calendar").click()
    content = Path(download.value.path()).read_bytes()
    event: Any = Calendar.from_ical(content).walk("VEVENT")[0]
    assert download.value.suggested_filename == "night-bus.ics"
    assert event["URL"] == landing
    release_at = Campaign.objects.get().release_at
    assert event["DTSTART"].dt == release_at.replace(microsecond=0)
