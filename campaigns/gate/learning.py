"""The rate, which adapts to a limit that Spotify does not publish: multiplicative decrease after a
429, a quick way back to the last rate that was good, and an increase beyond it whose step doubles
with each quiet window.

Spotify's limit is a rolling window of 30 seconds.
https://developer.spotify.com/documentation/web-api/concepts/rate-limits
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from campaigns.gate.rows import credit, largest_rate, pace, untold_rate
from campaigns.models import ErrorReason, Gate

logger = logging.getLogger(__name__)

WINDOW: Final = timedelta(seconds=30)
# So long calls are remembered: a 429 that comes again shows what ran before the first one.
MEMORY: Final = 2 * WINDOW
# After a 429, so much of what the last window held; then upwards again, 2 % after a quiet window
# in which all permits were wanted, then 4 %, 8 %, and so on until the next 429.
DECREASE_FACTOR: Final = 0.97
INCREASE_STEP: Final = 0.02
LARGEST_INCREASE: Final = 1.0
# Up to the last rate that was good, half of the way in each step.
STEP_BACK: Final = timedelta(seconds=5)
STEPS_BACK: Final = 5
# Fewer calls than one a second before a 429 say nothing about a window: somebody else filled it.
SMALLEST_SAMPLE: Final = 30
# A window was filled evenly if its first second held at least half as many calls as a second of it
# does in the mean, and the last seconds held at most so many times as many: looks into the
# catalogue go on for minutes before the first save.
EVENLY: Final = 1.5
LATELY: Final = timedelta(seconds=3)
LOWEST_RATE: Final = 0.2
# An estimate of another day may have come from an incident.
ESTIMATE_TTL: Final = timedelta(days=1)


def adjust(gate: Gate, now: datetime, *, is_wanted: bool = False) -> None:
    """Raise the rate after a quiet window, up to the largest one; as long as there is no estimate
    it is the one that the operator's cap gives. `is_wanted`: by others than the saves.
    """
    if gate.adjusted_at is None or now - gate.adjusted_at >= ESTIMATE_TTL:
        gate.rate, gate.good_rate = untold_rate(gate), None
        gate.adjusted_at, gate.increases = None, 0
        return
    if gate.good_rate and gate.rate < gate.good_rate:
        _go_back(gate, gate.good_rate, now)
    elif (is_wanted or _was_wanted(gate, now)) and now - gate.adjusted_at >= WINDOW:
        gate.good_rate = gate.rate
        gate.rate *= 1 + min(INCREASE_STEP * 2**gate.increases, LARGEST_INCREASE)
        gate.increases, gate.adjusted_at = min(gate.increases + 1, 10), now
    gate.rate = min(gate.rate, largest_rate(gate))


def _was_wanted(gate: Gate, now: datetime) -> bool:
    return gate.free_at > now - credit(gate) and pace(gate) >= gate.rate


def _go_back(gate: Gate, good_rate: float, now: datetime) -> None:
    """Return to the last good rate within half a minute after the gate opened."""
    since = max(gate.adjusted_at or now, gate.blocked_until or now)
    steps = max(int((now - since) / STEP_BACK), 0)
    if not steps:
        return
    left = (good_rate - gate.rate) / 2.0**steps
    is_there = steps >= STEPS_BACK or left < good_rate / 2.0**STEPS_BACK
    gate.rate = good_rate if is_there else good_rate - left
    gate.adjusted_at = since + steps * STEP_BACK


def estimate_limit(gate: Gate, now: datetime, least: float = 0.0) -> None:
    """Lower the rate after a 429: to what Spotify's window was seen to hold, or to half when the
    429 came again and nothing shows why. A first one after some seconds shows neither.

    `least` is what a half that nothing is known of is not lowered below.
    """
    failed, held = gate.rate, calls_in_window(gate, now) - _unused(gate, now)
    mean = held / WINDOW.total_seconds()
    is_again = was_refused(gate, now, WINDOW)
    is_whole = held >= SMALLEST_SAMPLE and _has_run(gate, mean, now)
    if is_whole and (is_again or lately(gate, now) <= mean * EVENLY):
        learned = mean * DECREASE_FACTOR
    elif is_again:
        learned = max(gate.rate / 2, least)
        gate.good_rate = gate.good_rate or failed
    else:
        learned = gate.rate
    gate.rate = max(min(learned, gate.rate), LOWEST_RATE)
    if gate.good_rate and failed < gate.good_rate:
        gate.good_rate = gate.rate  # it was not reached again
    gate.adjusted_at, gate.increases = now, 0
    logger.warning("rate learned gate=%s held=%d rate=%.1f", gate.name, held, gate.rate)


def _has_run(gate: Gate, mean: float, now: datetime) -> bool:
    """Whether calls have gone out like this for a whole window, bans included."""
    began = (now - WINDOW + timedelta(seconds=1)).timestamp()
    return any(second <= began and count >= mean / 2 for second, count in gate.recent)


def was_refused(gate: Gate, now: datetime, lately: timedelta) -> bool:
    """Whether the gate opened so lately after a 429."""
    if gate.blocked_until is None or gate.blocked_reason != ErrorReason.RATE_LIMITED:
        return False
    return now - gate.blocked_until < lately


def _unused(gate: Gate, now: datetime) -> int:
    """How many calls are recorded that were still to be sent."""
    return round(max((gate.free_at - now).total_seconds(), 0.0) * pace(gate))


def record_calls(gate: Gate, first: datetime, count: int) -> None:
    second, oldest = int(first.timestamp()), int((first - MEMORY).timestamp())
    recent = [bucket for bucket in gate.recent if bucket[0] >= oldest]
    if recent and recent[-1][0] == second:
        recent[-1][1] += count
    else:
        recent.append([second, count])
    gate.recent = recent


def calls_in_window(gate: Gate, now: datetime, window: timedelta = WINDOW) -> int:
    """How many calls fell into the 30 seconds before now."""
    starts, ends = (now - window).timestamp(), now.timestamp()
    held = 0.0
    for second, count in gate.recent:
        share = min(1.0, second + 1 - starts) if second <= ends else 0.0
        held += count * max(0.0, share)
    return round(held)


def lately(gate: Gate, now: datetime) -> float:
    """How many calls a second were made in the last seconds."""
    return calls_in_window(gate, now, LATELY) / LATELY.total_seconds()
