"""The gates' rows: read and locked, and what follows from one row alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from campaigns.models import HALVES, Gate, GateName

# Calls do not arrive as evenly as they are sent: this much of the cap keeps every window under it.
SHARE_OF_CAP: Final = 0.99
# A worker that was busy with the database may make up for so much lost time.
CREDIT: Final = timedelta(seconds=0.25)
# But for no more calls than these: they go out at once, and if a window is full all are refused.
LARGEST_BURST: Final = 50
# As many calls a second as the token endpoint is ever asked for, refreshes and consents together.
MOST_TOKENS: Final = 400.0
# Nobody takes permits so far ahead, however many ask at once.
FURTHEST_PERMIT: Final = timedelta(minutes=10)


def gates(now: datetime) -> dict[GateName, Gate]:
    """Both halves' gates as they stand; one that was never used is open."""
    never_used = {name: unused(name, now) for name in HALVES}
    return never_used | {GateName(gate.name): gate for gate in Gate.objects.filter(name__in=HALVES)}


def is_blocked(gate: Gate, now: datetime) -> bool:
    return gate.blocked_until is not None and gate.blocked_until > now


def next_free_at(gate: Gate, now: datetime) -> datetime:
    """When the next permit may be used. A time further ahead than permits are ever taken was
    written before the database's clock was set back.
    """
    is_lost = not is_blocked(gate, now) and gate.free_at > now + FURTHEST_PERMIT
    return now if is_lost else gate.free_at


def credit(gate: Gate) -> timedelta:
    return min(CREDIT, timedelta(seconds=LARGEST_BURST / pace(gate)))


def cap() -> float:
    return float(settings.SPOTIFY_MAX_RATE) * SHARE_OF_CAP


def pace(gate: Gate) -> float:
    """How many saves a second it lets through at most."""
    return min(gate.rate, cap())


def untold_rate(gate: Gate) -> float:
    """The rate while nothing is known of Spotify's limit. The token endpoint is asked for saves and
    for fans' consents.
    """
    return 2 * cap() if gate.name == GateName.ACCOUNTS else cap()


def largest_rate(gate: Gate) -> float:
    return max(untold_rate(gate), MOST_TOKENS) if gate.name == GateName.ACCOUNTS else cap()


def unused(name: GateName, now: datetime) -> Gate:
    gate = Gate(name=name, free_at=now)
    gate.rate = untold_rate(gate)
    return gate


def locked(name: GateName, now: datetime) -> Gate:
    defaults = {"rate": unused(name, now).rate, "free_at": now}
    return Gate.objects.select_for_update().get_or_create(name=name, defaults=defaults)[0]
