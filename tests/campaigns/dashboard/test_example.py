"""What a release time means to a fan somewhere else."""

from __future__ import annotations

from datetime import date, datetime

from campaigns.dashboard import example


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_one_time_is_another_hour_in_tokyo() -> None:
    moment = at("2026-12-04T18:30")

    assert example.of_instant(moment, "Europe/Berlin") == (
        *("Tokyo", at("2026-12-05T02:30"), moment, "Berlin time"),
    )
    assert example.of_instant(moment, "UTC").zone == "UTC"


def test_midnight_in_tokyo_is_the_day_before_elsewhere() -> None:
    shown = example.of_midnight(date(2026, 12, 4), "America/Los_Angeles")

    assert (shown.city, shown.zone) == ("Tokyo", "Los Angeles time")
    assert shown.there == at("2026-12-04T00:00")
    assert shown.here == at("2026-12-03T07:00")


def test_an_artist_in_tokyo_reads_of_somebody_else() -> None:
    assert example.of_instant(at("2026-12-04T00:00"), "Asia/Tokyo").city == "New York"
    assert example.of_midnight(date(2026, 12, 4), "Asia/Seoul").here == at("2026-12-04T14:00")
