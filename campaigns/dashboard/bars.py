"""A chart of bars, drawn by the server. The numbers stand in a table behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 100
_STEP: Final = 10
_WIDEST: Final = 8


@dataclass(frozen=True)
class Bar:
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Chart:
    """In units of its own, which the page stretches."""

    width: int
    peak: int
    bars: tuple[Bar, ...]
    height: int = HEIGHT
    bar_width: int = _WIDEST


def chart(numbers: Sequence[int], fewest: int = 1) -> Chart:
    """A number above zero is never too small to be seen, and no bar is wider than if there were so
    many.
    """
    peak = max(numbers, default=0)
    heights = [max(HEIGHT * number / peak, 2) if number else 0.0 for number in numbers]
    bars = [
        Bar(x=at * _STEP, y=round(HEIGHT - height, 2), height=round(height, 2))
        for at, height in enumerate(heights)
        if height
    ]
    return Chart(width=max(len(numbers), fewest) * _STEP, peak=peak, bars=tuple(bars))


def share(number: int, highest: int) -> float:
    """Of 100, for a bar that lies."""
    return min(100.0, round(100 * number / highest, 1)) if highest else 0.0
