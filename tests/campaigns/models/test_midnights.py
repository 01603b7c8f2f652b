"""When a day begins in each zone, whatever the clocks do there that night."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Final
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pytest

from campaigns.models import LONGEST_LEAD, PERMISSION_LIFETIME, midnights

SECOND = timedelta(seconds=1)
NIGHTS: Final = [
    # Nothing happens.
    ("Europe/Berlin", "2026-12-05", "2026-12-04T23:00"),
    ("Asia/Kolkata", "2026-12-05", "2026-12-04T18:30"),
    ("Pacific/Kiritimati", "2026-12-05", "2026-12-04T10:00"),
    ("Pacific/Apia", "2026-12-05", "2026-12-04T11:00"),
    ("Pacific/Chatham", "2026-12-05", "2026-12-04T10:15"),
    ("Pacific/Chatham", "2026-07-05", "2026-07-04T11:15"),
    ("Australia/Lord_Howe", "2026-12-05", "2026-12-04T13:00"),
    ("Australia/Lord_Howe", "2026-07-05", "2026-07-04T13:30"),
    ("America/Asuncion", "2026-12-05", "2026-12-05T03:00"),
    ("America/St_Johns", "2026-12-05", "2026-12-05T03:30"),
    ("Etc/GMT+12", "2026-12-05", "2026-12-05T12:00"),
    # The clocks change later that night.
    ("America/New_York", "2026-11-01", "2026-11-01T04:00"),
    ("America/New_York", "2027-03-14", "2027-03-14T05:00"),
    ("Europe/London", "2027-03-28", "2027-03-28T00:00"),
    # From 24:00 back to 23:00: midnight comes once, an hour after it would have come.
    ("Africa/Cairo", "2026-10-30", "2026-10-29T22:00"),
    ("Asia/Beirut", "2026-10-25", "2026-10-24T22:00"),
    ("America/Asuncion", "2024-03-24", "2024-03-24T04:00"),
    ("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00"),
    # From 00:00 on to 01:00: the day begins at 01:00.
    ("Africa/Cairo", "2027-04-30", "2027-04-29T22:00"),
    ("Asia/Beirut", "2027-03-28", "2027-03-27T22:00"),
    ("America/Asuncion", "2024-10-06", "2024-10-06T04:00"),
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00"),
    ("Atlantic/Azores", "2027-03-28", "2027-03-28T01:00"),
    # From 01:00 back to 00:00: midnight comes twice, and the first time counts.
    ("America/Havana", "2026-11-01", "2026-11-01T04:00"),
    ("Atlantic/Azores", "2026-10-25", "2026-10-25T00:00"),
    # A day that there was not: the next one begins instead.
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00"),
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00"),
]


@pytest.mark.parametrize(("zone", "day", "begins"), NIGHTS)
def test_a_day_begins(zone: str, day: str, begins: str) -> None:
    expected = datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert midnights.day_begins(date.fromisoformat(day), zone) == expected


def test_around_every_change_of_the_clocks_it_is_the_first_instant_of_the_day() -> None:
    """And never outside the 26 hours, and always at a quarter of an hour from the first one."""
    nights = [(zone, day) for zone in sorted(available_timezones()) for day in days_of(zone)]
    assert len(nights) > 2_000
    for zone, day in nights:
        begins, here = midnights.day_begins(day, zone), ZoneInfo(zone)
        assert begins.astimezone(here).date() == day, zone
        assert (begins - SECOND).astimezone(here).date() == day - timedelta(days=1), zone
        after_the_first = begins - midnights.first_midnight(day)
        assert timedelta(0) <= after_the_first <= midnights.FIRST_TO_LAST, zone
        assert after_the_first % timedelta(minutes=15) == timedelta(0), zone


def days_of(zone: str) -> set[date]:
    """One day, and those around each change of the clocks in two years."""
    here = ZoneInfo(zone)
    days = [datetime(2026, 7, 5, tzinfo=here) + timedelta(days=number) for number in range(731)]
    offsets = [day.utcoffset() for day in days]
    changing = [number for number in range(730) if offsets[number] != offsets[number + 1]]
    around = [days[number + step] for number in changing for step in (-1, 0, 1, 2)]
    return {day.date() for day in [days[0], *around]}


def test_the_rules_are_those_of_the_pinned_package() -> None:
    assert TZPATH == ()
    assert files("tzdata").joinpath("zoneinfo", "Europe", "Berlin").is_file()


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "Asia/Calcutta", "Etc/GMT+12", "UTC"])
def test_zones_that_browsers_name_are_known(zone: str) -> None:
    assert midnights.known_zone(zone) == zone


NO_ZONES: Final = [
    *("", "Mars/Olympus", "europe/lisbon", "Etc/Unknown", "Factory", "undefined", "GMT+7"),
    *("+14:15", "-12:15", "+05:31", "+5:30", "+05:3", "05:30", "+\u0665\u0665:30", "+99:99"),
    *("Asia/Hanoi", "Asia/Hanoi ", "Asia/Hanoi 421", "Asia/Hanoi 855", "Asia/Hanoi -735"),
    *("Asia/Hanoi x", "Asia/Hanoi NaN", "Asia/Hanoi 4e2", "Asia/Hanoi  420", "Asia/Hanoi 420 0"),
    *("../../etc/passwd", "Europe/Lisbon\0", " Europe/Lisbon", "x" * 100_000, "zone.tab"),
]


@pytest.mark.parametrize("name", NO_ZONES)
def test_whoever_names_no_zone_is_due_last(name: str) -> None:
    first = midnights.first_midnight(date(2026, 12, 5))
    assert midnights.known_zone(name) == ""
    assert midnights.due_at(first, name) == first + timedelta(hours=26)


# What devices say that tzdata lacks: a zone by another name, none, or an offset for a name.
OFFSETS: Final = [
    ("Asia/Hanoi 420", "+07:00", "2027-01-14T17:00"),
    ("Asia/Beijing 480", "+08:00", "2027-01-14T16:00"),
    ("Etc/Unknown 0", "+00:00", "2027-01-15T00:00"),
    ("undefined -210", "-03:30", "2027-01-15T03:30"),
    ("GMT-03:00 -180", "-03:00", "2027-01-15T03:00"),
    ("Mars/Olympus 840", "+14:00", "2027-01-14T10:00"),
    ("Mars/Olympus -720", "-12:00", "2027-01-15T12:00"),
    ("+05:30", "+05:30", "2027-01-14T18:30"),
    ("+05:30 330", "+05:30", "2027-01-14T18:30"),
    ("+00:00", "+00:00", "2027-01-15T00:00"),
    ("-00:00", "+00:00", "2027-01-15T00:00"),
    ("-0930", "-09:30", "2027-01-15T09:30"),
    ("+08", "+08:00", "2027-01-14T16:00"),
]


@pytest.mark.parametrize(("told", "offset", "due"), OFFSETS)
def test_a_zone_that_tzdata_lacks_is_its_offset(told: str, offset: str, due: str) -> None:
    first, due_at = midnights.first_midnight(date(2027, 1, 15)), datetime.fromisoformat(due)
    assert midnights.known_zone(told) == offset
    assert midnights.known_zone(offset) == offset
    assert midnights.due_at(first, told) == due_at.replace(tzinfo=UTC)


def test_where_tzdata_knows_the_zone_the_browsers_clock_counts_for_nothing() -> None:
    assert midnights.known_zone("Asia/Tokyo 420") == "Asia/Tokyo"


def test_a_known_zone_is_due_at_its_own_midnight() -> None:
    first = midnights.first_midnight(date(2026, 12, 5))
    assert first == datetime(2026, 12, 4, 10, tzinfo=UTC)
    assert midnights.day_of(first) == date(2026, 12, 5)
    assert midnights.due_at(first, "Europe/Lisbon") == datetime(2026, 12, 5, tzinfo=UTC)


def test_a_permission_outlives_the_last_midnight_of_the_longest_campaign() -> None:
    assert LONGEST_LEAD + midnights.FIRST_TO_LAST + timedelta(days=3) < PERMISSION_LIFETIME
