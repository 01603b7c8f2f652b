"""Closing the gate for every worker at once, because Spotify said so or in an outage; and trying
with one call whether an outage is over.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now

from campaigns.clock import database_now
from campaigns.gate.learning import estimate_limit
from campaigns.gate.rows import is_blocked, locked
from campaigns.gate.shares import least_after_429
from campaigns.models import HALVES, ErrorReason, Gate, GateName
from campaigns.spotify.answers import Scope, SpotifyError

logger = logging.getLogger(__name__)

# How long an app-wide error without a Retry-After keeps the gate closed: long enough not to hammer,
# short enough that an operator who corrects the client secret sees the work go on.
APP_ERROR_PAUSE: Final = timedelta(seconds=60)
# An outage closes the gate for 5 s, 10 s, 20 s … at most a minute; then one call tries.
FIRST_OUTAGE_PAUSE: Final = timedelta(seconds=5)
LONGEST_OUTAGE_PAUSE: Final = timedelta(seconds=60)
# A gate that is closed for the same reason so soon after it opened was never open.
LONGEST_TRY: Final = timedelta(minutes=2)
# Long enough for one fan's refresh and save.
TRIAL: Final = timedelta(seconds=25)
# No incident at Spotify that took permissions for withdrawn is known to have lasted longer.
DISTRUST: Final = timedelta(hours=2)


class GateClosedError(Exception):
    """Spotify told the app to wait. Nothing may be sent before `until`."""

    def __init__(self, until: datetime, reason: str) -> None:
        super().__init__(reason)
        self.until = until
        self.reason = reason


def check_open(now: datetime, names: Sequence[GateName] = HALVES) -> None:
    """Raise GateClosedError while one of these halves of Spotify is blocked."""
    blocked = _closed(names, now).order_by("-blocked_until").first()
    if blocked and blocked.blocked_until:
        raise GateClosedError(blocked.blocked_until, blocked.blocked_reason)


def closed(names: Sequence[GateName], but_for: timedelta = timedelta()) -> QuerySet[Gate]:
    """For which of these check_open would raise, by the database's clock; `but_for` a 429 that is
    over so soon.
    """
    passing = Q(blocked_reason=ErrorReason.RATE_LIMITED, blocked_until__lte=Now() + but_for)
    return _closed(names, Now()).exclude(passing)


def _closed(names: Sequence[GateName], now: datetime | Now) -> QuerySet[Gate]:
    return Gate.objects.filter(name__in=names, blocked_until__gt=now)


def is_open(now: datetime) -> bool:
    return opens_at(now) is None


def opens_at(now: datetime) -> datetime | None:
    """When both halves of Spotify may be called again; None when they may be called now."""
    until: datetime | None = _closed(HALVES, now).aggregate(until=Max("blocked_until"))["until"]
    return until


def close(error: SpotifyError, now: datetime) -> None:
    """Stop everybody's calls to the half of Spotify that answered so.

    `now` is the database's clock after the answer. A longer stop is never shortened.
    """
    pause = timedelta(seconds=error.retry_after) if error.retry_after else APP_ERROR_PAUSE
    with transaction.atomic():
        gate = locked(error.half, now)
        if error.reason is ErrorReason.RATE_LIMITED and not is_blocked(gate, now):
            estimate_limit(gate, now, least_after_429(gate, now))
        _block(gate, now, now + pause, error.reason)
        gate.save()


def close_after(error: SpotifyError) -> None:
    """Close the gate if the error concerns the whole app."""
    if error.scope is Scope.APP:
        close(error, database_now())


def close_for_outage(name: GateName, now: datetime) -> None:
    """Stop everybody's calls to a half of Spotify that fails for most fans. Of the many workers
    and calls that notice an outage, the first one counts.
    """
    with transaction.atomic():
        gate = locked(name, now)
        if is_blocked(gate, now):
            return
        pause = min(FIRST_OUTAGE_PAUSE * 2 ** min(gate.outages, 10), LONGEST_OUTAGE_PAUSE)
        gate.outages, gate.trial_until = gate.outages + 1, None
        _block(gate, now, now + pause, ErrorReason.OUTAGE)
        gate.save()


def distrust_refusals(name: GateName, now: datetime) -> None:
    """Believe no refusal of this half for a while: it refuses more fans than can be true."""
    with transaction.atomic():
        locked(name, now)
        Gate.objects.filter(name=name).update(distrusted_until=now + DISTRUST)
    logger.warning("refusals distrusted gate=%s until=%s", name, now + DISTRUST)


def begin_trial(halves: Mapping[GateName, Gate], now: datetime) -> bool:
    """Reserve the trial whether an outage is over, with one fan; False if another worker has it."""
    failing = [name for name, gate in halves.items() if gate.outages]
    with transaction.atomic():
        tried = [locked(name, now).trial_until for name in failing]
        if any(until and until > now for until in tried):
            return False
        Gate.objects.filter(name__in=failing).update(trial_until=now + TRIAL)
    return True


def end_trial(halves: Mapping[GateName, Gate]) -> None:
    """End a trial that had no fan to try with: the next worker that has one may begin another."""
    failing = [name for name, gate in halves.items() if gate.outages]
    Gate.objects.filter(name__in=failing).update(trial_until=None)


def note_working(name: GateName, now: datetime) -> bool:
    """Note that a call was answered as it should be. Returns whether an outage, if there was one,
    is over with that: while the gate is closed it may be the answer to an earlier call.
    """
    with transaction.atomic():
        gate = locked(name, now)
        gate.worked_at = now
        is_over = not is_blocked(gate, now)
        if is_over:
            gate.outages, gate.trial_until = 0, None
        gate.save(update_fields=["worked_at", "outages", "trial_until"])
    return is_over


def _block(gate: Gate, now: datetime, until: datetime, reason: ErrorReason) -> None:
    if gate.blocked_until is None or gate.blocked_until < until:
        if not _is_still_closed(gate, now, reason):
            gate.blocked_at = now
        gate.blocked_until, gate.blocked_reason = until, reason
        # Permits that were taken for that time will not be used.
        gate.free_at = until
        logger.warning("gate closed gate=%s reason=%s until=%s", gate.name, reason, until)


def _is_still_closed(gate: Gate, now: datetime, reason: ErrorReason) -> bool:
    """Whether the gate opened only for the try that failed, so that this closing is the same."""
    if gate.blocked_at is None or gate.blocked_until is None or gate.blocked_reason != reason:
        return False
    has_worked = gate.worked_at is not None and gate.worked_at > gate.blocked_at
    return not has_worked and now - gate.blocked_until <= LONGEST_TRY
