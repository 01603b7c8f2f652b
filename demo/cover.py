"""Covers that need no file: rings of a sun over a horizon, in several moods."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageDraw


class Palette(NamedTuple):
    sky: str
    rings: tuple[str, ...]
    ground: str
    # Where the middle of the sun stands, as shares of the cover's width and height.
    sun: tuple[float, float] = (0.5, 0.55)


DAWN = Palette("#1b1035", ("#4a1d6b", "#8c2f7a", "#d1495b", "#f2855e", "#ffd166"), "#120a24")
NIGHT = Palette(
    "#071a2c", ("#0d2f4a", "#12506b", "#1c7a8a", "#63b7b0", "#e8f3d6"), "#04101c", (0.68, 0.4)
)
TIDE = Palette(
    "#0d2b2a", ("#14504a", "#2b7a63", "#6aa67b", "#bcd49a", "#f4efc9"), "#081c1c", (0.3, 0.62)
)
DUSK = Palette(
    "#2a0f1a", ("#521a2c", "#8a2a36", "#c14a35", "#e8823f", "#f8c76b"), "#17080f", (0.5, 0.74)
)


def draw_cover(palette: Palette = DAWN, size: int = 1200) -> bytes:
    """A square PNG."""
    cover = Image.new("RGB", (size, size), palette.sky)
    pen = ImageDraw.Draw(cover)
    x, y = (size * share for share in palette.sun)
    for circle, colour in enumerate(palette.rings):
        radius = size * (0.42 - circle * 0.075)
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)
    pen.rectangle([0, size * 0.72, size, size], fill=palette.ground)
    content = BytesIO()
    cover.save(content, "PNG")
    return content.getvalue()
