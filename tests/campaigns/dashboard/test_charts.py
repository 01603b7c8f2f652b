"""Bars: as high as their numbers, and never so low that nobody sees them."""

from __future__ import annotations

import pytest

from campaigns.dashboard import charts


def test_bars_are_as_high_as_their_numbers() -> None:
    drawn = charts.bars([0, 5, 10, 1])
    assert drawn.path == "M11 100v-50h8v50zM21 100v-100h8v100zM31 100v-10h8v10z"
    assert (drawn.highest, drawn.total, drawn.width) == (10, 16, 210)


def test_what_is_not_nothing_can_be_seen() -> None:
    assert charts.bars([100_000, 1]).path.endswith("M11 100v-2h8v2z")


@pytest.mark.parametrize("numbers", [[], [0, 0]])
def test_without_numbers_nothing_is_drawn(numbers: list[int]) -> None:
    assert charts.bars(numbers).path == ""


@pytest.mark.parametrize(
    ("number", "highest", "share"), [(0, 0, 0), (1, 3, 33.3), (3, 3, 100), (9, 3, 100)]
)
def test_a_share_is_of_100(number: int, highest: int, share: float) -> None:
    assert charts.share(number, highest) == share
