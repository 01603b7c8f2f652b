"""A row of bars as the `d` of an SVG path, so small that it stands beside its number."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

register = template.Library()

WIDTH, HEIGHT, GAP = 5, 22, 1
# A day without any is a line on the ground, and one of a thousand stands out from it.
NOTHING, LOWEST = 1, 3


@register.filter
def bars(numbers: Sequence[int]) -> str:
    heights = [_height(number, max(numbers)) for number in numbers]
    return "".join(
        f"M{place * (WIDTH + GAP)} {HEIGHT}v-{height}h{WIDTH}v{height}z"
        for place, height in enumerate(heights)
    )


def _height(number: int, most: int) -> int:
    return max(LOWEST, round(number / most * HEIGHT)) if number else NOTHING
