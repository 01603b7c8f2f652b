"""Bars: as high as their numbers, and never so low that nobody sees them."""

from __future__ import annotations

import pytest

from campaigns.dashboard import bars
from campaigns.dashboard.bars import Bar


def test_bars_are_as_high_as_their_numbers() -> None:
    drawn = bars.chart([0, 5, 10, 1])
    assert drawn.bars == (Bar(10, 50, 50), Bar(20, 0, 100), Bar(30, 90, 10))
    assert (drawn.peak, drawn.width) == (10, 40)


def test_what_is_not_nothing_can_be_seen() -> None:
    assert bars.chart([100_000, 1]).bars[-1] == Bar(10, 98, 2)


def test_few_bars_do_not_become_wide() -> None:
    assert bars.chart([1], fewest=21).width == bars.chart([1] * 21).width


@pytest.mark.parametrize("numbers", [[], [0, 0]])
def test_without_numbers_nothing_is_drawn(numbers: list[int]) -> None:
    assert bars.chart(numbers).bars == ()


@pytest.mark.parametrize(
    ("number", "highest", "share"), [(0, 0, 0), (1, 3, 33.3), (3, 3, 100), (9, 3, 100)]
)
def test_a_share_is_of_100(number: int, highest: int, share: float) -> None:
    assert bars.share(number, highest) == share
