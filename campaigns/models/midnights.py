"""Local midnights: when a day begins in a time zone, and which zones are known.

Pure functions of dates and IANA zone names; the rules are those of the pinned tzdata package.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

# A day begins first at UTC+14 and last at UTC-12; neither zone changes its clocks.
FIRST_ZONE: Final = "Pacific/Kiritimati"
LAST_ZONE: Final = "Etc/GMT+12"
FIRST_TO_LAST: Final = timedelta(hours=26)
# tzdata's name for a computer whose zone nobody has set.
_NOT_A_PLACE: Final = frozenset({"Factory"})


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_A_PLACE


def known_zone(name: str) -> str:
    """The zone's name if tzdata knows it; empty for anything else that a browser may send."""
    return name if name in _known_zones() else ""


def day_begins(day: date, zone: str) -> datetime:
    """The instant at which that day begins there, in UTC.

    Where the clocks skip midnight this is when they change, as the day then begins at 01:00. Where
    they show it twice it is the first time. The whole day may be skipped (Apia, 30 December 2011):
    then it is where the next one begins. Raises ZoneInfoNotFoundError.
    """
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def first_midnight(day: date) -> datetime:
    return day_begins(day, FIRST_ZONE)


def day_of(first_midnight: datetime) -> date:
    """The day whose first midnight on Earth this is."""
    return first_midnight.astimezone(ZoneInfo(FIRST_ZONE)).date()


def due_at(first_midnight: datetime, zone: str) -> datetime:
    """When a fan of that zone is due; without a known zone, at the last midnight of all, so that
    nobody is early.
    """
    return day_begins(day_of(first_midnight), known_zone(zone) or LAST_ZONE)


@cache
def zones_of_country(code: str) -> tuple[str, ...]:
    """The zones of an ISO 3166 country as tzdata lists them; empty for a code it does not know."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple(row[2] for row in rows if row[0] == code)
