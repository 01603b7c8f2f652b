"""Permits for calls to Spotify, taken in blocks and spaced evenly by the generic cell rate
algorithm (GCRA) on a row that all workers share.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from campaigns.gate import rows
from campaigns.gate.closing import GateClosedError
from campaigns.gate.learning import adjust, record_calls
from campaigns.gate.rows import credit, is_blocked, locked, next_free_at
from campaigns.gate.shares import pace_beside_consents
from campaigns.models import Gate, GateName
from campaigns.spotify import Slots

# How far ahead permits are taken: no worker holds the others up for longer.
AHEAD: Final = timedelta(seconds=0.25)
LEARNED: Final = ("rate", "good_rate", "recent", "adjusted_at", "increases")


def has_room(halves: Iterable[Gate], now: datetime) -> bool:
    """Whether permits taken now could be used almost at once."""
    return all(usable_soon(gate, now) for gate in halves)


def usable_soon(gate: Gate, now: datetime) -> int:
    """How many permits taken now could be used almost at once."""
    free_for = now + AHEAD - max(next_free_at(gate, now), now - credit(gate))
    if is_blocked(gate, now) or free_for < timedelta():
        return 0
    return max(1, int(rows.pace(gate) * free_for.total_seconds()))


def pace(halves: Iterable[Gate]) -> float:
    """How many fans a second both halves of Spotify let through at present."""
    return min(map(rows.pace, halves))


def block_size(halves: Iterable[Gate], largest: int) -> int:
    """As many fans as may be served in the time that permits are taken ahead."""
    return max(1, min(largest, int(pace(halves) * AHEAD.total_seconds())))


def take(name: GateName, count: int, now: datetime) -> Slots:
    """Take `count` permits, spread evenly from the next free instant on. Raises GateClosedError."""
    with transaction.atomic():
        gate = locked(name, now)
        if is_blocked(gate, now):
            raise GateClosedError(gate.blocked_until or now, gate.blocked_reason)
        adjust(gate, now)
        first = max(next_free_at(gate, now), now - credit(gate))
        step = 1 / pace_beside_consents(gate, now)
        gate.free_at = first + timedelta(seconds=count * step)
        record_calls(gate, max(first, now), count)
        gate.save(update_fields=["free_at", *LEARNED])
    return Slots((first - now).total_seconds(), step)


def note_call(name: GateName, now: datetime) -> None:
    """Count a call that took no permit, so that a 429 tells how much Spotify's window held."""
    with transaction.atomic():
        gate = locked(name, now)
        record_calls(gate, now, 1)
        gate.save(update_fields=["recent"])
