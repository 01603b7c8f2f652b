"""The line in which fans' consents wait for their code exchange.

Each place has a number, which the fan's browser keeps; the gate's row knows how many places were
given and up to which fans were called up. Nobody holds a thread or a row while they wait.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction

from campaigns.gate import rows
from campaigns.gate.closing import GateClosedError
from campaigns.gate.learning import (
    ESTIMATE_TTL,
    LATELY,
    adjust,
    calls_in_window,
    record_calls,
    was_refused,
)
from campaigns.gate.permits import LEARNED
from campaigns.gate.rows import is_blocked, locked
from campaigns.gate.shares import are_saves_wanted, pace_of_consents
from campaigns.models import ErrorReason, Gate, GateName

# So much of the pace may be used at once by fans who come when nobody waits.
BURST: Final = timedelta(seconds=0.5)
# Who finds no room comes back after so long, and only then is given a place: a script that never
# comes back holds none.
COME_BACK: Final = timedelta(seconds=1)
# Who comes so long after being called up, as from a tab that slept, goes as far as the others leave
# room: hundreds who held their places for that would be a rush. Longer than a page waits to load
# itself again.
IN_TIME: Final = timedelta(seconds=20)
# Of two who come at once the later one may have looked at the clock first. Time that lies further
# ahead was written before the database's clock was set back.
OUT_OF_ORDER: Final = timedelta(seconds=10)
# While fans wait for longer than LONG_WAIT and no release wants the calls, the rate grows by
# GROWTH every GROW_EVERY, until Spotify says stop.
LONG_WAIT: Final = timedelta(seconds=5)
GROW_EVERY: Final = timedelta(seconds=10)
GROWTH: Final = 1.5
# Ends by themselves, while the fan waits.
PASSING: Final = (ErrorReason.RATE_LIMITED, ErrorReason.OUTAGE)


class Turn(NamedTuple):
    """When a fan's code may be exchanged: now, without a wait. `place` is 0 for who has not been
    given one.
    """

    wait: timedelta
    place: int


def take_turn(place: int, has_come_back: bool, now: datetime, latest: datetime) -> Turn:
    """Let this fan exchange a code now, or say how long to wait. `place` is 0 for who has none, and
    nobody is given one whose turn comes after `latest`. Raises GateClosedError while Spotify will
    not answer until then.
    """
    wait = _wait(place, _read(GateName.CONSENTS, now), _read(GateName.ACCOUNTS, now), now, latest)
    if wait and (place or not has_come_back or now + wait > latest):
        return Turn(max(wait, COME_BACK), place)
    with transaction.atomic():
        consents, accounts = locked(GateName.CONSENTS, now), locked(GateName.ACCOUNTS, now)
        wait = _wait(place, consents, accounts, now, latest)
        if wait and not has_come_back:
            return Turn(max(wait, COME_BACK), place)
        if not place:
            place = consents.places = consents.places + 1
        if not wait:
            record_calls(consents, now, 1)
            record_calls(accounts, now, 1)
        _adapt(accounts, consents, now)
        consents.save(update_fields=["recent", "places", "called_up", "called_at"])
        accounts.save(update_fields=LEARNED)
    return Turn(wait, place)


def pace_now(now: datetime) -> float:
    """How many fans a second are called up now."""
    return pace_of_consents(_read(GateName.ACCOUNTS, now), _read(GateName.CONSENTS, now), now)


def _read(name: GateName, now: datetime) -> Gate:
    return Gate.objects.filter(name=name).first() or rows.unused(name, now)


def _wait(place: int, consents: Gate, accounts: Gate, now: datetime, latest: datetime) -> timedelta:
    """How long until this place is called up, or one that is given now; and until the gate opens.
    Calls up whose turn it is.
    """
    opens_in = _opens_in(accounts, now, latest)
    pace = pace_of_consents(accounts, consents, now)
    _call_up(consents, accounts, pace, now)
    # A place beyond the last one was given before the database was restored from a backup.
    last = consents.places + 1
    ahead = min(place or last, last) - consents.called_up
    is_late = -ahead > pace * IN_TIME.total_seconds()
    if is_late and calls_in_window(consents, now, LATELY) >= pace * LATELY.total_seconds():
        return max(opens_in, COME_BACK)
    return opens_in + timedelta(seconds=max(ahead / pace, 0.0))


def _opens_in(accounts: Gate, now: datetime, latest: datetime) -> timedelta:
    until = accounts.blocked_until
    if until is None or not is_blocked(accounts, now):
        return timedelta()
    if until > latest or accounts.blocked_reason not in PASSING:
        raise GateClosedError(until, accounts.blocked_reason)
    return until - now


def _call_up(consents: Gate, accounts: Gate, pace: float, now: datetime) -> None:
    """Call up as many as the pace allowed since the last time; nobody while the gate was closed."""
    called_at, room = consents.called_at, consents.places + max(1.0, pace * BURST.total_seconds())
    if called_at and now < called_at <= now + OUT_OF_ORDER:
        now = called_at
    if called_at is None:
        consents.called_up = room
    else:
        since = max(called_at, accounts.blocked_until or called_at)
        called = max((now - since).total_seconds(), 0.0) * pace
        consents.called_up = min(consents.called_up + called, room)
    consents.called_at = now


def _adapt(accounts: Gate, consents: Gate, now: datetime) -> None:
    """Raise the rate while fans wait: quickly as long as Spotify has not said stop."""
    seconds = (consents.places - consents.called_up) / accounts.rate
    if was_refused(accounts, now, ESTIMATE_TTL) or seconds < LONG_WAIT.total_seconds():
        adjust(accounts, now, is_wanted=seconds > 0)
        return
    began = accounts.adjusted_at = accounts.adjusted_at or now
    if now - began >= GROW_EVERY and not are_saves_wanted(accounts, now):
        accounts.rate = min(accounts.rate * GROWTH, rows.largest_rate(accounts))
        accounts.adjusted_at = now
