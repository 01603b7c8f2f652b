"""Charts as SVG, drawn by the server: numbers become the parts of a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# In the units of the drawing, which the page stretches: a bar and the space beside it.
HEIGHT: Final = 100
STEP: Final = 10
BAR: Final = 8
LOWEST: Final = 2
# Fewer bars would be as wide as doors.
FEWEST_STEPS: Final = 21


@dataclass(frozen=True)
class Bars:
    """One bar for each number, from left to right."""

    path: str
    width: int
    height: int
    highest: int
    total: int


def bars(numbers: Sequence[int]) -> Bars:
    highest = max(numbers, default=0)
    drawn = [
        f"M{STEP * place + 1} {HEIGHT}v-{height}h{BAR}v{height}z"
        for place, number in enumerate(numbers)
        if (height := _height(number, highest))
    ]
    width = STEP * max(len(numbers), FEWEST_STEPS)
    return Bars("".join(drawn), width, HEIGHT, highest, sum(numbers))


def _height(number: int, highest: int) -> int:
    """What is not nothing can be seen."""
    return max(LOWEST, round(HEIGHT * number / highest)) if number else 0


def share(number: int, highest: int) -> float:
    """Of 100, for a bar that lies."""
    return min(100.0, round(100 * number / highest, 1)) if highest else 0.0
