"""Times of a fan's own page: what stands there until a script tells the fan's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.utils import translation

from campaigns.fan import own_times
from campaigns.models import Campaign, ReleaseMode

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
# Midnight in Berlin.
RELEASE = datetime(2026, 12, 10, 23, 0, 5, tzinfo=UTC)


def campaign(zone: str = "Europe/Berlin") -> Campaign:
    return Campaign(release_at=RELEASE, release_zone=zone, release_mode=ReleaseMode.ONE_INSTANT)


def told(element: str) -> tuple[str, list[str], list[str], str]:
    """The attributes datetime, data-days and data-forms, and what is shown."""
    found = re.fullmatch(
        r'<time datetime="(.*)" data-days="(.*)" data-forms="(.*)">(.*)</time>', unescape(element)
    )
    assert found
    return found[1], found[2].split("|"), found[3].split("|"), found[4]


def test_the_artists_clock_is_told_until_the_script_knows_better() -> None:
    instant, days, forms, shown = told(own_times.with_artists(RELEASE, campaign(), NOW))
    assert shown == "11 December, 00:00 Berlin time"
    assert instant == "2026-12-11T00:00:05+01:00"
    assert days == [f"{day} December, 00:00" for day in (9, 10, 11, 12, 13)]
    assert forms == [
        "%s your time",
        "%s your time (00:00 in Berlin)",
        "%s your time (11 December, 00:00 in Berlin)",
    ]


def test_where_every_fan_has_another_zone_the_other_clock_is_utc() -> None:
    everywhere = campaign()
    everywhere.release_mode = ReleaseMode.LOCAL_MIDNIGHT
    _, days, forms, shown = told(own_times.with_artists(RELEASE, everywhere, NOW))
    assert shown == "10 December, 23:00 UTC"
    assert days[2] == "10 December, 00:00"
    assert forms[1:] == [
        "%s your time (23:00 UTC)",
        "%s your time (10 December, 23:00 UTC)",
    ]


@pytest.mark.parametrize(
    ("language", "written", "next_year"),
    [
        ("en", "11 December", "1 January 2027"),
        ("es", "11 de diciembre", "1 de enero de 2027"),
        ("pt-br", "11 de dezembro", "1 de janeiro de 2027"),
        ("de", "11.\N{NO-BREAK SPACE}Dezember", "1.\N{NO-BREAK SPACE}Januar 2027"),
        ("fr", "11 décembre", "1 janvier 2027"),
        ("ja", "12月11日", "2027年1月1日"),
    ],
)
def test_the_day_of_local_midnights_has_its_year_where_it_is_another(
    language: str, written: str, next_year: str
) -> None:
    release = campaign()
    release.release_mode = ReleaseMode.LOCAL_MIDNIGHT
    with translation.override(language):
        day = own_times.of_midnight(release, NOW, is_own=False)
        release.release_at = datetime(2026, 12, 31, 23, tzinfo=UTC)
        other = own_times.of_midnight(release, NOW, is_own=False)
        own = own_times.of_midnight(release, NOW, is_own=True)
    assert day == f'<time datetime="2026-12-11">{written}</time>'
    assert other == f'<time datetime="2027-01-01">{next_year}</time>'
    assert own.startswith(other)
    assert own != other


def test_in_a_row_stands_the_own_time_alone_and_exactly() -> None:
    _, days, forms, shown = told(own_times.in_row(RELEASE, campaign(), to_the_second=True))
    assert (days[2], forms) == ("11 Dec 2026 00:00:05", [""])
    assert shown == "11 Dec 2026 00:00:05 Berlin time"


WITHOUT_YEAR = {
    "en": "11 December, 00:00",
    "de": "11.\xa0Dezember, 00:00",
    "es": "11 de diciembre a las 00:00",
    "fr": "11 décembre à 00:00",
    "pt-br": "11 de dezembro às 00:00",
    "ja": "12月11日0:00",
}


@pytest.mark.parametrize("language", WITHOUT_YEAR)
def test_the_year_is_told_where_it_is_another_one(language: str) -> None:
    with translation.override(language):
        _, days, forms, _ = told(own_times.with_artists(RELEASE, campaign(), NOW))
        _, later, _, _ = told(own_times.with_artists(RELEASE, campaign(), NOW.replace(year=2025)))
    assert days[2] == WITHOUT_YEAR[language]
    assert "2026" in later[2]
    with translation.override(language):
        _, in_row, _, _ = told(own_times.in_row(RELEASE, campaign(), to_the_second=True))
    # The script finds the hour in each, and puts the own time in the place of "%s".
    assert all(re.search(r"(?<!\d)0?0:00", day) for day in (*days, *later, *in_row))
    assert [form.count("%s") for form in forms] == [1, 1, 1]
