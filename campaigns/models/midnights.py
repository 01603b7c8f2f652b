"""Local midnights: when a day begins in a time zone, and which zones are known.

Pure functions of dates and zones, each an IANA name or an offset such as "+05:30"; the rules are
those of the pinned tzdata package.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
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
_OFFSET: Final = re.compile(r"([+-])(\d\d)(?::?(\d\d))?", re.ASCII)
_AHEAD: Final = re.compile(r"-?\d{1,3}", re.ASCII)


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_A_PLACE


def known_zone(told: str) -> str:
    """Of what a browser says: the zone's name if tzdata knows it; else the offset that is its name,
    or that the browser's clock has at that midnight, in minutes after the name ("Asia/Hanoi 420").
    Empty for anything else.
    """
    name, _, minutes = told.partition(" ")
    if name in _known_zones():
        return name
    if found := _OFFSET.fullmatch(name):
        return _offset(_minutes(found))
    return _offset(int(minutes)) if _AHEAD.fullmatch(minutes) else ""


def _offset(minutes: int) -> str:
    """In quarters of an hour, as every clock on Earth has it, so that it tells nobody apart."""
    if minutes % 15 or not timedelta(hours=-12) <= timedelta(minutes=minutes) <= timedelta(
        hours=14
    ):
        return ""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _minutes(offset: re.Match[str]) -> int:
    sign, hours, minutes = offset.groups(default="0")
    return int(f"{sign}1") * (60 * int(hours) + int(minutes))


def _clock(zone: str) -> tzinfo:
    if found := _OFFSET.fullmatch(zone):
        return timezone(timedelta(minutes=_minutes(found)))
    return ZoneInfo(zone)


def day_begins(day: date, zone: str) -> datetime:
    """The instant at which that day begins there, in UTC.

    Where the clocks skip midnight this is when they change, as the day then begins at 01:00. Where
    they show it twice it is the first time. The whole day may be skipped (Apia, 30 December 2011):
    then it is where the next one begins. Raises ZoneInfoNotFoundError.
    """
    return datetime.combine(day, time(), _clock(zone)).astimezone(UTC)


def first_midnight(day: date) -> datetime:
    return day_begins(day, FIRST_ZONE)


def day_of(first_midnight: datetime) -> date:
    """The day whose first midnight on Earth this is."""
    return first_midnight.astimezone(ZoneInfo(FIRST_ZONE)).date()


def due_at(first_midnight: datetime, zone: str) -> datetime:
    """When a fan of that zone is due; without a known one, at the last midnight of all, so that
    nobody is early.
    """
    return day_begins(day_of(first_midnight), known_zone(zone) or LAST_ZONE)


@cache
def zones_of_country(code: str) -> tuple[str, ...]:
    """The zones of an ISO 3166 country as tzdata lists them; empty for a code it does not know."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple(row[2] for row in rows if row[0] == code)
