"""The picture for shared links: its shape, and that the cover stands whole in the middle of it."""

from __future__ import annotations

import pytest

from campaigns.artwork import social_card
from tools.pictures import picture


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((1200, 1200), (540, 540)),
        ((600, 1200), (270, 540)),
        ((1200, 600), (1080, 540)),
        ((320, 320), (540, 540)),
    ],
)
def test_the_cover_stands_whole_before_a_darker_ground(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    card = social_card.draw(picture(*size, color="#40c0a0"))

    assert card.size == (1200, 630)
    bright = card.convert("L").point(lambda value: 255 if value > 120 else 0).getbbox()
    left, top = (1200 - shown[0]) // 2, (630 - shown[1]) // 2
    assert bright == (left, top, left + shown[0], top + shown[1])


def test_the_cover_casts_a_shadow() -> None:
    brightness = social_card.draw(picture(color="#ffffff")).convert("L").tobytes()

    below, far = brightness[590 * 1200 + 600], brightness[20 * 1200 + 20]
    assert below < far - 30
