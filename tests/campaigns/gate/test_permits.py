"""The gate: permits in turn, and a ban that no worker forgets or shortens."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connections
from pytest_django import Settings

from campaigns.clock import database_now
from campaigns.gate import closing, learning, permits, rows
from campaigns.gate.closing import GateClosedError
from campaigns.gate.permits import Permits
from campaigns.models import Gate, GateName
from campaigns.spotify.answers import Half, Scope, SpotifyError

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def rate_limited(seconds: float, half: Half = Half.API) -> SpotifyError:
    return SpotifyError("rate_limited", scope=Scope.APP, half=half, retry_after=seconds)


def blocked_until(name: GateName = GateName.API) -> datetime | None:
    return Gate.objects.get(name=name).blocked_until


def start_of(permits: Permits, now: datetime = NOW) -> timedelta:
    """From NOW until the first of the permits may be used, to the millisecond."""
    return timedelta(seconds=round((now - NOW).total_seconds() + permits.first_in, 3))


def take(count: int, now: datetime = NOW, name: GateName = GateName.API) -> timedelta:
    return start_of(permits.take(name, count, now), now)


def gate(name: GateName = GateName.API) -> Gate:
    return Gate.objects.get(name=name)


@pytest.fixture
def ten_a_second(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10 / rows.SHARE_OF_CAP


# The operator's cap.


def test_the_first_permits_may_be_used_at_once() -> None:
    assert take(5) <= timedelta(0)


@pytest.mark.usefixtures("ten_a_second")
def test_permits_follow_each_other_at_the_rate() -> None:
    first = take(5)
    assert [take(5) - first for _ in range(3)] == [n * SECOND / 2 for n in (1, 2, 3)]
    assert permits.take(GateName.API, 5, NOW).step == pytest.approx(0.1)


@pytest.mark.parametrize("rate", [0.5, 3.0, 10.0, 1000.0])
def test_no_window_ever_holds_more_than_the_operators_cap(rate: float, settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = rate
    size = permits.block_size([Gate(name=GateName.API, rate=rate, free_at=NOW)], 200)
    sent: list[float] = []
    for step in range(40):
        # Askers come in bursts, late, and two at a time.
        asked_at = NOW + timedelta(seconds=[0, 0, 0.1, 7][step % 4] + step)
        taken = permits.take(GateName.API, size, asked_at)
        start = max(0.0, taken.first_in) + (asked_at - NOW).total_seconds()
        sent += [start + number * taken.step for number in range(size)]
    for start in sent:
        inside = [moment for moment in sent if start <= moment < start + 30]
        assert len(inside) <= max(rate * 30, 1)


@pytest.mark.usefixtures("ten_a_second")
def test_of_time_that_nobody_used_a_quarter_second_is_made_up() -> None:
    take(10)
    later = NOW + 3600 * SECOND
    assert take(10, later) == 3600 * SECOND - rows.CREDIT
    assert take(10, later) == 3601 * SECOND - rows.CREDIT


def test_the_two_halves_of_spotify_have_paces_of_their_own(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1.0
    take(60)
    assert take(1, name=GateName.ACCOUNTS) <= timedelta(0)


def test_a_new_rate_of_the_operator_counts_from_the_next_permit(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10.0 / rows.SHARE_OF_CAP
    first = take(10)
    settings.SPOTIFY_MAX_RATE = 2.0 / rows.SHARE_OF_CAP
    assert take(10) - first == SECOND
    assert take(1) - first == 6 * SECOND


@pytest.mark.parametrize(("rate", "size"), [(0.1, 1), (1.0, 1), (10.0, 2), (9999.0, 200)])
def test_a_block_is_a_quarter_second_of_the_slower_half(
    rate: float, size: int, settings: Settings
) -> None:
    settings.SPOTIFY_MAX_RATE = 10_000.0
    halves = [Gate(rate=rate, free_at=NOW), Gate(rate=5000, free_at=NOW)]
    assert permits.block_size(halves, 200) == size


@pytest.mark.usefixtures("ten_a_second")
def test_permits_are_taken_a_quarter_second_ahead_and_no_further() -> None:
    assert permits.has_room(rows.gates(NOW).values(), NOW)
    take(6)
    assert not permits.has_room(rows.gates(NOW).values(), NOW)
    assert permits.has_room(rows.gates(NOW).values(), NOW + SECOND)


# What a 429 teaches.


def fill_window(seconds: int, per_second: int) -> datetime:
    """Take permits evenly; the answer is the moment after the last."""
    for second in range(seconds):
        take(per_second, NOW + second * SECOND)
    return NOW + seconds * SECOND


def test_a_429_tells_how_much_the_last_window_held(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(40, 100)
    closing.close(rate_limited(2), moment)
    assert gate().rate == pytest.approx(100 * learning.DECREASE_FACTOR, rel=0.02)
    after = moment + 2 * SECOND
    assert permits.take(GateName.API, 10, after).step == pytest.approx(1 / 97, rel=0.02)


def test_a_window_that_filled_in_seconds_counts_as_a_whole_one(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(3, 990)
    closing.close(rate_limited(27), moment)
    assert gate().rate == pytest.approx(99 * learning.DECREASE_FACTOR, rel=0.02)


def test_permits_that_were_still_to_be_used_teach_nothing(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(3, 990)
    take(247, moment)
    closing.close(rate_limited(27), moment)
    assert gate().rate == pytest.approx(99 * learning.DECREASE_FACTOR, rel=0.001)


def test_echoes_of_one_429_teach_once(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(30, 100)
    closing.close(rate_limited(5), moment)
    learned = gate().rate
    for _ in range(10):
        closing.close(rate_limited(5), moment + SECOND)
    assert gate().rate == learned


def test_a_429_after_next_to_nothing_halves_the_rate(settings: Settings) -> None:
    """Somebody else filled the window: what we sent says nothing about its size."""
    settings.SPOTIFY_MAX_RATE = 100 / rows.SHARE_OF_CAP
    take(3)
    closing.close(rate_limited(1), NOW)
    assert gate().rate == pytest.approx(50)
    for number in range(1, 30):
        closing.close(rate_limited(1), NOW + 2 * number * SECOND)
    assert gate().rate == learning.LOWEST_RATE


def test_a_spent_quota_teaches_nothing_about_the_pace(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 100.0
    moment = fill_window(30, 50)
    closing.close(SpotifyError("quota_exceeded", scope=Scope.APP, retry_after=5), moment)
    assert gate().adjusted_at is None


def test_the_rate_is_raised_slowly_then_faster_as_long_as_it_is_wanted(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(30, 100)
    closing.close(rate_limited(1), moment)
    learned, rates = gate().rate, []
    for second in range(1, 125):
        now = moment + second * SECOND
        while permits.has_room([gate()], now):
            take(25, now)
        rates.append(gate().rate / learned)
    quiet = sorted(set(rates))
    assert quiet == pytest.approx(
        [1, 1.02, 1.02 * 1.04, 1.02 * 1.04 * 1.08, 1.146 * 1.16], rel=0.01
    )


def test_an_idle_gate_is_not_raised(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(30, 100)
    closing.close(rate_limited(1), moment)
    learned = gate().rate
    for minute in range(1, 20):
        take(1, moment + minute * 60 * SECOND)
    assert gate().rate == learned


def test_the_operators_cap_bounds_what_is_learned(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(30, 100)
    closing.close(rate_limited(1), moment)
    settings.SPOTIFY_MAX_RATE = 20.0
    take(1, moment + 60 * SECOND)
    assert gate().rate == pytest.approx(20 * rows.SHARE_OF_CAP)


def test_a_lesson_of_yesterday_is_forgotten(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(30, 100)
    closing.close(rate_limited(1), moment)
    take(1, moment + timedelta(days=1))
    assert gate().rate == pytest.approx(1000 * rows.SHARE_OF_CAP)
    assert gate().adjusted_at is None


def test_the_window_holds_what_was_sent_in_the_last_30_seconds(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(10, 100)
    take(25, moment + SECOND)
    assert learning.permits_in_window(gate(), moment) == 1000
    assert learning.permits_in_window(gate(), moment + 25 * SECOND) == pytest.approx(525, abs=30)
    assert learning.permits_in_window(gate(), moment + 60 * SECOND) == 0


# Outages.


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


# Bans.


@pytest.mark.parametrize("half", list(Half))
def test_a_closed_gate_lets_nobody_through_until_its_end(half: Half) -> None:
    closed = GateName(half.value)
    closing.close(rate_limited(30, half), NOW)
    last_moment = NOW + 30 * SECOND - timedelta(microseconds=1)
    for act in (closing.check_open, lambda now: permits.take(closed, 1, now)):
        with pytest.raises(GateClosedError) as caught:
            act(last_moment)
        assert caught.value.until == NOW + 30 * SECOND
        assert caught.value.reason == "rate_limited"
    closing.check_open(NOW + 30 * SECOND)
    assert take(1, NOW + 30 * SECOND, closed) == 30 * SECOND


def test_consents_have_a_budget_of_their_own(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 2.0
    admitted = [permits.admit_consent(NOW) for _ in range(20)]
    assert admitted == [True] * 7 + [False] * 13
    assert permits.admit_consent(NOW + SECOND) is True
    assert take(1, name=GateName.ACCOUNTS) <= timedelta(0)


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
    closing.close(rate_limited(99, Half.ACCOUNTS), NOW)
    with pytest.raises(GateClosedError) as caught:
        closing.check_open(NOW)
    assert caught.value.until == NOW + 99 * SECOND


def test_an_error_without_a_time_stops_for_a_minute() -> None:
    closing.close(SpotifyError("invalid_client", scope=Scope.APP, half=Half.ACCOUNTS), NOW)
    assert blocked_until(GateName.ACCOUNTS) == NOW + closing.APP_ERROR_PAUSE


def test_an_error_of_one_fan_closes_nothing() -> None:
    closing.close_after(SpotifyError("unavailable"))
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


@pytest.mark.release_core
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ten_a_second")
def test_workers_that_race_never_get_the_same_permits() -> None:
    workers, turns = 4, 10
    barrier = Barrier(workers)

    def work(_: int) -> list[timedelta]:
        barrier.wait()
        try:
            return [take(5) for _ in range(turns)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(workers) as pool:
        starts = sorted(start for taken in pool.map(work, range(workers)) for start in taken)
    assert starts == [starts[0] + n * SECOND / 2 for n in range(workers * turns)]
