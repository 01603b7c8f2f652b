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
from django.db import connection, connections
from pytest_django import Settings

from campaigns import pacing
from campaigns.answers import Half, Scope, SpotifyError
from campaigns.models import Gate, GateName
from campaigns.pacing import GateClosedError

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def rate_limited(seconds: float, half: Half = Half.API) -> SpotifyError:
    return SpotifyError("rate_limited", scope=Scope.APP, half=half, retry_after=seconds)


def blocked_until(name: GateName = GateName.API) -> datetime | None:
    return Gate.objects.get(name=name).blocked_until


def test_the_first_permits_may_be_used_at_once() -> None:
    assert pacing.take(GateName.API, 5, NOW) == NOW


def test_permits_follow_each_other_at_the_rate(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10.0
    starts = [pacing.take(GateName.API, 5, NOW) for _ in range(4)]
    assert starts == [NOW + n * SECOND / 2 for n in range(4)]


@pytest.mark.parametrize("rate", [0.5, 3.0, 10.0, 1000.0])
def test_no_window_ever_holds_more_than_the_rate_allows(rate: float, settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = rate
    size = pacing.block_size(200)
    issued: list[datetime] = []
    for step in range(30):
        # Askers come in bursts, late, and two at a time.
        asked_at = NOW + timedelta(seconds=[0, 0, 0.1, 7][step % 4] + step)
        issued += [pacing.take(GateName.API, size, asked_at)] * size
    window = timedelta(seconds=30)
    for start in set(issued):
        inside = [usable for usable in issued if start <= usable < start + window]
        assert len(inside) <= rate * 30 + size


def test_time_that_nobody_used_is_not_saved_up(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10.0
    pacing.take(GateName.API, 10, NOW)
    later = NOW + 3600 * SECOND
    assert pacing.take(GateName.API, 10, later) == later
    assert pacing.take(GateName.API, 10, later) == later + SECOND


def test_the_two_halves_of_spotify_have_paces_of_their_own(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1.0
    pacing.take(GateName.API, 60, NOW)
    assert pacing.take(GateName.ACCOUNTS, 1, NOW) == NOW


def test_a_new_rate_of_the_operator_counts_from_the_next_permit(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10.0
    pacing.take(GateName.API, 10, NOW)
    settings.SPOTIFY_MAX_RATE = 2.0
    assert pacing.take(GateName.API, 10, NOW) == NOW + SECOND
    assert pacing.take(GateName.API, 1, NOW) == NOW + 6 * SECOND


@pytest.mark.parametrize(("rate", "size"), [(0.1, 1), (1.0, 1), (10.0, 10), (9999.0, 200)])
def test_a_block_is_a_second_of_the_rate(rate: float, size: int, settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = rate
    assert pacing.block_size(200) == size


@pytest.mark.parametrize("half", list(Half))
def test_a_closed_gate_lets_nobody_through_until_its_end(half: Half) -> None:
    closed = GateName(half.value)
    pacing.close(rate_limited(30, half), NOW)
    last_moment = NOW + 30 * SECOND - timedelta(microseconds=1)
    for act in (pacing.check_open, lambda now: pacing.take(closed, 1, now)):
        with pytest.raises(GateClosedError) as caught:
            act(last_moment)
        assert caught.value.until == NOW + 30 * SECOND
        assert caught.value.reason == "rate_limited"
    pacing.check_open(NOW + 30 * SECOND)
    assert pacing.take(closed, 1, NOW + 30 * SECOND) == NOW + 30 * SECOND


def test_consents_have_a_budget_of_their_own(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 2.0
    admitted = [pacing.admit_consent(NOW) for _ in range(20)]
    assert admitted == [True] * 7 + [False] * 13
    assert pacing.admit_consent(NOW + SECOND) is True
    assert pacing.take(GateName.ACCOUNTS, 1, NOW) == NOW


def test_a_gate_that_was_never_used_is_open() -> None:
    pacing.check_open(NOW)


def test_the_longest_stop_wins() -> None:
    pacing.close(rate_limited(50_400), NOW)
    pacing.close(rate_limited(1), NOW + SECOND)
    assert blocked_until() == NOW + 50_400 * SECOND
    pacing.close(rate_limited(60_000), NOW + SECOND)
    assert blocked_until() == NOW + 60_001 * SECOND


def test_the_longest_of_both_halves_is_what_is_told() -> None:
    pacing.close(rate_limited(10), NOW)
    pacing.close(rate_limited(99, Half.ACCOUNTS), NOW)
    with pytest.raises(GateClosedError) as caught:
        pacing.check_open(NOW)
    assert caught.value.until == NOW + 99 * SECOND


def test_an_error_without_a_time_stops_for_a_minute() -> None:
    pacing.close(SpotifyError("invalid_client", scope=Scope.APP, half=Half.ACCOUNTS), NOW)
    assert blocked_until(GateName.ACCOUNTS) == NOW + pacing.APP_ERROR_PAUSE


def test_an_error_of_one_fan_closes_nothing() -> None:
    pacing.close_after(SpotifyError("unavailable"))
    pacing.check_open(pacing.database_now())
    pacing.close_after(rate_limited(5))
    with pytest.raises(GateClosedError):
        pacing.check_open(pacing.database_now())


@pytest.mark.django_db(transaction=True)
def test_another_process_meets_the_same_ban() -> None:
    pacing.close(rate_limited(3600), pacing.database_now())
    ask = (
        "import django; django.setup(); from campaigns import pacing\n"
        "try: pacing.take('api', 1, pacing.database_now())\n"
        "except pacing.GateClosedError as error: print(error.reason)"
    )
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-c", ask], cwd=root, env=os.environ, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert run.stdout == "rate_limited\n"


@pytest.mark.release_core
@pytest.mark.django_db(transaction=True)
def test_workers_that_race_never_get_the_same_permits(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10.0
    workers, turns = 4, 10
    barrier = Barrier(workers)

    def work(_: int) -> list[datetime]:
        barrier.wait()
        try:
            return [pacing.take(GateName.API, 5, NOW) for _ in range(turns)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(workers) as pool:
        starts = sorted(start for taken in pool.map(work, range(workers)) for start in taken)
    assert starts == [NOW + n * SECOND / 2 for n in range(workers * turns)]


@pytest.mark.release_core
def test_the_clock_is_the_databases_with_its_zone() -> None:
    first, second = pacing.database_now(), pacing.database_now()
    assert first.utcoffset() == timedelta(0)
    assert first <= second
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.release_core
def test_the_clock_goes_on_inside_a_transaction() -> None:
    assert connection.in_atomic_block
    first = pacing.database_now()
    while pacing.database_now() == first:
        pass  # it would stand still forever if it were the transaction's time
