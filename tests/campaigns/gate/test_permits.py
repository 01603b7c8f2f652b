"""Permits in turn, never more than the cap allows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connections
from pytest_django import Settings

from campaigns.gate import permits, rows
from campaigns.models import Gate, GateName
from campaigns.spotify import Slots

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def start_of(permits: Slots, now: datetime = NOW) -> timedelta:
    """From NOW until the first of the permits may be used, to the millisecond."""
    return timedelta(seconds=round((now - NOW).total_seconds() + permits.first_in, 3))


def take(count: int, now: datetime = NOW, name: GateName = GateName.API) -> timedelta:
    return start_of(permits.take(name, count, now), now)


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
