"""Permits for calls to Spotify, taken in blocks and spaced evenly by the generic cell rate
algorithm (GCRA) on a row that all workers share.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from campaigns.gate.closing import GateClosedError
from campaigns.gate.learning import adjust, record_permits
from campaigns.gate.rows import cap, credit, is_blocked, locked, next_free_at
from campaigns.models import Gate, GateName
from campaigns.spotify import Slots

# The burst of consents that is let through before one is asked to wait.
CONSENT_BURST: Final = timedelta(seconds=3)
# How far ahead permits are taken: no worker holds the others up for longer.
AHEAD: Final = timedelta(seconds=0.25)


def has_room(halves: Iterable[Gate], now: datetime) -> bool:
    """Whether permits taken now could be used almost at once."""
    return all(usable_soon(gate, now) for gate in halves)


def usable_soon(gate: Gate, now: datetime) -> int:
    """How many permits taken now could be used almost at once."""
    free_for = now + AHEAD - max(next_free_at(gate, now), now - credit(gate))
    if is_blocked(gate, now) or free_for < timedelta():
        return 0
    return max(1, int(gate.rate * free_for.total_seconds()))


def pace(halves: Iterable[Gate]) -> float:
    """How many fans a second both halves of Spotify let through at present."""
    return min(min(gate.rate, cap()) for gate in halves)


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
        gate.free_at = first + timedelta(seconds=count / gate.rate)
        record_permits(gate, max(first, now), count)
        gate.save(update_fields=["rate", "free_at", "recent", "adjusted_at", "increases"])
    return Slots((first - now).total_seconds(), 1 / gate.rate)


def admit_consent(now: datetime) -> bool:
    """Whether one more code exchange may go to Spotify now.

    Consents have a budget of their own, so that a flood of them, real or made up, can neither use
    up the permits of a release nor drive Spotify into blocking the app.
    """
    with transaction.atomic():
        gate = locked(GateName.CONSENTS, now)
        usable_at = max(gate.free_at, now)
        if usable_at > now + CONSENT_BURST:
            return False
        gate.free_at = usable_at + timedelta(seconds=1 / settings.SPOTIFY_MAX_RATE)
        gate.save(update_fields=["free_at"])
    return True
