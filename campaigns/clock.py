"""The database's clock, the only one that the release core compares with."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

ASKED_EVERY_SECONDS: Final = 1.0
Clock = Callable[[], datetime]


def database_now() -> datetime:
    """The time by the database's clock: workers' own clocks may be wrong."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp()")
            now: datetime = cursor.fetchone()[0]
            return now
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
        return datetime.fromisoformat(cursor.fetchone()[0])


class DatabaseClock:
    """The database's clock for a busy worker: asked once a second; in between the machine's steady
    clock, which nobody sets, counts on.
    """

    def __init__(self) -> None:
        self._asked_at = -math.inf

    def __call__(self) -> datetime:
        elapsed = time.monotonic() - self._asked_at
        if elapsed >= ASKED_EVERY_SECONDS:
            self._told, self._asked_at, elapsed = database_now(), time.monotonic(), 0.0
        return self._told + timedelta(seconds=elapsed)
