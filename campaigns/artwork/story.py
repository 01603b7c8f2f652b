"""The picture for stories: upright, with title, artist and date, in the colours of the page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from campaigns.artwork.accent import TINTS
from campaigns.artwork.lettering import fitted, gathered, height_of, write
from campaigns.models import Accent

SIZE: Final = (1080, 1920)
# What Instagram lays its own signs over.
SAFE_TOP: Final = 250
SAFE_BOTTOM: Final = SIZE[1] - 340
_LEFT: Final = 110
_WIDTH: Final = SIZE[0] - 2 * _LEFT
_COVER: Final = _WIDTH
_BELOW_COVER: Final = 60
_GAP: Final = 28
_WHITE: Final = "#ffffff"
_SOFT: Final = "#d9d4cd"
# As the fan page has it where a campaign has no cover.
NIGHT: Final = "#1e1230"
_SLANT: Final = math.radians(160)
# Blurred at an eighth of the size: nobody sees the difference, and it is done at once.
_BLURRED_AT: Final = (SIZE[0] // 8, SIZE[1] // 8)
_BRIGHTNESS: Final = (0.5, 0.16)


@dataclass(frozen=True)
class Story:
    """What a picture says. `when` is a date, or that it is out."""

    title: str
    artist: str
    when: str
    accent: Accent


def jpeg(story: Story, cover: Image.Image | None) -> bytes:
    """Networks encode it once more, so it keeps the colours of its letters whole."""
    file = BytesIO()
    draw(story, cover).save(file, "JPEG", quality=90, subsampling=0, optimize=True)
    return file.getvalue()


def draw(story: Story, cover: Image.Image | None) -> Image.Image:
    return _with_cover(story, cover) if cover else _typeset(story)


def _with_cover(story: Story, cover: Image.Image) -> Image.Image:
    """The cover before its own dark enlargement, and below it the words as the page has them."""
    picture = backdrop(cover)
    front = ImageOps.contain(cover, (_COVER, _COVER), Image.Resampling.LANCZOS)
    words = gathered(
        (fitted(story.when, 40, 32, _WIDTH, 60), TINTS[story.accent][1]),
        (fitted(story.title, 116, 52, _WIDTH, 225), _WHITE),
        (fitted(story.artist, 52, 34, _WIDTH, 90), _SOFT),
    )
    height = front.height + _BELOW_COVER + height_of(words, _GAP)
    top = SAFE_TOP + (SAFE_BOTTOM - SAFE_TOP - height) // 2
    corner = ((SIZE[0] - front.width) // 2, top)
    picture.paste("black", mask=shadow(front.size, corner))
    picture.paste(front, corner)
    write(words, picture, top + front.height + _BELOW_COVER, _LEFT, _GAP, story.title)
    return picture


def _typeset(story: Story) -> Image.Image:
    """The words alone: the title as large as it gets at the top, the others at the foot."""
    tint, light = TINTS[story.accent]
    picture = gradient(tint, NIGHT)
    title = gathered((fitted(story.title, 190, 72, _WIDTH, 900), _WHITE))
    foot = gathered(
        (fitted(story.artist, 64, 40, _WIDTH, 150), _WHITE),
        (fitted(story.when, 44, 32, _WIDTH, 120), light),
    )
    write(title, picture, SAFE_TOP + _GAP, _LEFT, _GAP, story.title)
    write(foot, picture, SAFE_BOTTOM - height_of(foot, _GAP), _LEFT, _GAP, story.title)
    return picture


def backdrop(cover: Image.Image) -> Image.Image:
    """Darker towards the foot, so that white words can be read on a white cover too."""
    small = ImageOps.fit(cover.convert("RGB"), _BLURRED_AT).filter(ImageFilter.GaussianBlur(10))
    bright, dark = (ImageEnhance.Brightness(small).enhance(share) for share in _BRIGHTNESS)
    fall = Image.linear_gradient("L").resize(_BLURRED_AT)
    return Image.composite(dark, bright, fall).resize(SIZE, Image.Resampling.BICUBIC)


def shadow(size: tuple[int, int], corner: tuple[int, int]) -> Image.Image:
    """How black it is at each point. It falls a little below what casts it."""
    shadow = Image.new("L", SIZE)
    left, top = corner[0], corner[1] + 18
    shadow.paste(150, (left, top, left + size[0], top + size[1]))
    return shadow.filter(ImageFilter.GaussianBlur(32))


def gradient(begin: str, end: str, size: tuple[int, int] = SIZE) -> Image.Image:
    """CSS's linear-gradient(160deg, begin, end 75%)."""
    width, height = small = (size[0] // 6, size[1] // 6)
    across, down = math.sin(_SLANT), -math.cos(_SLANT)
    length = abs(width * across) + abs(height * down)
    fall = Image.new("L", small)
    fall.putdata(
        [
            round(min(1, (0.5 + (x * across + y * down) / length) / 0.75) * 255)
            for y in range(-height // 2, height // 2)
            for x in range(-width // 2, width // 2)
        ]
    )
    first, last = (Image.new("RGB", small, colour) for colour in (begin, end))
    return Image.composite(last, first, fall).resize(size, Image.Resampling.BICUBIC)
