"""A cover that needs no file: rings of a sun over a dark horizon."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw


def draw_cover(size: int = 1200) -> bytes:
    """A square PNG."""
    cover = Image.new("RGB", (size, size), "#1b1035")
    pen = ImageDraw.Draw(cover)
    for circle, colour in enumerate(("#4a1d6b", "#8c2f7a", "#d1495b", "#f2855e", "#ffd166")):
        radius = size * (0.42 - circle * 0.075)
        box = [size / 2 - radius, size * 0.55 - radius, size / 2 + radius, size * 0.55 + radius]
        pen.ellipse(box, fill=colour)
    pen.rectangle([0, size * 0.72, size, size], fill="#120a24")
    content = BytesIO()
    cover.save(content, "PNG")
    return content.getvalue()
