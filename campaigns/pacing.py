"""The app-wide pace towards Spotify: permits in blocks, and "blocked until" for every worker at
once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from campaigns.answers import Scope, SpotifyError
from campaigns.models import Gate, GateName

logger = logging.getLogger(__name__)

# How long an app-wide error without a Retry-After keeps the gate closed: long enough not to hammer,
# short enough that an operator who mends the client secret sees the work go on.
APP_ERROR_PAUSE: Final = timedelta(seconds=60)

HALVES: Final = (GateName.ACCOUNTS, GateName.API)
# So many seconds' worth of consents may come at once before one is asked to wait.
CONSENT_BURST: Final = timedelta(seconds=3)


class GateClosedError(Exception):
    """Spotify told the app to wait. Nothing may be sent before `until`."""

    def __init__(self, until: datetime, reason: str) -> None:
        super().__init__(reason)
        self.until = until
        self.reason = reason


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


def check_open(now: datetime, names: Sequence[GateName] = HALVES) -> None:
    """Raises GateClosedError while one of these halves of Spotify is blocked."""
    blocked = (
        Gate.objects.filter(name__in=names, blocked_until__gt=now)
        .order_by("-blocked_until")
        .first()
    )
    if blocked and blocked.blocked_until:
        raise GateClosedError(blocked.blocked_until, blocked.blocked_reason)


def is_open(now: datetime) -> bool:
    try:
        check_open(now)
    except GateClosedError:
        return False
    return True


def take(name: GateName, count: int, now: datetime) -> datetime:
    """Take `count` permits; the answer is the instant from which they may be used. Raises
    GateClosedError.
    """
    with transaction.atomic():
        gate = _locked(name, now)
        if gate.blocked_until and gate.blocked_until > now:
            raise GateClosedError(gate.blocked_until, gate.blocked_reason)
        usable_at = max(gate.free_at, now)
        gate.rate = settings.SPOTIFY_MAX_RATE
        gate.free_at = usable_at + timedelta(seconds=count / gate.rate)
        gate.save(update_fields=["rate", "free_at"])
    return usable_at


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


def block_size(largest: int) -> int:
    """As many permits as the rate allows in one second, so that no worker holds the others up
    for longer.
    """
    return max(1, min(largest, int(settings.SPOTIFY_MAX_RATE)))


def close(error: SpotifyError, now: datetime) -> None:
    """Stop everybody's calls to the half of Spotify that answered so.

    `now` is the database's clock after the answer. A longer stop is never shortened.
    """
    name = GateName(error.half.value)
    pause = timedelta(seconds=error.retry_after) if error.retry_after else APP_ERROR_PAUSE
    with transaction.atomic():
        gate = _locked(name, now)
        if gate.blocked_until is None or gate.blocked_until < now + pause:
            gate.blocked_until = now + pause
            gate.blocked_reason = error.reason
            gate.save(update_fields=["blocked_until", "blocked_reason"])
            logger.warning(
                "gate closed gate=%s reason=%s seconds=%d",
                name,
                error.reason,
                pause.total_seconds(),
            )


def close_after(error: SpotifyError) -> None:
    """Close the gate if the error concerns the whole app."""
    if error.scope is Scope.APP:
        close(error, database_now())


def _locked(name: GateName, now: datetime) -> Gate:
    Gate.objects.bulk_create(
        [Gate(name=name, rate=settings.SPOTIFY_MAX_RATE, free_at=now)], ignore_conflicts=True
    )
    return Gate.objects.select_for_update().get(name=name)
