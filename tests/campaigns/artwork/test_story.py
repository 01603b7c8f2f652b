"""The story picture: its shape, what it shows, and that apps cover none of it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageChops

from campaigns.artwork import story
from campaigns.artwork.story import SAFE_BOTTOM, SAFE_TOP, SIZE, Story
from campaigns.models import Accent
from tools.pictures import picture, white_noise

FIRST_LIGHT = Story("First Light", "Demo Artist", "11 December 2026", Accent.INK)
LONG = Story("The Quiet Hours " * 19, "Demo Artist, " * 23, "11 December 2026", Accent.INK)
BLACK = picture(1200, 1200, color="#000000")
Box = tuple[int, int, int, int]


def bright(image: Image.Image) -> Box | None:
    return image.convert("L").point(lambda value: 255 if value > 100 else 0).getbbox()


def differing(one: Image.Image, other: Image.Image) -> Box | None:
    return ImageChops.difference(one, other).getbbox()


@pytest.mark.parametrize("cover", [BLACK, None], ids=["cover", "no cover"])
@pytest.mark.parametrize("told", [FIRST_LIGHT, LONG], ids=["short", "long"])
def test_words_stay_where_no_app_puts_its_own(told: Story, cover: Image.Image | None) -> None:
    drawn = story.draw(told, cover)

    assert drawn.size == (1080, 1920) == SIZE
    box = bright(drawn)
    assert box is not None
    left, top, right, bottom = box
    assert top >= SAFE_TOP == 250
    assert bottom <= SAFE_BOTTOM == 1920 - 340
    assert left >= 100
    assert right <= SIZE[0] - 100


@pytest.mark.parametrize("cover", [BLACK, None], ids=["cover", "no cover"])
@pytest.mark.parametrize("missing", ["title", "artist", "when"])
def test_it_shows_title_artist_and_date(missing: str, cover: Image.Image | None) -> None:
    nothing: dict[str, Any] = {missing: ""}
    without = replace(FIRST_LIGHT, **nothing)

    assert differing(story.draw(FIRST_LIGHT, cover), story.draw(without, cover)) is not None


@pytest.mark.parametrize("cover", [BLACK, None], ids=["cover", "no cover"])
def test_what_cannot_be_written_is_not_there(cover: Image.Image | None) -> None:
    unwritable = replace(FIRST_LIGHT, title="ᏣᎳᎩ")

    drawn = story.draw(unwritable, cover)

    assert differing(drawn, story.draw(replace(unwritable, title=""), cover)) is None


def test_the_cover_is_there_whole() -> None:
    drawn = story.draw(replace(FIRST_LIGHT, title="", artist="", when=""), picture(color="#40c0a0"))
    green = drawn.crop((0, SAFE_TOP, SIZE[0], SAFE_BOTTOM))

    box = green.convert("L").point(lambda value: 255 if value > 120 else 0).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert right - left == bottom - top == 860


@pytest.mark.parametrize("size", [(320, 320), (1200, 600), (600, 1200)])
def test_a_cover_of_any_shape_fits(size: tuple[int, int]) -> None:
    assert bright(story.draw(FIRST_LIGHT, picture(*size, color="#000000"))) is not None


def test_words_can_be_read_on_a_white_cover() -> None:
    drawn = story.draw(FIRST_LIGHT, picture(color="white"))

    # Beside the words, which begin at 1200. White has a contrast of 7 on this grey.
    beside = drawn.crop((0, 1200, 100, SAFE_BOTTOM)).convert("L")
    assert max(beside.tobytes()) <= 89


def test_a_title_that_is_read_from_the_right_stands_at_the_right() -> None:
    drawn = story.draw(Story("ليل", "", "2026", Accent.INK), None)

    box = bright(drawn)
    assert box is not None
    assert box[0] > SIZE[0] / 2


def test_without_a_cover_it_has_the_accent_of_the_page() -> None:
    corner = story.draw(replace(FIRST_LIGHT, accent=Accent.GREEN), None).getpixel((0, 0))

    assert isinstance(corner, tuple)
    red, green, blue = corner
    assert green > red + 40
    assert green > blue + 30


def test_the_file_is_a_jpeg_that_can_be_sent_from_a_phone() -> None:
    file = story.jpeg(FIRST_LIGHT, white_noise(1200, 1200))

    assert Image.open(BytesIO(file)).format == "JPEG"
    assert len(file) < 2_000_000
