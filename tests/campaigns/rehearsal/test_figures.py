"""What a rehearsal's figures say about a real night."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.rehearsal.figures import Figures, in_words


def figures(**changes: Any) -> Figures:
    """10,000 fans at 50 a second, as calm as can be."""
    calm = {
        "fans": 10_000,
        "limit": 50.0,
        "cap": 50.0,
        "with_faults": False,
        "database": "Postgres",
        "cores": 2,
        "workers": 2,
        "first_sent": 3.0,
        "last_sent": 205.0,
        "last_confirmed": 220.0,
        "key_destroyed": 220.5,
        "saved": 10_000,
        "failed": 0,
        "held_by_libraries": 10_000,
        "tokens_left": 0,
        "saves_answered": 10_000,
        "refused": 0,
        "gone_wrong": 0,
        "commit_ms": 1.5,
        "worker_cpu": 10.0,
        "load": 0.5,
    }
    return Figures(**{**calm, **changes})


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({}, "SPOTIFY_MAX_RATE=50 sets the pace: 10,000 fans take 3 min 22 s at the least."),
        ({"cap": 400.0}, "Spotify's limit of 50 a second sets the pace"),
        ({"cap": 400.0, "last_sent": 300.0, "refused": 9}, "which the workers had to find by 9"),
        ({"last_sent": 300.0, "with_faults": True}, "The calls that went wrong"),
        ({"limit": 9e3, "cap": 9e3, "last_sent": 13.0, "worker_cpu": 20.0}, "The worker"),
        ({"limit": 9e3, "cap": 9e3, "last_sent": 90.0}, "The database"),
        ({"limit": 9e3, "cap": 9e3, "last_sent": 90.0, "load": 7.0}, "7 processes wanted its 2"),
    ],
)
def test_it_names_what_limits_the_night(changes: dict[str, Any], limit: str) -> None:
    assert limit in figures(**changes).limited_by()


def test_a_calm_night_says_how_much_room_there_is() -> None:
    assert "This machine has room: the workers used 5% of one core." in figures().limited_by()
    assert "has little room left" in figures(worker_cpu=210.0).limited_by()
    crowded = figures(load=15.3).limited_by()
    assert "This machine was busy with other work: 15 processes wanted its 2 cores." in crowded
    assert "has room" not in crowded


@pytest.mark.parametrize(
    "broken",
    [{"saved": 9_999}, {"held_by_libraries": 9_999}, {"tokens_left": 1}, {"failed": 1, "saved": 9}],
)
def test_a_fan_who_is_missing_breaks_a_promise(broken: dict[str, Any]) -> None:
    assert figures().kept_every_promise
    assert not figures(**broken).kept_every_promise


def test_every_figure_has_its_line() -> None:
    lines = dict(figures(saved=9_990, failed=4, saves_answered=10_007).lines())

    assert lines["From the release to the last save confirmed"] == "3 min 40 s"
    assert lines["Saved, failed, lost"] == "9,990, 4, 6"
    assert lines["Saves sent again"] == "7"
    assert lines["Workers' processor time"] == "1.0 ms a fan, 5% of one core"
    assert lines["Pace"] == "49.5 saves a second, of 49.5 that were allowed"


@pytest.mark.parametrize(
    ("seconds", "words"), [(3.04, "3.0 s"), (205, "3 min 25 s"), (7_260, "2 h 1 min")]
)
def test_times_are_told_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
