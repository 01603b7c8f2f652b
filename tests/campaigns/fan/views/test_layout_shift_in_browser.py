"""Nothing moves while a page arrives on a slow phone. `make shifts` loads each page forty times."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from django.core.cache import caches
from playwright.sync_api import Browser, BrowserContext, Page, expect

from campaigns.consent import receipts
from tests import scenes, visits

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

LOADS: Final = int(os.environ.get("LOADS", "1"))
SCREENS: Final = ((360, 740), (412, 823), (768, 1024), (1280, 800))
# A phone of some years ago in a place with poor reception: in bytes per second and milliseconds.
SLOW_NETWORK: Final = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}
FAR_AWAY: Final = "America/Los_Angeles"
SLOWER_PROCESSOR: Final = {"rate": 4}
WATCH: Final = """
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries()) {
        const moved = sources.map(({ node }) => node?.outerHTML?.slice(0, 60) ?? node?.nodeName);
        shifts.push([value, ...moved]);
      }
    }).observe({ type: "layout-shift", buffered: true });
"""
STATES: Final = {
    **scenes.LANDINGS,
    **{name: scenes.ALL[name] for name in ("confirm", "refused-made-up", "artist", "check")},
    **{
        name: scenes.RECEIPTS[name]
        for name in (
            *("receipt-waiting", "receipt-without-zone", "receipt-sent", "receipt-saved"),
            *("receipt-by-fan", "receipt-revoked"),
        )
    },
}
WITH_ANOTHER_APP: Final = {
    "development-mode": {"SPOTIFY_APP_MODE": "development"},
    "without-app": {"SPOTIFY_CLIENT_ID": ""},
}


@pytest.fixture
def slow_page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(timezone_id=FAR_AWAY) as context:
        yield slowed_down(context)


def slowed_down(context: BrowserContext) -> Page:
    """A page that counts what moves, and finds no file in its cache."""
    page = context.new_page()
    page.add_init_script(WATCH)
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", dict(SLOW_NETWORK))
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devtools.send("Emulation.setCPUThrottlingRate", dict(SLOWER_PROCESSOR))
    return page


@pytest.fixture
def pages(settings: Settings, tmp_path: Path) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    scenes.set_up(scenes.small_picture())


@pytest.mark.long
@pytest.mark.usefixtures("pages")
def test_nothing_moves_while_a_page_arrives(
    slow_page: Page, site: str, subtests: pytest.Subtests
) -> None:
    for name, path in STATES.items():
        with subtests.test(name):
            assert moved(slow_page, site + path) == []


@pytest.mark.usefixtures("pages")
def test_nothing_moves_where_the_spotify_button_comes_second_or_not_at_all(
    slow_page: Page, site: str, settings: Settings, subtests: pytest.Subtests
) -> None:
    for name, values in WITH_ANOTHER_APP.items():
        for setting, value in values.items():
            setattr(settings, setting, value)
        caches["pages"].clear()
        with subtests.test(name):
            assert moved(slow_page, site + scenes.LANDINGS["landing-with-links"]) == []


@pytest.mark.usefixtures("pages")
def test_nothing_moves_where_the_way_out_of_another_app_is_offered(
    browser: Browser, site: str, subtests: pytest.Subtests
) -> None:
    with browser.new_context(timezone_id=FAR_AWAY, user_agent=visits.INSTAGRAM) as context:
        page = slowed_down(context)
        for name in ("landing", "refused-browser-changed"):
            with subtests.test(name):
                assert moved(page, site + scenes.ALL[name]) == []
                expect(page.locator("[data-in-app]")).to_be_visible()


@pytest.mark.usefixtures("pages")
def test_nothing_moves_where_a_fan_is_told_that_they_are_in(browser: Browser, site: str) -> None:
    with browser.new_context(timezone_id=FAR_AWAY) as context:
        kept = receipts.remembering({}, "first-light", "waiting")
        context.add_cookies([{"name": "receipts", "value": kept, "url": site}])
        page = slowed_down(context)
        page.goto(site + scenes.RECEIPTS["receipt-waiting"])
        assert moved(page, site + scenes.LANDINGS["landing"]) == []
        expect(page.get_by_role("link", name="See your receipt")).to_be_visible()


def moved(page: Page, address: str) -> list[list[object]]:
    """By how much in each load, and what."""
    shifts: list[list[object]] = []
    for load in range(LOADS):
        width, height = SCREENS[load % len(SCREENS)]
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address, wait_until="networkidle")
        shifts.extend(page.evaluate("shifts"))
    return shifts
