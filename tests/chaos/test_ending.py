"""A worker that is told to end does so within Docker's ten seconds, whatever it is at and whether
or not Redis is still there: an engine that stops ends all containers at once.
"""

from __future__ import annotations

import signal

import pytest

from tests.chaos.machine import wait_for_worker
from tests.chaos.scenes import StartMachine, WaitFor, due_night
from tests.nights.night import check_books, states
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.stack]

DOCKERS_SECONDS = 10


@pytest.mark.parametrize("fate_of_redis", [None, signal.SIGSTOP])
def test_a_worker_in_mid_release_ends_in_time(
    machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor, fate_of_redis: int | None
) -> None:
    """SIGSTOP: a Redis whose network has gone, so that it never answers."""
    campaign = due_night(sandbox, fans=400)
    here = machine(rate=20)
    worker, beat = here.start_worker(), here.start_beat()
    wait_for_worker(worker)
    wait_for(lambda: "sent" in states(campaign), "the first save")

    if fate_of_redis:
        here.valkey.process.signal(fate_of_redis)
    for process in (worker, beat):
        process.signal(signal.SIGTERM)

    assert worker.wait(DOCKERS_SECONDS) in ((0, 1) if fate_of_redis else (0,))
    assert beat.wait(DOCKERS_SECONDS) == 0
    here.valkey.process.kill9()
    check_books(campaign)
