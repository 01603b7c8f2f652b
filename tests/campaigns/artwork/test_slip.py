"""The picture of a slip: its size, what it shows, and titles and covers of every kind."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from campaigns.artwork import slip, story
from campaigns.artwork.slip import Slip
from campaigns.models import Accent

MOST_BYTES = 600_000
RED = (200, 20, 20)
TITLES = [
    "Night Bus",
    "The Long Way Home Through Every Light " * 7,
    "夜行バスで帰る朝",
    "🎉",
]


def told(title: str = "Night Bus") -> Slip:
    return Slip("I pre-saved", title, "Demo Artist", "11 December 2026", Accent.TEAL)


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("size", [(640, 640), (1200, 400), (400, 1200), None])
def test_every_slip_fits_between_what_apps_lay_over_it(
    title: str, size: tuple[int, int] | None
) -> None:
    picture = slip.draw(told(title), Image.new("RGB", size, RED) if size else None)
    assert picture.size == story.SIZE
    middle = picture.size[0] // 2
    white = [y for y in range(picture.height) if picture.getpixel((middle + 300, y)) == (255,) * 3]
    assert white
    assert white[0] >= story.SAFE_TOP
    assert white[-1] <= story.SAFE_BOTTOM


def test_the_cover_lies_across_the_slip() -> None:
    picture = slip.draw(told(), Image.new("RGB", (640, 640), RED))
    row = [picture.getpixel((x, 700)) for x in range(picture.width)]
    assert row.count(RED) == 760


def test_the_words_are_on_it() -> None:
    cover = Image.new("RGB", (640, 640), RED)
    pictures = {slip.jpeg(told(title), cover) for title in ("Night Bus", "Night Train")}
    assert len(pictures) == 2


def test_it_is_a_jpeg_that_an_app_takes() -> None:
    noise = Image.effect_noise((1200, 1200), 90).convert("RGB")
    content = slip.jpeg(told(), noise)
    assert len(content) < MOST_BYTES
    with Image.open(BytesIO(content)) as opened:
        assert opened.format == "JPEG"
        assert not opened.getexif()
