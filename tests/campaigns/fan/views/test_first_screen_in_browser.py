"""What a fan sees of the landing page before they scroll, measured: with every kind of cover and of
title, at five sizes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests import covers, scenes
from tests.covers import Look

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

PHONES: Final = ((360, 640), (360, 740), (390, 844))
SCREENS: Final = (*PHONES, (768, 1024), (1280, 800))
LARGEST_COVER: Final = 0.55
LINES: Final = """(heading) => {
  const text = document.createRange();
  text.selectNodeContents(heading);
  return new Set([...text.getClientRects()].map(({ top }) => Math.round(top))).size;
}"""


@pytest.fixture
def looks(settings: Settings, tmp_path: Path) -> list[Look]:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    return covers.set_up(size=320)


def test_the_button_and_the_title_are_on_the_first_screen_under_a_square_cover(
    page: Page, site: str, looks: list[Look], subtests: pytest.Subtests
) -> None:
    for look in looks:
        page.goto(site + covers.PAGES["landing"].format(look.slug))
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            with subtests.test(f"{look.cover}, {look.title}, {width} by {height}"):
                button = box_of(page.get_by_role("link", name="Pre-save on Spotify"))
                title = box_of(page.get_by_role("heading", level=1))
                cover = box_of(cover_of(page, look))
                assert min(title["y"], cover["y"]) >= 0
                assert max(map(end_of, (title, cover, button))) <= height
                assert cover["width"] == pytest.approx(cover["height"], abs=1)
                if (width, height) in PHONES:
                    assert cover["height"] <= LARGEST_COVER * height + 1
    measure_a_title_of_three_lines(page, site)


def measure_a_title_of_three_lines(page: Page, site: str) -> None:
    width, height = PHONES[0]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(site + covers.PAGES["landing"].format(Look("square", "three-lines").slug))
    assert page.get_by_role("heading", level=1).evaluate(LINES) == 3


def cover_of(page: Page, look: Look) -> Locator:
    """Without a picture it is made of type."""
    if look.cover == covers.NO_COVER:
        return page.locator(".cover")
    return page.get_by_role("img", name=scenes.ALT)


def box_of(shown: Locator) -> FloatRect:
    expect(shown).to_be_visible()
    box = shown.bounding_box()
    assert box
    return box


def end_of(box: FloatRect) -> float:
    return box["y"] + box["height"]


def test_without_a_cover_the_title_is_said_once(page: Page, site: str, looks: list[Look]) -> None:
    for name, title in covers.TITLES.items():
        page.goto(site + covers.PAGES["landing"].format(Look(covers.NO_COVER, name).slug))
        expect(page.get_by_role("main").get_by_text(title, exact=True)).to_have_count(1)


def test_nothing_is_wider_than_the_narrowest_screen(
    page: Page, site: str, looks: list[Look]
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for look in looks:
        for name in ("landing", "receipt-waiting"):
            path = covers.PAGES[name].format(look.slug)
            page.goto(site + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
