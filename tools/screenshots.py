"""`make screenshots`: pictures of every page and state, and those that the README shows.

Run by pytest, whose fixtures are the site, its database and Chromium.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from campaigns.clock import database_now
from campaigns.models import Campaign, PreSaveState
from campaigns.status import heartbeat
from tests import scenes, visits
from tests.factory import PASSWORD, make_member, make_presaves, make_user

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)
pytest_plugins = ["tests.campaigns.conftest"]

ROOT: Final = Path(__file__).resolve().parent.parent
EVERYTHING: Final = ROOT / "screenshots"
FOR_README: Final = ROOT / "docs" / "screenshots"
WIDTHS: Final = (360, 768, 1280)
HEIGHT: Final = 800
Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
# Name in docs/screenshots: scene, width, scheme.
README: Final[dict[str, tuple[str, int, Scheme]]] = {
    "landing-phone": ("landing", 390, "light"),
    "landing-phone-dark": ("landing", 390, "dark"),
    "landing-desktop": ("landing", 1280, "light"),
    "landing-out-now-phone": ("landing-out-now", 390, "light"),
    "receipt-phone": ("receipt-waiting", 390, "light"),
    "receipt-saved-phone-dark": ("receipt-saved", 390, "dark"),
    "receipt-desktop": ("receipt-waiting", 1280, "light"),
    "transparency-desktop": ("transparency", 1280, "light"),
}


@pytest.fixture(autouse=True)
def everything_is_set_up(settings: Settings, tmp_path: Path) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    settings.KEYRING_DIR = tmp_path / "keyring"
    scenes.set_up()


def emptied(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def picture(page: Page, path: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, full_page=True)


def context_for(
    browser: Browser, width: int, scheme: Scheme, user_agent: str | None = None
) -> BrowserContext:
    return browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme=scheme,
        device_scale_factor=1.5,
        user_agent=user_agent,
    )


def each_look() -> Iterator[tuple[int, Scheme]]:
    for width in WIDTHS:
        for scheme in SCHEMES:
            yield width, scheme


def test_every_page_and_state(browser: Browser, site: str) -> None:
    directory = emptied(EVERYTHING)
    for width, scheme in each_look():
        context = context_for(browser, width, scheme)
        page = context.new_page()
        for name, path in scenes.ALL.items():
            page.goto(site + path)
            picture(page, directory / f"{name}-{width}-{scheme}.png")
        context.close()
    taken = len(list(directory.iterdir()))
    assert taken == len(scenes.ALL) * len(WIDTHS) * len(SCHEMES)
    print(f"\n{taken} pictures are in {directory}.")


def test_every_state_of_a_visit(
    browser: Browser, site: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    EVERYTHING.mkdir(exist_ok=True)
    for width, scheme in each_look():
        new_context = partial(context_for, browser, width, scheme)
        for name, page in visits.each(new_context, site, settings, monkeypatch):
            picture(page, EVERYTHING / f"{name}-{width}-{scheme}.png")


def test_the_pictures_of_the_readme(browser: Browser, site: str) -> None:
    directory = emptied(FOR_README)
    for name, (scene, width, scheme) in README.items():
        context = context_for(browser, width, scheme)
        page = context.new_page()
        page.goto(site + scenes.ALL[scene])
        picture(page, directory / f"{name}.png")
        context.close()
    take_dashboard(browser, site, directory)


def take_dashboard(browser: Browser, site: str, directory: Path) -> None:
    campaign = Campaign.objects.get(slug="first-light")
    artist = make_member(campaign.label, make_user(email="artist@example.com"))
    make_presaves(campaign, [f"permission-{number}" for number in range(21)])
    saved = Campaign.objects.get(slug="out")
    make_presaves(saved, [""] * 60, state=PreSaveState.SAVED)
    heartbeat.beat(database_now())
    context = context_for(browser, 1280, "light")
    page = context.new_page()
    page.goto(f"{site}/dashboard")
    page.locator("[name=login]").fill(artist.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/dashboard")
    for name, path in {
        "dashboard-list-desktop": "/dashboard",
        "dashboard-desktop": "/dashboard/campaigns/first-light",
        "share-desktop": "/dashboard/campaigns/first-light/share",
        "campaign-form-desktop": "/dashboard/new",
    }.items():
        page.goto(site + path)
        picture(page, directory / f"{name}.png")
    context.close()
