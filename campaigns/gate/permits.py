"""The app-wide pace towards Spotify: permits in blocks, "blocked until" for every worker at once,
and a rate that learns what Spotify allows.

Spotify's limit is a rolling window of 30 seconds whose size it does not tell.
https://developer.spotify.com/documentation/web-api/concepts/rate-limits
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from campaigns.models import Gate, GateName
from campaigns.spotify.answers import Scope, SpotifyError

logger = logging.getLogger(__name__)

# How long an app-wide error without a Retry-After keeps the gate closed: long enough not to hammer,
# short enough that an operator who mends the client secret sees the work go on.
APP_ERROR_PAUSE: Final = timedelta(seconds=60)

ASKED_EVERY_SECONDS: Final = 1.0

HALVES: Final = (GateName.ACCOUNTS, GateName.API)
# So many seconds' worth of consents may come at once before one is asked to wait.
CONSENT_BURST: Final = timedelta(seconds=3)

WINDOW: Final = timedelta(seconds=30)
# Calls do not arrive as evenly as they are sent: this much of the cap keeps every window under it.
SHARE_OF_CAP: Final = 0.99
# After a 429, so much of what the last window held; then upwards again, 2 % after a quiet window
# in which all permits were wanted, then 4 %, 8 %, and so on until the next 429.
SHARE_OF_LESSON: Final = 0.97
FIRST_RAISE: Final = 0.02
LARGEST_RAISE: Final = 1.0
# Fewer permits than one a second before a 429 say nothing about a window: somebody else filled it.
SMALLEST_LESSON: Final = 30
LOWEST_RATE: Final = 0.2
# What was learned on another day may have been an incident's.
LESSON_LASTS: Final = timedelta(days=1)
# A worker that was busy with the database may make up for so much lost time, and take permits so
# far ahead: nobody holds the others up for longer.
CREDIT: Final = timedelta(seconds=0.25)
# But for no more calls than these: they go out at once, and if a window is full all are refused.
LARGEST_BURST: Final = 50
AHEAD: Final = timedelta(seconds=0.25)
# Nobody takes permits so far ahead, however many ask at once.
FURTHEST_PERMIT: Final = timedelta(minutes=10)
# An outage closes the gate for 5 s, 10 s, 20 s … at most a minute; then one call tries.
FIRST_OUTAGE_PAUSE: Final = timedelta(seconds=5)
LONGEST_OUTAGE_PAUSE: Final = timedelta(seconds=60)
# A gate that is closed for the same reason so soon after it opened was never open.
LONGEST_TRY: Final = timedelta(minutes=2)
# Long enough for one fan's refresh and save.
TRIAL: Final = timedelta(seconds=25)
# No incident of Spotify's that took permissions for withdrawn is known to have lasted longer.
DOUBT: Final = timedelta(hours=2)


class GateClosedError(Exception):
    """Spotify told the app to wait. Nothing may be sent before `until`."""

    def __init__(self, until: datetime, reason: str) -> None:
        super().__init__(reason)
        self.until = until
        self.reason = reason


@dataclass(frozen=True)
class Permits:
    """Calls that may be sent: the first in `first_in` seconds, each later one `step` seconds on."""

    first_in: float
    step: float


def database_now() -> datetime:
    """The database's clock, the only one the release core compares with: workers' clocks may be
    wrong.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp()")
            now: datetime = cursor.fetchone()[0]
            return now
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
        return datetime.fromisoformat(cursor.fetchone()[0])


class DatabaseClock:
    """The database's clock for a busy worker: asked once a second, and carried on in between by the
    machine's steady one, which nobody sets.
    """

    def __init__(self) -> None:
        self._asked_at = -math.inf

    def __call__(self) -> datetime:
        elapsed = time.monotonic() - self._asked_at
        if elapsed >= ASKED_EVERY_SECONDS:
            self._told, self._asked_at, elapsed = database_now(), time.monotonic(), 0.0
        return self._told + timedelta(seconds=elapsed)


def gates(now: datetime) -> dict[GateName, Gate]:
    """Both halves' gates as they stand; one that was never used is open."""
    unused = {name: Gate(name=name, rate=_cap(), free_at=now) for name in HALVES}
    return unused | {GateName(gate.name): gate for gate in Gate.objects.filter(name__in=HALVES)}


def is_blocked(gate: Gate, now: datetime) -> bool:
    return gate.blocked_until is not None and gate.blocked_until > now


def has_room(halves: Iterable[Gate], now: datetime) -> bool:
    """Whether permits taken now could be used almost at once."""
    return all(usable_soon(gate, now) for gate in halves)


def usable_soon(gate: Gate, now: datetime) -> int:
    """How many permits taken now could be used almost at once."""
    free_for = now + AHEAD - max(_free_at(gate, now), now - _credit(gate))
    if is_blocked(gate, now) or free_for < timedelta():
        return 0
    return max(1, int(gate.rate * free_for.total_seconds()))


def pace(halves: Iterable[Gate]) -> float:
    """How many fans a second both halves of Spotify let through at present."""
    return min(min(gate.rate, _cap()) for gate in halves)


def block_size(halves: Iterable[Gate], largest: int) -> int:
    """As many fans as may be served in the time that permits are taken ahead."""
    return max(1, min(largest, int(pace(halves) * AHEAD.total_seconds())))


def check_open(now: datetime, names: Sequence[GateName] = HALVES) -> None:
    """Raises GateClosedError while one of these halves of Spotify is blocked."""
    blocked = _closed(names, now).order_by("-blocked_until").first()
    if blocked and blocked.blocked_until:
        raise GateClosedError(blocked.blocked_until, blocked.blocked_reason)


def is_any_closed(names: Sequence[GateName]) -> bool:
    """As check_open, by the database's clock, in one query."""
    return _closed(names, Now()).exists()


def _closed(names: Sequence[GateName], now: datetime | Now) -> QuerySet[Gate]:
    return Gate.objects.filter(name__in=names, blocked_until__gt=now)


def is_open(now: datetime) -> bool:
    return opens_at(now) is None


def opens_at(now: datetime) -> datetime | None:
    """When both halves of Spotify may be called again; None when they may be called now."""
    try:
        check_open(now)
    except GateClosedError as error:
        return error.until
    return None


def take(name: GateName, count: int, now: datetime) -> Permits:
    """Take `count` permits, spread evenly from the next free instant on. Raises GateClosedError."""
    with transaction.atomic():
        gate = _locked(name, now)
        if is_blocked(gate, now):
            raise GateClosedError(gate.blocked_until or now, gate.blocked_reason)
        _adjust(gate, now)
        first = max(_free_at(gate, now), now - _credit(gate))
        gate.free_at = first + timedelta(seconds=count / gate.rate)
        _remember(gate, max(first, now), count)
        gate.save(update_fields=["rate", "free_at", "recent", "adjusted_at", "raises"])
    return Permits((first - now).total_seconds(), 1 / gate.rate)


def admit_consent(now: datetime) -> bool:
    """Whether one more code exchange may go to Spotify now.

    Consents have a budget of their own, so that a flood of them, real or made up, can neither use
    up the permits of a release nor drive Spotify into blocking the app.
    """
    with transaction.atomic():
        gate = _locked(GateName.CONSENTS, now)
        usable_at = max(gate.free_at, now)
        if usable_at > now + CONSENT_BURST:
            return False
        gate.free_at = usable_at + timedelta(seconds=1 / settings.SPOTIFY_MAX_RATE)
        gate.save(update_fields=["free_at"])
    return True


def close(error: SpotifyError, now: datetime) -> None:
    """Stop everybody's calls to the half of Spotify that answered so.

    `now` is the database's clock after the answer. A longer stop is never shortened.
    """
    pause = timedelta(seconds=error.retry_after) if error.retry_after else APP_ERROR_PAUSE
    with transaction.atomic():
        gate = _locked(GateName(error.half.value), now)
        if error.reason == "rate_limited" and not is_blocked(gate, now):
            _learn(gate, now)
        _block(gate, now, now + pause, error.reason)
        gate.save()


def close_after(error: SpotifyError) -> None:
    """Close the gate if the error concerns the whole app."""
    if error.scope is Scope.APP:
        close(error, database_now())


def close_for_outage(name: GateName, now: datetime) -> None:
    """Stop everybody's calls to a half of Spotify that fails for most fans. Of the many workers
    and calls that notice it, the first one counts.
    """
    with transaction.atomic():
        gate = _locked(name, now)
        if is_blocked(gate, now):
            return
        pause = min(FIRST_OUTAGE_PAUSE * 2 ** min(gate.outages, 10), LONGEST_OUTAGE_PAUSE)
        gate.outages, gate.trial_until = gate.outages + 1, None
        _block(gate, now, now + pause, "outage")
        gate.save()


def doubt_refusals(name: GateName, now: datetime) -> None:
    """Believe no refusal of this half for a while: it refuses more fans than can be true."""
    with transaction.atomic():
        _locked(name, now)
        Gate.objects.filter(name=name).update(doubted_until=now + DOUBT)
    logger.warning("refusals doubted gate=%s until=%s", name, now + DOUBT)


def begin_trial(halves: Mapping[GateName, Gate], now: datetime) -> bool:
    """Whether the caller may be the one to try, with one fan, if an outage is over."""
    failing = [name for name, gate in halves.items() if gate.outages]
    with transaction.atomic():
        locked = [_locked(name, now) for name in failing]
        if any(gate.trial_until and gate.trial_until > now for gate in locked):
            return False
        Gate.objects.filter(name__in=failing).update(trial_until=now + TRIAL)
    return True


def end_trial(halves: Mapping[GateName, Gate]) -> None:
    """There was nobody to try with: the next worker that has a fan may."""
    failing = [name for name, gate in halves.items() if gate.outages]
    Gate.objects.filter(name__in=failing).update(trial_until=None)


def note_working(name: GateName, now: datetime) -> bool:
    """A call was answered as it should be. Answers whether with that an outage, if there was one,
    is over: while the gate is closed it may be the answer to a call from before.
    """
    with transaction.atomic():
        gate = _locked(name, now)
        gate.worked_at = now
        is_over = not is_blocked(gate, now)
        if is_over:
            gate.outages, gate.trial_until = 0, None
        gate.save(update_fields=["worked_at", "outages", "trial_until"])
    return is_over


def _free_at(gate: Gate, now: datetime) -> datetime:
    """When the next permit may be used. One that lies further ahead than permits are ever taken was
    written before the database's clock was set back.
    """
    is_lost = not is_blocked(gate, now) and gate.free_at > now + FURTHEST_PERMIT
    return now if is_lost else gate.free_at


def _credit(gate: Gate) -> timedelta:
    return min(CREDIT, timedelta(seconds=LARGEST_BURST / gate.rate))


def _cap() -> float:
    return float(settings.SPOTIFY_MAX_RATE) * SHARE_OF_CAP


def _adjust(gate: Gate, now: datetime) -> None:
    """Probe upwards after a quiet window, as far as the operator's cap, which rules what was not
    learned.
    """
    if gate.adjusted_at is None or now - gate.adjusted_at >= LESSON_LASTS:
        gate.rate, gate.adjusted_at, gate.raises = _cap(), None, 0
        return
    was_wanted = gate.free_at > now - _credit(gate)
    if was_wanted and now - gate.adjusted_at >= WINDOW:
        gate.rate *= 1 + min(FIRST_RAISE * 2**gate.raises, LARGEST_RAISE)
        gate.raises, gate.adjusted_at = min(gate.raises + 1, 10), now
    gate.rate = min(gate.rate, _cap())


def _learn(gate: Gate, now: datetime) -> None:
    """A 429 tells how much Spotify's window holds: what we sent in the last one."""
    unused = max((gate.free_at - now).total_seconds(), 0.0) * gate.rate
    held = permits_in_window(gate, now) - round(unused)
    if held >= SMALLEST_LESSON:
        learned = held / WINDOW.total_seconds() * SHARE_OF_LESSON
    else:
        learned = gate.rate / 2
    gate.rate = max(min(learned, gate.rate), LOWEST_RATE)
    gate.adjusted_at, gate.raises = now, 0
    logger.warning("rate learned gate=%s held=%d rate=%.1f", gate.name, held, gate.rate)


def _block(gate: Gate, now: datetime, until: datetime, reason: str) -> None:
    if gate.blocked_until is None or gate.blocked_until < until:
        if not _is_still_closed(gate, now, reason):
            gate.blocked_at = now
        gate.blocked_until, gate.blocked_reason = until, reason
        # Permits that were taken for that time will not be used.
        gate.free_at = until
        logger.warning("gate closed gate=%s reason=%s until=%s", gate.name, reason, until)


def _is_still_closed(gate: Gate, now: datetime, reason: str) -> bool:
    """Whether the gate opened only for the try that failed, so that this closing is the same."""
    if gate.blocked_at is None or gate.blocked_until is None or gate.blocked_reason != reason:
        return False
    has_worked = gate.worked_at is not None and gate.worked_at > gate.blocked_at
    return not has_worked and now - gate.blocked_until <= LONGEST_TRY


def _remember(gate: Gate, first: datetime, count: int) -> None:
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


def _locked(name: GateName, now: datetime) -> Gate:
    gate = Gate.objects.select_for_update().filter(name=name).first()
    if gate is None:
        Gate.objects.bulk_create([Gate(name=name, rate=_cap(), free_at=now)], ignore_conflicts=True)
        gate = Gate.objects.select_for_update().get(name=name)
    return gate
