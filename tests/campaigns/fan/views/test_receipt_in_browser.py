"""The receipt in Chromium: the fan's own times, facts of one line, and without scripts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from campaigns.models import Campaign, CampaignState, PreSave, PreSaveState, Reason
from campaigns.planning import moving
from tests.campaigns.fan.views.test_in_app_in_browser import CHROME, IPHONE, WEB_VIEW
from tests.campaigns.fan.views.test_in_browser import asked_after
from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.nights.night import in_threads, work
from tests.sandbox_process import ALBUM_URI, Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
SHOP = "https://shop.example/night-bus"
# Midnight in Berlin, 18:00 of the day before in New York.
RELEASE = (NOW + timedelta(days=20)).replace(hour=23, minute=0, second=0, microsecond=0)


@pytest.fixture
def artwork_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    return tmp_path / "artwork"


def make_receipts() -> None:
    """One in each state that has facts of its own."""
    waiting = make_campaign(slug="night-bus", release_at=RELEASE)
    make_presave(waiting, receipt="waiting")
    everywhere = make_local_campaign(slug="everywhere")
    make_presave(everywhere, receipt="without-zone", due_at=everywhere.everywhere_at)
    released = NOW - timedelta(seconds=70)
    out = make_campaign(slug="out", state=CampaignState.RELEASING, release_at=released)
    make_presave(out, receipt="sent", sent_at=released)
    settled: dict[str, Any] = {"sent_at": released, "settled_at": NOW}
    make_presave(out, receipt="saved", state=PreSaveState.SAVED, **settled)
    failed = settled | {"state": PreSaveState.FAILED, "reason": Reason.REVOKED}
    make_presave(out, receipt="failed", **failed)


@pytest.mark.parametrize("language", [code for code, _ in django_settings.LANGUAGES])
def test_each_fact_fits_one_line_of_a_small_phone(
    browser: Browser, site: str, language: str
) -> None:
    make_receipts()
    with browser.new_context(viewport={"width": 360, "height": 640}) as context:
        page = context.new_page()
        for receipt in ("waiting", "without-zone", "sent", "saved", "failed"):
            page.goto(f"{site}/receipt/{receipt}?lang={language}")
            rows = page.locator("dl > div")
            assert rows.count() >= 5
            for row in rows.all():
                assert row.evaluate("row => row.clientHeight") < 40, row.inner_text()


YEAR = NOW.year + 1


@pytest.mark.parametrize(
    ("zone", "out", "pre_saved"),
    [
        (
            "America/New_York",
            f"20 January {YEAR}, 18:00 your time (21 January {YEAR}, 00:00 in Berlin)",
            "00:00",
        ),
        ("Asia/Kathmandu", f"21 January {YEAR}, 04:45 your time (00:00 in Berlin)", "10:45"),
        ("Europe/Paris", f"21 January {YEAR}, 00:00 your time", "06:00"),
    ],
)
def test_times_are_the_fans_own_with_the_artists_behind(
    browser: Browser, site: str, zone: str, out: str, pre_saved: str
) -> None:
    consented = datetime(YEAR, 1, 4, 5, tzinfo=UTC)
    release_at = datetime(YEAR, 1, 20, 23, tzinfo=UTC)
    campaign = make_campaign(release_at=release_at, opened_at=consented)
    make_presave(campaign, receipt="waiting", consented_at=consented)
    with browser.new_context(timezone_id=zone, locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{site}/receipt/waiting")
        expect(page.locator(".when")).to_have_text(f"Out {out}")
        row = page.locator("dl > div").filter(has_text="Pre-saved")
        expect(row.locator("dd")).to_have_text(f"4 Jan {YEAR} {pre_saved}")


def test_without_scripts_the_artists_clock_is_told(browser: Browser, site: str) -> None:
    make_receipts()
    with browser.new_context(java_script_enabled=False, timezone_id="Asia/Tokyo") as context:
        page = context.new_page()
        page.goto(f"{site}/receipt/waiting")
        expect(page.locator(".when")).to_contain_text(", 00:00 Berlin time")
        expect(page.locator("main")).not_to_contain_text("your time")


def test_a_fan_of_a_local_midnight_is_told_the_own_one(browser: Browser, site: str) -> None:
    make_presave(make_local_campaign(slug="everywhere"), receipt="own")
    with browser.new_context(timezone_id="Asia/Tokyo") as context:
        page = context.new_page()
        page.goto(f"{site}/receipt/own")
        expect(page.locator(".when")).to_contain_text(", at midnight where you are")


SHIFTS = """
    new Promise((told) => new PerformanceObserver((list) => told(list.getEntries().length))
      .observe({ type: "layout-shift", buffered: true }) || setTimeout(() => told(0), 300))
"""


def test_nothing_moves_when_the_own_times_arrive(browser: Browser, site: str) -> None:
    make_receipts()
    with browser.new_context(
        timezone_id="America/New_York", viewport={"width": 360, "height": 640}
    ) as context:
        page = context.new_page()
        for receipt in ("waiting", "saved"):
            page.goto(f"{site}/receipt/{receipt}", wait_until="networkidle")
            assert page.evaluate(SHIFTS) == 0


@pytest.mark.parametrize("with_scripts", [True, False])
def test_cancelling_is_a_plain_link_at_the_end_that_a_keyboard_reaches(
    browser: Browser, site: str, with_scripts: bool
) -> None:
    make_receipts()
    with browser.new_context(java_script_enabled=with_scripts) as context:
        page = context.new_page()
        page.goto(f"{site}/receipt/waiting")
        cancel = page.get_by_role("button", name="Cancel pre-save")
        expect(cancel).to_have_accessible_description(
            "This destroys our copy of the permission at once."
        )
        box = cancel.bounding_box()
        assert box
        assert box["height"] >= 24
        assert cancel.evaluate("it => getComputedStyle(it).textDecorationLine") == "underline"
        assert_is_last_in_slip(page)
        focus(page, "Cancel pre-save")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Cancelled, as you asked")
    assert PreSave.objects.filter(state=PreSaveState.CANCELLED).count() == 1


def assert_is_last_in_slip(page: Page) -> None:
    last = page.locator(".slip :is(a, button):visible").last
    expect(last).to_have_text("Cancel pre-save")


def focus(page: Page, name: str) -> None:
    """By the keyboard alone."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator(":focus").inner_text() == name:
            return
    raise AssertionError(f"{name} is out of a keyboard's reach")


# What a browser's share sheet is given.
SHEET: Final = """
    window.shared = [];
    const told = ({ name, size, type }) => [name, size > 0, type];
    navigator.share = async (what) => {
      if (window.refusal) throw new DOMException("no", window.refusal);
      shared.push(what.files ? { ...what, files: what.files.map(told) } : what);
      document.title = "shared";
    };
    navigator.canShare = () => true;
"""
COPIES: Final = "navigator.clipboard.writeText = async (text) => { window.copied = text; };"


def test_where_there_is_a_share_sheet_it_gets_the_releases_page(page: Page, site: str) -> None:
    make_receipts()
    page.add_init_script(SHEET)
    page.goto(f"{site}/receipt/waiting?lang=en")
    page.get_by_role("button", name="Tell a friend").click()
    text = "I pre-saved Night Bus by Demo Artist"
    page_url = f"{django_settings.PUBLIC_URL}/night-bus"
    assert page.evaluate("shared") == [{"title": text, "text": text, "url": page_url}]
    expect(page.get_by_text("Copied.")).to_be_hidden()


def test_where_there_is_none_the_link_is_copied(page: Page, site: str) -> None:
    make_receipts()
    page.add_init_script("delete Navigator.prototype.share;" + COPIES)
    page.goto(f"{site}/receipt/waiting?lang=en")
    focus(page, "Tell a friend")
    page.keyboard.press("Enter")
    expect(page.locator("#release-url-copied")).to_have_text("Copied.")
    assert page.evaluate("copied") == f"{django_settings.PUBLIC_URL}/night-bus"


@pytest.mark.parametrize(("refusal", "copied"), [("NotAllowedError", True), ("AbortError", False)])
def test_a_sheet_that_a_browser_refuses_is_made_up_for(
    page: Page, site: str, refusal: str, copied: bool
) -> None:
    make_receipts()
    page.add_init_script(f"{SHEET}; {COPIES}; window.refusal = '{refusal}';")
    page.goto(f"{site}/receipt/waiting?lang=en")
    page.get_by_role("button", name="Tell a friend").click()
    if copied:
        expect(page.locator("#release-url-copied")).to_have_text("Copied.")
    assert page.evaluate("window.copied !== undefined") is copied


def test_the_picture_can_be_posted_where_a_sheet_takes_files(
    page: Page, site: str, artwork_dir: Path
) -> None:
    make_receipts()
    page.add_init_script(SHEET)
    page.goto(f"{site}/receipt/saved?lang=en")
    with page.expect_request("**/slip.jpg**") as asked:
        page.get_by_role("button", name="Post it").click()
    assert "referer" not in asked.value.all_headers()
    expect(page).to_have_title("shared")
    assert page.evaluate("shared[0].files") == [["out.jpg", True, "image/jpeg"]]
    assert page.evaluate("Object.keys(shared[0])") == ["files"]


def test_elsewhere_the_picture_can_be_saved_without_scripts_too(
    browser: Browser, site: str, artwork_dir: Path
) -> None:
    make_receipts()
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site}/receipt/waiting")
        expect(page.get_by_role("button", name="Post it")).to_be_hidden()
        with page.expect_download() as download:
            page.get_by_role("link", name="Save a picture to post").click()
        assert download.value.suggested_filename == "night-bus.jpg"
        # And there is the page to share, whose own address says nothing of the receipt.
        expect(page.get_by_role("link", name="/night-bus")).to_have_attribute(
            "href", f"{django_settings.PUBLIC_URL}/night-bus"
        )


WEB: Final = "open.spotify.com/album/4aawyAB9vmqN3uQ7FjRGTy"
MAC: Final = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
APPS: Final = {
    "a computer": (None, ALBUM_URI),
    "Safari": (f"{IPHONE} Version/18.7 Mobile/15E148 Safari/604.1", None),
    "Safari, iPad": (f"{MAC} (KHTML, like Gecko) Version/18.7 Safari/605.1.15", None),
    "Chrome": (CHROME, None),
    "Instagram, iPhone": (f"{IPHONE} Mobile/15E148 Instagram 330.0 (iPhone15,2)", ALBUM_URI),
    "a web view on Android": (WEB_VIEW, f"intent://{WEB}#Intent;scheme=https;end"),
    "WeChat, iPhone": (f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.50(0x18003231)", None),
}


@pytest.mark.parametrize("app", APPS)
def test_the_apps_own_address_stands_where_the_link_does_not_open_it(
    browser: Browser, site: str, app: str
) -> None:
    make_receipts()
    user_agent, way = APPS[app]
    with browser.new_context(user_agent=user_agent, has_touch=app != "a computer") as context:
        page = context.new_page()
        page.goto(f"{site}/receipt/saved?lang=en", wait_until="networkidle")
        listen = page.get_by_role("link", name="Listen on Spotify")
        expect(listen).to_have_attribute("href", f"https://{WEB}")
        link = page.get_by_role("link", name="Open in the Spotify app")
        expect(link).to_be_visible(visible=way is not None)
        if way:
            expect(link).to_have_attribute("href", way)


def test_a_receipt_left_open_over_the_release_says_that_it_is_in_the_library(
    page: Page, site: str, spotify: Sandbox
) -> None:
    release_at = timezone.now() + timedelta(minutes=50)
    campaign = make_campaign(slug="night-bus", release_at=release_at, links=[SHOP])
    spotify.add_album()
    page.goto(f"{site}/night-bus")
    page.get_by_role("link", name="Pre-save on Spotify").click()
    page.get_by_role("button", name="Agree").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("You're in")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.resource_type))
    page.clock.install()
    page.reload()
    page.clock.fast_forward("48:00")
    assert "fetch" not in asked

    # Its time has come: the worker sends the save, and confirms it.
    now = timezone.now() - timedelta(seconds=60)
    Campaign.objects.filter(id=campaign.id).update(release_at=now)
    PreSave.objects.update(due_at=now)
    assert in_threads(1, lambda _: work()) == [1]
    page.clock.run_for("02:20")
    expect(heading).to_contain_text("It's in your library")
    expect(page.get_by_role("link", name="Listen on Spotify")).to_be_visible()
    expect(page.get_by_role("link", name="shop.example")).to_be_visible()
    expect(page.get_by_text("as Spotify lists it")).to_be_visible()
    page.clock.fast_forward("24:00:00")
    assert asked.count("fetch") == 1, "what is done needs no more looks"


def test_a_receipt_left_open_notices_the_end(page: Page, site: str) -> None:
    make_presave(make_campaign(release_at=NOW), receipt="a-receipt")
    page.clock.install()
    page.goto(f"{site}/receipt/a-receipt?lang=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("We're on it")
    reason = {"state": PreSaveState.EXPIRED, "reason": Reason.HARD_STOP}
    PreSave.objects.update(**reason, sealed=None, settled_at=timezone.now())
    page.clock.run_for("00:20")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not saved within seven days")


UNCHANGED: Final = """
    window.asked = [];
    window.fetch = async (address, options) => {
      asked.push(options.headers["If-None-Match"]);
      return new Response(null, { status: 304 });
    };
"""


def test_ahead_of_the_release_it_asks_once_an_hour(page: Page, site: str) -> None:
    release_at = timezone.now() + timedelta(hours=5, minutes=30)
    make_presave(make_campaign(release_at=release_at), receipt="a-receipt")
    page.add_init_script(UNCHANGED)
    page.clock.install()
    page.goto(f"{site}/receipt/a-receipt")
    assert asked_after(page, "00:59:00", 1) == 0
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("asked.length") == 0
    assert asked_after(page, "01:00:00", 4) == 4
    assert asked_after(page, "00:30:00", 1) == 5
    assert asked_after(page, "00:01:20", 1) > 5, "from its time on it asks as after any release"


def test_a_receipt_left_open_notices_a_release_that_was_moved_ahead(page: Page, site: str) -> None:
    campaign = make_campaign(release_at=NOW + timedelta(days=20))
    make_presave(campaign, receipt="a-receipt")
    page.clock.install()
    page.goto(f"{site}/receipt/a-receipt?lang=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("You're in")
    moving.move_release(campaign, NOW + timedelta(minutes=5), "Europe/Berlin", NOW)
    PreSave.objects.update(due_at=NOW)
    page.clock.run_for("01:00:01")
    expect(page.get_by_role("heading", level=1)).to_have_text("We're on it")


def test_it_asks_ever_more_rarely_only_if_seen_and_not_for_ever(page: Page, site: str) -> None:
    make_presave(make_campaign(release_at=NOW), receipt="a-receipt")
    page.add_init_script(UNCHANGED)
    page.clock.install()
    page.goto(f"{site}/receipt/a-receipt")
    assert 3 <= asked_after(page, "00:05", 24) <= 6
    assert asked_after(page, "05:00", 12) <= 16
    assert asked_after(page, "10:00", 100) == 40
    assert asked_after(page, "10:00", 20) == 40
    seen = page.evaluate("[...new Set(asked)]")
    answer = Client().get("/receipt/a-receipt", headers={"if-none-match": seen[0]})
    assert (len(seen), answer.status_code, answer.content) == (1, 304, b"")


def test_nobody_looks_so_it_asks_nothing(page: Page, site: str) -> None:
    make_presave(make_campaign(release_at=NOW), receipt="a-receipt")
    hidden = "Object.defineProperty(document, 'hidden', { value: true, writable: true });"
    page.add_init_script(UNCHANGED + hidden)
    page.clock.install()
    page.goto(f"{site}/receipt/a-receipt")
    page.clock.run_for("30:00")
    assert page.evaluate("asked.length") == 0
    page.evaluate("document.hidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("asked.length") == 1
