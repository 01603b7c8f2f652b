"""Too many messages, clocks that are a day off, too few file handles: none of it changes a save."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from redis import Redis

from campaigns.models import Campaign
from campaigns.tasks import run_due_work
from tests.chaos.checker import busiest_window, instant
from tests.chaos.machine import wait_for_worker
from tests.chaos.scenes import StartMachine, WaitFor, due_night
from tests.chaos.worker import CLOCK_AHEAD_SECONDS
from tests.nights.night import check_books, states
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.stack]

DAY = 24 * 60 * 60
RATE = 40


def assert_saved_once_at_the_pace(campaign: Campaign, sandbox: Sandbox, fans: int) -> None:
    saves = sandbox.calls("library")
    assert len(saves) == len({call["account"] for call in saves}) == fans
    assert busiest_window([instant(call["at"]) for call in saves]) <= 30 * RATE
    check_books(campaign)


def test_three_beats_and_fifty_messages_at_once_save_everybody_once_at_the_same_pace(
    machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    here = machine(rate=RATE)
    wait_for_worker(here.start_worker())
    campaign = due_night(sandbox, fans=3 * RATE)
    last, *others = [here.start_beat() for _ in range(3)]
    sender = Celery(broker=here.valkey.url)
    for _ in range(50):
        sender.send_task(run_due_work.name)

    wait_for(lambda: states(campaign) == {"saved": 3 * RATE}, "the last save")
    assert_saved_once_at_the_pace(campaign, sandbox, 3 * RATE)
    for beat in others:
        beat.kill9()
    here.send_to_valkey("FLUSHALL")
    later = due_night(sandbox, fans=5)
    wait_for(lambda: states(later) == {"saved": 5}, "the saves after a message of the last beat")
    assert last.exit_code is None


def spoiled_messages() -> Iterator[bytes]:
    """What is no message of ours: no JSON, or one in which a field is missing or something else."""
    yield from (b"", b"not json", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 200_000)
    body = base64.b64encode(b"[[], {}, {}]").decode()
    headers: dict[str, Any] = {
        "task": run_due_work.name,
        "id": str(uuid4()),
        "timelimit": [None, None],
        "eta": None,
    }
    route = {"exchange": "", "routing_key": "celery"}
    properties: dict[str, Any] = {"body_encoding": "base64", "delivery_info": route}
    kind = {"content-type": "application/json", "content-encoding": "utf-8"}
    whole: dict[str, Any] = {"body": body, **kind, "headers": headers, "properties": properties}
    for part in (whole, headers, properties):
        for name, value in list(part.items()):
            for odd in (None, 5, "x", [1], {"a": 1}):
                part[name] = odd
                properties["delivery_tag"] = str(uuid4())
                yield json.dumps(whole).encode()
            part[name] = value
            del part[name]
            yield json.dumps(whole).encode()
            part[name] = value


def test_entries_that_are_none_of_ours_are_dropped_and_the_worker_lives(
    machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    here = machine()
    worker = here.start_worker()
    wait_for_worker(worker)
    with Redis.from_url(here.valkey.url) as redis:
        for entry in spoiled_messages():
            redis.lpush("celery", entry)
        campaign = due_night(sandbox, fans=3)
        here.start_beat()
        wait_for(lambda: states(campaign) == {"saved": 3}, "the saves after a message of beat's")
        assert worker.exit_code is None
        assert "queue entry dropped" in worker.log


def test_workers_whose_clocks_are_a_day_off_save_everybody_once(
    machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    campaign = due_night(sandbox, fans=3 * RATE)
    here = machine(rate=RATE)
    for seconds in (DAY, -DAY):
        here.start_release_worker(changes={CLOCK_AHEAD_SECONDS: str(seconds)})
    wait_for(lambda: states(campaign) == {"saved": 3 * RATE}, "the last save")
    assert_saved_once_at_the_pace(campaign, sandbox, 3 * RATE)
    assert all("Traceback" not in worker.log for worker in here.release_workers)


def test_celery_on_a_machine_whose_clock_is_a_day_off_saves_everybody_once(
    machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    campaign = due_night(sandbox, fans=RATE)
    here = machine(rate=RATE, clock_ahead=DAY)
    here.start_worker()
    here.start_beat()
    wait_for(lambda: states(campaign) == {"saved": RATE}, "the last save")
    assert_saved_once_at_the_pace(campaign, sandbox, RATE)


def test_a_worker_with_few_file_handles_is_slower_and_loses_nobody(
    machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    prlimit = shutil.which("prlimit")
    assert prlimit is not None
    sandbox.set(latency_ms={"token.refresh": 300, "library": 300})
    campaign = due_night(sandbox, fans=80)
    here = machine(rate=400)
    worker = here.start_release_worker(prefix=(prlimit, "--nofile=64"))
    wait_for(lambda: states(campaign) == {"saved": 80}, "the last save")
    assert worker.exit_code is None
    assert len(sandbox.libraries()) == 80
    check_books(campaign)
