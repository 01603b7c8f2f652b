"""A cover's square, around the point of the picture that matters."""

from __future__ import annotations

from typing import Final, NamedTuple

from PIL import Image


class Focus(NamedTuple):
    """In percent from the top left, as CSS's object-position counts: that point of the picture lies
    at the same point of the square, so it is never cropped away.
    """

    x: int = 50
    y: int = 50


CENTRE: Final = Focus()


def to_square(image: Image.Image, focus: Focus) -> Image.Image:
    """The largest square of the picture; a square one stays as it is."""
    side = min(image.size)
    left, top = (
        round((length - side) * share / 100)
        for length, share in zip(image.size, focus, strict=True)
    )
    return image.crop((left, top, left + side, top + side))
