"""The fan's pages in Chromium: accessible, narrow, without JavaScript, and not in the way of their
own policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test.testcases import LiveServerThread
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from campaigns import artwork
from campaigns.models import CampaignState, PauseReason, PreSave, PreSaveState
from tests.factory import make_campaign, make_presave
from tests.pictures import photograph_like
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
PAGES = {
    "landing": "/night-bus",
    "landing without artwork": "/plain",
    "landing while releasing": "/releasing",
    "landing when finished": "/finished",
    "landing when cancelled": "/cancelled",
    "confirm": "/night-bus/go",
    "receipt, waiting": "/receipt/waiting",
    "receipt, saved": "/receipt/saved",
    "receipt, failed": "/receipt/failed",
    "refused": "/callback?error=access_denied&state=night-bus.x",
    "privacy": "/privacy",
    "terms": "/terms",
    "home": "/",
}
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 2


@pytest.fixture
def site(settings: Settings) -> Iterator[str]:
    """The product in a thread, WhiteNoise serving its files; the answer is its address."""
    # Django would wrap the application in a handler of its own for static files.
    thread = LiveServerThread("127.0.0.1", lambda it: it)  # type: ignore[arg-type]
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    settings.PUBLIC_URL = f"http://127.0.0.1:{thread.port}"
    yield settings.PUBLIC_URL
    thread.terminate()


@pytest.fixture
def campaigns(cover: dict[str, Any]) -> None:
    """One campaign for each of PAGES."""
    night_bus = make_campaign(slug="night-bus", **cover)
    make_campaign(slug="plain", title=LONG, artist=LONG)
    finished = make_campaign(slug="finished", state=CampaignState.FINISHED, **cover)
    make_campaign(
        slug="releasing", state=CampaignState.RELEASING, paused_reason=PauseReason.KEY_MISSING
    )
    make_campaign(slug="cancelled", state=CampaignState.CANCELLED, **cover)
    make_presave(night_bus, receipt="waiting")
    make_presave(finished, receipt="saved", state=PreSaveState.SAVED)
    make_presave(night_bus, receipt="failed", state=PreSaveState.FAILED)


@pytest.fixture
def cover(settings: Settings, tmp_path: Path) -> dict[str, Any]:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    picture = BytesIO()
    Image.radial_gradient("L").resize((700, 700)).save(picture, "PNG")
    stored = artwork.store(picture)
    return {
        "artwork": stored.name,
        "artwork_width": stored.width,
        "artwork_height": stored.height,
        "artwork_alt": "A light in the dark",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: str, campaigns: None, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    for name, path in PAGES.items():
        page.goto(site + path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    context.close()


@pytest.mark.parametrize(("width", "font_size"), [(320, "100%"), (640, "200%")])
def test_nothing_is_wider_than_the_screen(
    page: Page, site: str, campaigns: None, width: int, font_size: str
) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    for name, path in PAGES.items():
        page.goto(site + path)
        page.evaluate("size => document.documentElement.style.fontSize = size", font_size)
        content_width = page.evaluate("document.documentElement.scrollWidth")
        assert content_width <= width, name


def test_a_visit_meets_no_third_party_no_cookie_and_no_violation(
    page: Page, site: str, campaigns: None
) -> None:
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    for path in PAGES.values():
        page.goto(site + path)
    # Chromium counts the refusal's own status as a failed resource.
    assert [text for text in complaints if "400 (Bad Request)" not in text] == []
    assert any("/artwork/" in url for url in requested)
    assert any(".css" in url for url in requested)
    assert all(url.startswith(f"{site}/") for url in requested)
    assert page.context.cookies() == []


def test_the_artwork_is_shown_sharp_and_described(page: Page, site: str, campaigns: None) -> None:
    page.goto(f"{site}/night-bus")
    cover = page.get_by_role("img", name="A light in the dark")
    expect(cover).to_be_visible()
    assert cover.evaluate("image => image.complete && image.currentSrc").endswith(".avif")
    shown = cover.evaluate("image => image.clientWidth")
    assert shown >= 300
    assert cover.evaluate("image => image.naturalWidth") >= shown


@pytest.mark.parametrize("screen", [(390, 844, 2), (390, 844, 3), (844, 390, 3)])
def test_a_phone_fetches_one_file_of_at_most_60_kilobytes(
    browser: Browser, site: str, settings: Settings, tmp_path: Path, screen: tuple[int, int, int]
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    stored = artwork.write(photograph_like(1200, 1200))
    make_campaign(slug="night-bus", artwork=stored.name, artwork_width=1200, artwork_height=1200)
    width, height, density = screen
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=density, is_mobile=True
    )
    page = context.new_page()
    fetched: list[str] = []
    page.on("requestfinished", lambda request: fetched.append(request.url))
    page.goto(f"{site}/night-bus", wait_until="networkidle")

    files = [url.rpartition("/")[2] for url in fetched if "/artwork/" in url]
    assert files == ["640.avif"]
    assert (settings.ARTWORK_DIR / stored.name / files[0]).stat().st_size <= 60_000
    context.close()


def test_a_dense_desktop_gets_the_largest_file(
    browser: Browser, site: str, campaigns: None
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, device_scale_factor=2)
    page = context.new_page()
    page.goto(f"{site}/night-bus")
    for image in page.locator("picture img").all():
        assert image.evaluate("image => image.currentSrc").endswith("/700.avif")
    context.close()


def test_the_keyboard_finds_its_way(page: Page, site: str, campaigns: None) -> None:
    page.goto(f"{site}/night-bus")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Tab")
    button = page.get_by_role("link", name="Pre-save on Spotify")
    expect(button).to_be_focused()
    assert button.evaluate("link => parseFloat(getComputedStyle(link).outlineWidth)") >= 3
    assert button.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    assert button.evaluate("link => link.clientHeight") >= 44


@pytest.fixture
def spotify(site: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox that knows this site's redirect URI."""
    monkeypatch.setenv("PUBLIC_URL", site)
    sandbox = Sandbox()
    settings.SPOTIFY_ACCOUNTS_URL = sandbox.url
    settings.SPOTIFY_API_URL = f"{sandbox.url}/v1"
    yield sandbox
    sandbox.stop()


def test_the_whole_way_works_without_javascript(
    browser: Browser, site: str, spotify: Sandbox, campaigns: None
) -> None:
    PreSave.objects.all().delete()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/night-bus")
    page.get_by_role("link", name="Pre-save on Spotify").click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    assert page.url.startswith(f"{site}/receipt/")
    assert PreSave.objects.get().state == PreSaveState.PENDING

    page.get_by_role("button", name="Cancel this pre-save").click()
    expect(page.get_by_role("heading", name="Cancelled, as you asked")).to_be_visible()
    assert PreSave.objects.get().state == PreSaveState.CANCELLED
    assert "presave" not in {cookie["name"] for cookie in context.cookies(site)}
    context.close()


def test_a_start_from_elsewhere_passes_the_confirm_page(
    page: Page, site: str, spotify: Sandbox, campaigns: None
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{site}/night-bus/go")
    assert page.context.cookies(site) == []
    page.get_by_role("button", name="Continue to Spotify").click()
    page.wait_for_url(f"{spotify.url}/authorize?**")
    assert complaints == []
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="You said no")).to_be_visible()
    page.get_by_role("link", name="Back to the release").click()
    expect(page.get_by_role("link", name="Pre-save on Spotify")).to_be_visible()
