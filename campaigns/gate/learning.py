"""The rate, which adapts to a limit that Spotify does not publish: multiplicative decrease after a
429, and an increase whose step doubles with each quiet window.

Spotify's limit is a rolling window of 30 seconds.
https://developer.spotify.com/documentation/web-api/concepts/rate-limits
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from campaigns.gate.rows import cap, credit
from campaigns.models import Gate

logger = logging.getLogger(__name__)

WINDOW: Final = timedelta(seconds=30)
# After a 429, so much of what the last window held; then upwards again, 2 % after a quiet window
# in which all permits were wanted, then 4 %, 8 %, and so on until the next 429.
DECREASE_FACTOR: Final = 0.97
INCREASE_STEP: Final = 0.02
LARGEST_INCREASE: Final = 1.0
# Fewer permits than one a second before a 429 say nothing about a window: somebody else filled it.
SMALLEST_SAMPLE: Final = 30
LOWEST_RATE: Final = 0.2
# An estimate of another day may have come from an incident.
ESTIMATE_TTL: Final = timedelta(days=1)


def adjust(gate: Gate, now: datetime) -> None:
    """Raise the rate after a quiet window, up to the operator's cap, which is the rate as long as
    there is no estimate.
    """
    if gate.adjusted_at is None or now - gate.adjusted_at >= ESTIMATE_TTL:
        gate.rate, gate.adjusted_at, gate.increases = cap(), None, 0
        return
    was_wanted = gate.free_at > now - credit(gate)
    if was_wanted and now - gate.adjusted_at >= WINDOW:
        gate.rate *= 1 + min(INCREASE_STEP * 2**gate.increases, LARGEST_INCREASE)
        gate.increases, gate.adjusted_at = min(gate.increases + 1, 10), now
    gate.rate = min(gate.rate, cap())


def estimate_limit(gate: Gate, now: datetime) -> None:
    """Estimate from a 429 how much Spotify's window holds: what was sent in the last one."""
    unused = max((gate.free_at - now).total_seconds(), 0.0) * gate.rate
    held = permits_in_window(gate, now) - round(unused)
    if held >= SMALLEST_SAMPLE:
        learned = held / WINDOW.total_seconds() * DECREASE_FACTOR
    else:
        learned = gate.rate / 2
    gate.rate = max(min(learned, gate.rate), LOWEST_RATE)
    gate.adjusted_at, gate.increases = now, 0
    logger.warning("rate learned gate=%s held=%d rate=%.1f", gate.name, held, gate.rate)


def record_permits(gate: Gate, first: datetime, count: int) -> None:
    second, oldest = int(first.timestamp()), int((first - WINDOW).timestamp())
    recent = [bucket for bucket in gate.recent if bucket[0] >= oldest]
    if recent and recent[-1][0] == second:
        recent[-1][1] += count
    else:
        recent.append([second, count])
    gate.recent = recent


def permits_in_window(gate: Gate, now: datetime) -> int:
    """How many permits fell into the 30 seconds before now."""
    starts, ends = (now - WINDOW).timestamp(), now.timestamp()
    held = 0.0
    for second, count in gate.recent:
        share = min(1.0, second + 1 - starts) if second <= ends else 0.0
        held += count * max(0.0, share)
    return round(held)
