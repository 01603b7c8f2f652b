"""The picture of a slip, for fans to post: what a receipt looks like, with nothing of anybody's."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageOps

from campaigns.artwork.accent import TINTS
from campaigns.artwork.lettering import fitted, gathered, height_of, write
from campaigns.artwork.story import (
    NIGHT,
    SAFE_BOTTOM,
    SAFE_TOP,
    SIZE,
    backdrop,
    gradient,
    shadow,
)
from campaigns.models import Accent

_WIDTH: Final = 760
_LEFT: Final = (SIZE[0] - _WIDTH) // 2
_PADDING: Final = 56
_GAP: Final = 24
_TEAR: Final = 56
_TOOTH: Final = 12
_NOTCH: Final = 20
_PAPER: Final = "#ffffff"
_INK: Final = "#17130f"
_SOFT: Final = "#5c544b"
_LINE: Final = "#ddd5c8"


@dataclass(frozen=True)
class Slip:
    """What the picture says. `head` is that it was pre-saved, `when` a date or that it is out."""

    head: str
    title: str
    artist: str
    when: str
    accent: Accent


def jpeg(slip: Slip, cover: Image.Image | None) -> bytes:
    file = BytesIO()
    draw(slip, cover).save(file, "JPEG", quality=88, subsampling=0, optimize=True)
    return file.getvalue()


def draw(slip: Slip, cover: Image.Image | None) -> Image.Image:
    """A sheet of paper with the cover across it, torn off above the date."""
    tint = TINTS[slip.accent][0]
    top = ImageOps.fit(cover.convert("RGB"), (_WIDTH, _WIDTH)) if cover else _typeset(slip)
    room = _WIDTH - 2 * _PADDING
    names = gathered(
        (fitted(slip.head, 38, 28, room, 50), tint),
        (fitted(slip.title, 76, 42, room, 170) if cover else None, _INK),
        (fitted(slip.artist, 42, 30, room, 90), _SOFT),
    )
    when = gathered((fitted(slip.when, 42, 30, room, 60), _INK))
    tear = _WIDTH + _PADDING + height_of(names, _GAP) + _TEAR // 2
    paper = Image.new("RGB", (_WIDTH, tear + _TEAR // 2 + height_of(when, _GAP) + _PADDING), _PAPER)
    paper.paste(top)
    write(names, paper, _WIDTH + _PADDING, _PADDING, _GAP, slip.title)
    write(when, paper, tear + _TEAR // 2, _PADDING, _GAP, slip.title)
    _perforate(paper, tear)
    return _on_desk(paper, _cut(paper.size, tear), backdrop(cover) if cover else _desk(slip))


def _on_desk(paper: Image.Image, cut: Image.Image, desk: Image.Image) -> Image.Image:
    corner = (_LEFT, SAFE_TOP + (SAFE_BOTTOM - SAFE_TOP - paper.height) // 2)
    desk.paste("black", mask=shadow(paper.size, corner))
    desk.paste(paper, corner, cut)
    return desk


def _desk(slip: Slip) -> Image.Image:
    return gradient(NIGHT, TINTS[slip.accent][0], SIZE)


def _typeset(slip: Slip) -> Image.Image:
    """The title in the place of a cover, as large as it gets."""
    square = gradient(TINTS[slip.accent][0], NIGHT, (_WIDTH, _WIDTH))
    room = _WIDTH - 2 * _PADDING
    write(
        gathered((fitted(slip.title, 150, 60, room, room), "#ffffff")),
        square,
        _PADDING,
        _PADDING,
        _GAP,
        slip.title,
    )
    return square


def _perforate(paper: Image.Image, at: int) -> None:
    canvas = ImageDraw.Draw(paper)
    for x in range(_PADDING, _WIDTH - _PADDING, 24):
        canvas.line((x, at, x + 12, at), _LINE, width=4)


def _cut(size: tuple[int, int], tear: int) -> Image.Image:
    """Where there is paper: teeth above and below, and a notch at either end of the tear. Drawn
    twice as large, as circles of few dots have no smooth edge.
    """
    width, height = 2 * size[0], 2 * size[1]
    cut = Image.new("L", (width, height), 255)
    canvas = ImageDraw.Draw(cut)
    for x in range(0, width + 1, 6 * _TOOTH):
        canvas.circle((x, 0), 2 * _TOOTH, 0)
        canvas.circle((x, height), 2 * _TOOTH, 0)
    for x in (0, width):
        canvas.circle((x, 2 * tear), 2 * _NOTCH, 0)
    return cut.resize(size, Image.Resampling.LANCZOS)
