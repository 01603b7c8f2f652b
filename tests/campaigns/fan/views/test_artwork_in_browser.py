"""Which of the artwork's files a screen fetches: sharp, and light on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from campaigns.artwork import files
from tests.factory import make_campaign
from tools.pictures import photograph_like, picture

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stored(settings: Settings, tmp_path: Path) -> Path:
    """The directory of the files of a landing page's artwork."""
    settings.ARTWORK_DIR = tmp_path / "artwork"
    return tmp_path / "artwork" / show("night-bus", photograph_like(1200, 1200))


def show(slug: str, image: Image.Image) -> str:
    """The name of the artwork's directory."""
    stored = files.write(image)
    make_campaign(
        slug=slug,
        artwork=stored.name,
        artwork_width=stored.width,
        artwork_height=stored.height,
        artwork_weights=stored.weights,
    )
    return stored.name


def fetched_by(page: Page, url: str) -> list[str]:
    fetched: list[str] = []
    page.on("requestfinished", lambda request: fetched.append(request.url))
    page.goto(url, wait_until="networkidle")
    return [address.rpartition("/")[2] for address in fetched if "/artwork/" in address]


def test_a_phone_fetches_one_file_of_at_most_60_kilobytes(
    browser: Browser, site: str, stored: Path
) -> None:
    for width, height, density in ((390, 844, 2), (390, 844, 3), (844, 390, 3)):
        context = browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=density, is_mobile=True
        )
        page = context.new_page()
        files = fetched_by(page, f"{site}/night-bus")
        assert files == ["640.avif"], (width, height, density)
        assert (stored / files[0]).stat().st_size <= 60_000
        context.close()


def test_a_phone_with_three_dots_to_a_pixel_gets_a_plain_picture_sharp(
    browser: Browser, site: str, settings: Settings, tmp_path: Path
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    name = show("plain", picture(1200, 1200))
    with browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=3, is_mobile=True
    ) as context:
        assert fetched_by(context.new_page(), f"{site}/plain") == ["1200.avif"]
    assert (settings.ARTWORK_DIR / name / "1200.avif").stat().st_size <= 60_000


def test_a_dense_desktop_gets_the_largest_file(browser: Browser, site: str, stored: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, device_scale_factor=2)
    page = context.new_page()
    page.goto(f"{site}/night-bus")
    for image in page.locator("picture img").all():
        assert image.evaluate("image => image.currentSrc").endswith("/1200.avif")
    context.close()
