"""The square of a cover."""

from __future__ import annotations

import pytest

from campaigns.artwork.cropping import CENTRE, Focus, to_square
from tools.pictures import picture


@pytest.mark.parametrize(
    ("size", "focus", "left", "top"),
    [
        ((600, 400), CENTRE, 100, 0),
        ((600, 400), Focus(0, 100), 0, 0),
        ((600, 400), Focus(100, 0), 200, 0),
        ((400, 800), Focus(0, 25), 0, 100),
    ],
)
def test_it_is_as_large_as_it_can_be_around_the_focus(
    size: tuple[int, int], focus: Focus, left: int, top: int
) -> None:
    whole = picture(*size)
    whole.putpixel((left, top), (255, 0, 0))

    square = to_square(whole, focus)

    assert square.size == (400, 400)
    assert square.getpixel((0, 0)) == (255, 0, 0)
