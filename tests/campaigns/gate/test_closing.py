"""A closed gate: a ban that no worker forgets or shortens, and an outage that one fan tries."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from campaigns.clock import database_now
from campaigns.gate import closing, permits, rows
from campaigns.gate.closing import GateClosedError
from campaigns.models import HALVES, ErrorReason, Gate, GateName
from campaigns.spotify import Slots
from campaigns.spotify.answers import SpotifyError

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def rate_limited(seconds: float, half: GateName = GateName.API) -> SpotifyError:
    return SpotifyError(ErrorReason.RATE_LIMITED, half=half, retry_after=seconds)


def blocked_until(name: GateName = GateName.API) -> datetime | None:
    return Gate.objects.get(name=name).blocked_until


def start_of(permits: Slots, now: datetime = NOW) -> timedelta:
    """From NOW until the first of the permits may be used, to the millisecond."""
    return timedelta(seconds=round((now - NOW).total_seconds() + permits.first_in, 3))


def take(count: int, now: datetime = NOW, name: GateName = GateName.API) -> timedelta:
    return start_of(permits.take(name, count, now), now)


def gate(name: GateName = GateName.API) -> Gate:
    return Gate.objects.get(name=name)


@pytest.fixture
def ten_a_second(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10 / rows.SHARE_OF_CAP


def test_an_outage_closes_longer_each_time_and_a_minute_at_most() -> None:
    now, pauses = NOW, []
    for _ in range(8):
        closing.close_for_outage(GateName.API, now)
        until = blocked_until()
        assert until
        pauses.append((until - now).total_seconds())
        now = until
    assert pauses == [5, 10, 20, 40, 60, 60, 60, 60]


def test_of_many_who_notice_an_outage_one_counts() -> None:
    for _ in range(5):
        closing.close_for_outage(GateName.API, NOW)
    assert gate().outages == 1


def test_after_an_outage_one_worker_tries_with_one_fan() -> None:
    closing.close_for_outage(GateName.API, NOW)
    later = NOW + 5 * SECOND
    assert closing.begin_trial(rows.gates(later), later)
    assert not closing.begin_trial(rows.gates(later), later)
    # The one who tried may have died.
    assert closing.begin_trial(rows.gates(later), later + closing.TRIAL)
    closing.note_working(GateName.API, later)
    assert (gate().outages, gate().trial_until, gate().worked_at) == (0, None, later)


def test_an_answer_to_a_call_from_before_does_not_end_an_outage() -> None:
    closing.close_for_outage(GateName.API, NOW)
    assert not closing.note_working(GateName.API, NOW + SECOND)
    assert (gate().outages, gate().worked_at) == (1, NOW + SECOND)
    assert closing.note_working(GateName.API, NOW + closing.FIRST_OUTAGE_PAUSE)
    assert gate().outages == 0


@pytest.mark.usefixtures("ten_a_second")
def test_a_clock_that_was_set_back_stops_nobody() -> None:
    take(1, NOW + timedelta(hours=1))
    assert take(1) == timedelta()
    assert permits.usable_soon(gate(), NOW)


def test_a_good_answer_does_not_open_a_gate_that_spotify_closed() -> None:
    closing.close(rate_limited(30), NOW)
    closing.note_working(GateName.API, NOW)
    assert blocked_until() == NOW + 30 * SECOND


@pytest.mark.parametrize("half", HALVES)
def test_a_closed_gate_lets_nobody_through_until_its_end(half: GateName) -> None:
    closed = half
    closing.close(rate_limited(30, half), NOW)
    last_moment = NOW + 30 * SECOND - timedelta(microseconds=1)
    for act in (closing.check_open, lambda now: permits.take(closed, 1, now)):
        with pytest.raises(GateClosedError) as caught:
            act(last_moment)
        assert caught.value.until == NOW + 30 * SECOND
        assert caught.value.reason == "rate_limited"
    closing.check_open(NOW + 30 * SECOND)
    assert take(1, NOW + 30 * SECOND, closed) == 30 * SECOND


def test_a_gate_that_was_never_used_is_open() -> None:
    closing.check_open(NOW)


def test_the_longest_stop_wins() -> None:
    closing.close(rate_limited(50_400), NOW)
    closing.close(rate_limited(1), NOW + SECOND)
    assert blocked_until() == NOW + 50_400 * SECOND
    closing.close(rate_limited(60_000), NOW + SECOND)
    assert blocked_until() == NOW + 60_001 * SECOND


def test_the_longest_of_both_halves_is_what_is_told() -> None:
    closing.close(rate_limited(10), NOW)
    closing.close(rate_limited(99, GateName.ACCOUNTS), NOW)
    with pytest.raises(GateClosedError) as caught:
        closing.check_open(NOW)
    assert caught.value.until == NOW + 99 * SECOND


def test_an_error_without_a_time_stops_for_a_minute() -> None:
    closing.close(SpotifyError(ErrorReason.INVALID_CLIENT, half=GateName.ACCOUNTS), NOW)
    assert blocked_until(GateName.ACCOUNTS) == NOW + closing.APP_ERROR_PAUSE


def test_an_error_of_one_fan_closes_nothing() -> None:
    closing.close_after(SpotifyError(ErrorReason.UNAVAILABLE))
    closing.check_open(database_now())
    closing.close_after(rate_limited(5))
    with pytest.raises(GateClosedError):
        closing.check_open(database_now())


@pytest.mark.django_db(transaction=True)
def test_another_process_meets_the_same_ban() -> None:
    closing.close(rate_limited(3600), database_now())
    ask = (
        "import django; django.setup()\n"
        "from campaigns.clock import database_now\n"
        "from campaigns.gate import closing, permits\n"
        "try: permits.take('api', 1, database_now())\n"
        "except closing.GateClosedError as error: print(error.reason)"
    )
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run(
        [sys.executable, "-c", ask], cwd=root, env=os.environ, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert run.stdout == "rate_limited\n"
