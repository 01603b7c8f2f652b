"""The receipt in Chromium: the fan's own times, facts of one line, and without scripts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from campaigns.models import CampaignState, PreSave, PreSaveState, Reason
from tests.factory import make_campaign, make_local_campaign, make_presave

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
# Midnight in Berlin, 18:00 of the day before in New York.
RELEASE = (NOW + timedelta(days=20)).replace(hour=23, minute=0, second=0, microsecond=0)


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


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
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
