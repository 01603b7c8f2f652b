"""`make screenshots`: pictures of every page and state, and those that the README shows.

Run by pytest, whose fixtures are the site, its database and Chromium.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from campaigns.clock import database_now
from campaigns.models import User
from campaigns.status import heartbeat
from presave_check.examples import SONY
from tests import covers, scenes, visits
from tests.log_ins import logged_in
from tests.sandbox_process import Sandbox
from tools import artist_scenes
from tools.artist_visits import Visits

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)
pytest_plugins = ["tests.campaigns.conftest"]

ROOT: Final = Path(__file__).resolve().parent.parent
EVERYTHING: Final = ROOT / "screenshots"
FOR_README: Final = ROOT / "docs" / "screenshots"
WIDTHS: Final = (360, 768, 1280)
HEIGHT: Final = 800
# What a fan sees of a page before they scroll, beside each other on one sheet.
SCREENS: Final = ((360, 640), (768, 1024), (1280, 800))
SHEET_COLUMN: Final = 360
Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
# A repository is cloned with its pictures.
MOST_BYTES: Final = 150_000
OpenPage = Callable[..., Page]


@pytest.fixture(autouse=True)
def everything_has_a_place(settings: Settings, tmp_path: Path) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    settings.KEYRING_DIR = tmp_path / "keyring"
    settings.SENDS_EMAIL = True


@pytest.fixture(scope="module")
def nothing_of_before() -> Iterator[None]:
    shutil.rmtree(EVERYTHING, ignore_errors=True)
    EVERYTHING.mkdir()
    yield
    print(f"\n{len(list(EVERYTHING.iterdir()))} pictures are in {EVERYTHING}.")


def context_for(
    browser: Browser, width: int, user_agent: str | None = None, **options: Any
) -> BrowserContext:
    viewport: ViewportSize = {"width": width, "height": HEIGHT}
    return browser.new_context(viewport=viewport, user_agent=user_agent, **options)


def in_both_schemes(page: Page, name: str, width: int) -> None:
    """Colours are the stylesheets' alone: no page is loaded again for them."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is too wide"
    page.evaluate("for (const it of document.querySelectorAll('[loading]')) it.loading = 'eager'")
    page.wait_for_load_state("networkidle")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        path = EVERYTHING / f"{name}-{width}-{scheme}.png"
        page.screenshot(path=path, full_page=True, animations="disabled")


@pytest.mark.usefixtures("nothing_of_before")
def test_every_page_and_state_of_a_fan(browser: Browser, site: str) -> None:
    scenes.set_up()
    for width in WIDTHS:
        with context_for(browser, width) as context:
            page = context.new_page()
            for name, path in scenes.ALL.items():
                page.goto(site + path)
                in_both_schemes(page, name, width)


@pytest.mark.usefixtures("nothing_of_before")
def test_every_state_of_a_fans_visit(
    browser: Browser, site: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.set_up()
    for width in WIDTHS:
        new_context = partial(context_for, browser, width)
        for name, page in visits.each(new_context, site, settings, monkeypatch):
            in_both_schemes(page, name, width)


@pytest.mark.usefixtures("nothing_of_before")
def test_every_cover_and_title_a_fan_can_meet(browser: Browser, site: str) -> None:
    looks = covers.set_up()
    for width, height in SCREENS:
        with context_for(browser, width) as context:
            page = context.new_page()
            page.set_viewport_size({"width": width, "height": height})
            for name, path in covers.PAGES.items():
                paths = [site + path.format(look.slug) for look in looks]
                for scheme, pictures in first_screens(page, paths).items():
                    file = EVERYTHING / f"{name}-with-every-cover-{width}-{scheme}.png"
                    sheet_of(pictures, rows=len(covers.TITLES)).save(file)


def first_screens(page: Page, addresses: list[str]) -> dict[Scheme, list[Image.Image]]:
    taken: dict[Scheme, list[Image.Image]] = {scheme: [] for scheme in SCHEMES}
    for address in addresses:
        page.goto(address)
        for scheme, pictures in taken.items():
            page.emulate_media(color_scheme=scheme)
            pictures.append(Image.open(BytesIO(page.screenshot(animations="disabled"))))
    return taken


def sheet_of(pictures: list[Image.Image], rows: int) -> Image.Image:
    """Column by column, none wider than a phone."""
    width = min(SHEET_COLUMN, pictures[0].width)
    height = round(pictures[0].height * width / pictures[0].width)
    gap = 8
    columns = -(-len(pictures) // rows)
    sheet = Image.new("RGB", (columns * (width + gap), rows * (height + gap)), "grey")
    for number, picture in enumerate(pictures):
        column, row = divmod(number, rows)
        resized = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(resized, (column * (width + gap), row * (height + gap)))
    return sheet


@pytest.fixture
def open_page(browser: Browser, site: str, settings: Settings) -> Iterator[OpenPage]:
    with ExitStack() as open_contexts:

        def open_page(
            user: User | None, width: int, confirmed: bool = True, **options: Any
        ) -> Page:
            context = context_for(browser, width, base_url=site, **options)
            open_contexts.enter_context(context)
            if user:
                name = settings.SESSION_COOKIE_NAME
                value = logged_in(user, confirmed).cookies[name].value
                context.add_cookies([{"name": name, "value": value, "url": site}])
            return context.new_page()

        yield open_page


@pytest.mark.usefixtures("nothing_of_before")
def test_every_page_and_state_of_an_artist(open_page: OpenPage) -> None:
    cast = artist_scenes.set_up()
    for width in WIDTHS:
        pages = {who: open_page(user, width) for who, user in {"": None, **cast.people}.items()}
        for name, (who, path) in cast.scenes.items():
            heartbeat.beat(database_now())
            pages[who].goto(path)
            in_both_schemes(pages[who], name, width)


@pytest.mark.usefixtures("nothing_of_before")
def test_every_state_of_an_artists_visit(
    open_page: OpenPage, spotify: Sandbox, settings: Settings
) -> None:
    people = artist_scenes.set_up().people
    for width in WIDTHS:

        def visit(who: str, width: int = width, confirmed: bool = True) -> Page:
            return open_page(people.get(who), width, confirmed)

        for name, page in Visits(visit, people, spotify, settings).each():
            heartbeat.beat(database_now())
            in_both_schemes(page, name, width)


class Shown(NamedTuple):
    """A picture of the README: as much of the scene as fits, or the whole page."""

    scene: str
    width: int
    scheme: Scheme = "light"
    height: int = 0


# By their names in docs/screenshots, in the README's order.
README: Final = {
    "landing-phone": Shown("landing", 390, height=844),
    "landing-phone-dark": Shown("landing", 390, "dark", height=844),
    "receipt-phone": Shown("receipt-waiting", 390, height=844),
    "receipt-saved-phone-dark": Shown("receipt-saved", 390, "dark", height=844),
    "landing-desktop": Shown("landing", 1280),
    "landing-out-now-phone": Shown("landing-out-now", 390),
    "artist-desktop": Shown("artist", 1280),
    "transparency-desktop": Shown("transparency", 1280, height=1000),
}
README_BY_HAND: Final = {
    "check-phone": Shown("check", 390, height=844),
    "development-mode-phone": Shown("landing-with-links", 390, height=844),
}
README_OF_ARTISTS: Final = {
    "dashboard-list-desktop": Shown("list", 1280, height=640),
    "numbers-desktop": Shown("numbers", 1280, height=1000),
    "share-desktop": Shown("share", 1280, height=1700),
    "night-phone-dark": Shown("night-running", 390, "dark", height=800),
    "report-desktop": Shown("report", 1280, height=1000),
}


def test_the_readmes_pictures_of_a_fan(open_page: OpenPage) -> None:
    scenes.set_up()
    for name, shown in README.items():
        keep_for_readme(shown_for_readme(open_page, shown, None, scenes.ALL[shown.scene]), name)


def test_the_readmes_pictures_of_the_checker_and_of_development_mode(
    open_page: OpenPage, settings: Settings
) -> None:
    scenes.set_up()
    settings.SPOTIFY_APP_MODE = "development"
    for name, shown in README_BY_HAND.items():
        page = shown_for_readme(open_page, shown, None, scenes.ALL[shown.scene])
        if shown.scene == "check":
            visits.check(page, SONY.address)
            page.locator("[data-result]").evaluate("result => result.scrollIntoView()")
        keep_for_readme(page, name)


def test_the_readmes_pictures_of_an_artist(open_page: OpenPage) -> None:
    cast = artist_scenes.set_up()
    for name, shown in README_OF_ARTISTS.items():
        who, path = cast.scenes[shown.scene]
        keep_for_readme(shown_for_readme(open_page, shown, cast.people[who], path), name)


def shown_for_readme(open_page: OpenPage, shown: Shown, user: User | None, path: str) -> Page:
    # A desktop's picture is shown smaller than it is.
    scale = 1 if shown.width > 1000 else 1.5
    page = open_page(user, shown.width, color_scheme=shown.scheme, device_scale_factor=scale)
    heartbeat.beat(database_now())
    page.set_viewport_size({"width": shown.width, "height": shown.height or HEIGHT})
    page.goto(path, wait_until="networkidle")
    if not shown.height:
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": shown.width, "height": tall})
    return page


def keep_for_readme(page: Page, name: str) -> None:
    content = page.screenshot(animations="disabled")
    # As few colours as nobody misses, in a third of the bytes.
    image = Image.open(BytesIO(content)).convert("RGB").quantize(256, Image.Quantize.MEDIANCUT)
    file = FOR_README / f"{name}.png"
    image.save(file, optimize=True)
    assert file.stat().st_size < MOST_BYTES, f"{name} is {file.stat().st_size} bytes"
