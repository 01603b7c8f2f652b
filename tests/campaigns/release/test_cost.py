"""What a release costs, as counted work: statements, rows, memory and calls of functions. No clock
is read, and the bounds are wide; how fast it is, `make bench` says.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from types import FrameType
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from pytest_django import Settings

from benchmarks import designs
from campaigns.clock import DatabaseClock
from campaigns.release import pipeline, worker
from campaigns.release.maintenance import Shift
from campaigns.release.pipeline import CONNECTIONS
from campaigns.spotify import FanCalls
from tests.nights.night import make_night
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_pace")]

FANS = 200
HELD = 100  # at once, so that what is held does not count as growth
# How many a release needs of them depends on how long it waits.
OF_WAITING = ('SELECT "campaigns_gate"', "SELECT clock_timestamp()")
MOST_STATEMENTS = 70
MOST_ROWS_OF_A_FAN = 3.5
MOST_BYTES_AT_PEAK = 1_500_000
MOST_KEPT_BYTES_OF_A_FAN = 400
MOST_KEPT_BLOCKS_OF_A_FAN = 2
MOST_CALLS_TO_THE_POOLS = 0.2


@pytest.fixture
def no_pace(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10_000.0


def release() -> int:
    """The worker's loop, without the maintenance beside it."""
    clock = DatabaseClock()
    shift = Shift(clock() + timedelta(minutes=2), Event(), clock)
    with FanCalls[UUID](CONNECTIONS) as calls:
        return worker.release(calls, shift, lambda: None)


@dataclass
class Asked:
    """Of Postgres, by a release."""

    statements: int = 0
    rows: int = 0

    def note(
        self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        result = execute(sql, parameters, many, context)
        self.statements += not sql.startswith(OF_WAITING)
        if "campaigns_presave" in sql and (sql.startswith("SELECT") or "RETURNING" in sql):
            self.rows += context["cursor"].rowcount
        return result


def test_a_release_asks_the_database_for_many_fans_at_once(sandbox: Sandbox) -> None:
    make_night(sandbox, FANS)
    asked = Asked()
    with connection.execute_wrapper(asked.note):
        assert release() == FANS
    assert asked.statements <= MOST_STATEMENTS
    assert asked.rows <= MOST_ROWS_OF_A_FAN * FANS


@dataclass
class Memory:
    """Of Python's own objects; what the HTTP client holds in Rust is not among them."""

    peak: int
    kept_bytes: int
    kept_blocks: int


def memory_of_release(sandbox: Sandbox, fans: int) -> Memory:
    sandbox.post("reset")
    make_night(sandbox, fans)
    gc.collect()
    blocks = sys.getallocatedblocks()
    tracemalloc.start()
    try:
        assert release() == fans
        gc.collect()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Memory(peak, kept, sys.getallocatedblocks() - blocks)


def test_memory_does_not_grow_with_the_fans(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "LARGEST_HOLD", HELD)
    monkeypatch.setattr(worker, "LARGEST_BLOCK", HELD // 2)
    memory_of_release(sandbox, 5)  # what is made once
    few, many = memory_of_release(sandbox, FANS), memory_of_release(sandbox, 4 * FANS)
    more = 3 * FANS
    assert few.peak <= MOST_BYTES_AT_PEAK
    assert many.peak - few.peak <= MOST_KEPT_BYTES_OF_A_FAN * more
    assert many.kept_bytes - few.kept_bytes <= MOST_KEPT_BYTES_OF_A_FAN * more
    assert many.kept_blocks - few.kept_blocks <= MOST_KEPT_BLOCKS_OF_A_FAN * more


def calls_of(work: Callable[[], Any]) -> int:
    """How many functions this thread calls meanwhile, of Python and of C."""
    calls = 0

    def note(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def test_a_fan_costs_a_fraction_of_what_one_costs_spotipy(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One fan after another on one thread stands for a pool of them, each of which does the same
    for its own fans.
    """
    monkeypatch.setattr(designs, "client", designs.Client())
    make_night(sandbox, FANS)
    engines = calls_of(release)
    sandbox.post("reset")
    campaign = make_night(sandbox, FANS)
    pools = calls_of(lambda: designs.one_after_another(campaign))
    assert campaign.presaves.filter(state="saved").count() == FANS
    assert engines <= MOST_CALLS_TO_THE_POOLS * pools
