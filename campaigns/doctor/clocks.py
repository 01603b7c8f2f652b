"""Clocks: a task message that seems ten seconds old is dropped, and a consent's cookie runs out."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from django.utils import timezone

from campaigns.clock import database_now
from campaigns.doctor.checks import Check, green, red
from campaigns.spotify import AppMode, SpotifyError, app_mode, look_at_consent_page

# Beat's messages are dropped after ten.
MOST: Final = timedelta(seconds=5)


def examine() -> Check:
    asked_at = timezone.now()
    databases = database_now() - asked_at
    return of_difference(databases, _spotifys())


def of_difference(databases: timedelta, spotifys: timedelta | None) -> Check:
    differences = {"the database's": databases, "Spotify's": spotifys}
    for whose, difference in differences.items():
        if difference is not None and abs(difference) > MOST:
            seconds = abs(difference).total_seconds()
            way = "behind" if difference > timedelta() else "ahead of"
            return red(
                "clock",
                f"This machine's clock is {seconds:.0f} seconds {way} {whose}.",
                "Switch on time synchronisation on every machine: `timedatectl set-ntp true`. The "
                "database's clock is the one that releases go by.",
            )
    return green("clock", "This machine, the database and Spotify agree within seconds.")


def _spotifys() -> timedelta | None:
    if app_mode() is AppMode.NONE:
        return None
    before = timezone.now()
    try:
        date = look_at_consent_page().date
        told: datetime = parsedate_to_datetime(date or "")
    except (SpotifyError, ValueError):
        return None
    # Whole seconds, made somewhere on the way.
    return told - before if told.tzinfo else None
