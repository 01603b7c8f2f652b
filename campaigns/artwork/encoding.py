"""A picture as a file: formats, qualities, and a weight that it keeps to."""

from __future__ import annotations

from io import BytesIO
from itertools import product
from typing import Any, Final

from PIL import Image, ImageFilter

CONTENT_TYPES: Final = {".avif": "image/avif", ".webp": "image/webp", ".jpg": "image/jpeg"}
# Best first. With the first, photographs of 640 px have 20 to 60 KB.
_QUALITIES: Final = {".avif": (55, 40), ".webp": (70, 50, 30), ".jpg": (78, 60, 45)}
# Radii of a blur. What is heavy even in the lowest quality is grain, and looks better softened
# than squeezed further. With the last, white noise of 640 by 640 px keeps to 60 KB.
_SOFTENINGS: Final = (0, 1, 2)
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    ".avif": {"format": "AVIF", "speed": 7},
    ".webp": {"format": "WEBP", "method": 4},
    ".jpg": {"format": "JPEG", "optimize": True, "progressive": True},
}


def encode(image: Image.Image, suffix: str, most_bytes: int | None = None) -> bytes:
    """The best that keeps to `most_bytes`, or the least when nothing does."""
    for radius, quality in product(_SOFTENINGS, _QUALITIES[suffix]):
        file = BytesIO()
        softened = image.filter(ImageFilter.GaussianBlur(radius)) if radius else image
        softened.save(file, quality=quality, **_OPTIONS[suffix])
        if most_bytes is None or file.tell() <= most_bytes:
            break
    return file.getvalue()
