"""Redis flushed, full, read-only or absent: it carries nothing but "look at the rows"."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.conf import settings

from campaigns.models import Campaign, DailyCount
from demo import fans
from tests.chaos.checker import all_calls, busiest_window, instant
from tests.chaos.machine import Machine, wait_for_worker
from tests.chaos.scenes import StartMachine, WaitFor, due_night
from tests.nights.night import check_books, states
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.stack]

NOT_SENT = "Couldn't apply scheduled task"
NOWHERE = "redis://127.0.0.1:1/0"
FLUSHED_EVERY = 3.0
RATE = 20
FANS = 8 * RATE


def test_celery_finishes_a_release_while_redis_is_flushed_every_three_seconds(
    machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    campaign = due_night(sandbox, fans=FANS)
    here = machine(rate=RATE)
    worker = here.start_worker()
    here.start_beat()
    flushed = [time.monotonic()]

    def is_done_or_flush() -> bool:
        if time.monotonic() - flushed[-1] >= FLUSHED_EVERY:
            assert here.send_to_valkey("FLUSHALL") == b"+OK\r\n"
            flushed.append(time.monotonic())
        return states(campaign) == {"saved": FANS}

    wait_for(is_done_or_flush, "the last save", 120)
    assert len(flushed) > 2, "it was over before it was flushed: this would prove nothing"
    assert worker.exit_code is None
    saves = [call for call in all_calls(sandbox) if call["endpoint"] == "library"]
    assert len(saves) == len(sandbox.libraries()) == FANS
    assert busiest_window([instant(call["at"]) for call in saves]) <= 30 * RATE
    check_books(campaign)


def test_while_redis_takes_no_message_the_release_worker_saves(
    machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    here = machine()
    beat = here.start_beat()
    wait_for_worker(here.start_worker())
    assert here.send_to_valkey("CONFIG SET maxmemory 1") == b"+OK\r\n"
    full = due_night(sandbox, fans=5)
    assert here.start_release_worker("--once").wait(60) == 0
    assert states(full) == {"sent": 5}
    check_books(full)
    wait_for(lambda: NOT_SENT in beat.log, "beat's complaint")
    assert here.send_to_valkey("CONFIG SET maxmemory 0") == b"+OK\r\n"
    roomy = due_night(sandbox, fans=5)
    wait_for(lambda: is_saved_under_a_supervisor(here, roomy), "the saves after the next message")

    # A worker whose Redis turns read-only ends.
    assert here.send_to_valkey("REPLICAOF 127.0.0.1 1") == b"+OK\r\n"
    assert here.workers[-1].wait(60) == 1
    assert here.send_to_valkey("REPLICAOF NO ONE") == b"+OK\r\n"
    writable = due_night(sandbox, fans=5)
    wait_for(lambda: is_saved_under_a_supervisor(here, writable), "the saves of the new worker")
    assert beat.exit_code is None


def is_saved_under_a_supervisor(here: Machine, campaign: Campaign) -> bool:
    """A worker that Redis refuses to serve may end; compose starts it again."""
    if here.workers[-1].exit_code is not None:
        here.start_worker()
    return states(campaign) == {"saved": 5}


def test_a_whole_night_without_redis_under_a_crowd_of_visitors(
    machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    """The release worker saves; landing pages, consents and receipts know of nothing."""
    campaign = due_night(sandbox, fans=150)
    sandbox.add_fans(170)
    here = machine(rate=50)
    here.valkey.stop()
    here.start_web()
    here.start_release_worker(changes={"REDIS_URL": NOWHERE})
    landing = f"{settings.PUBLIC_URL}/{campaign.slug}"
    late = [f"fan-{number}" for number in range(151, 171)]

    with ThreadPoolExecutor(8) as pool:
        pages = [pool.submit(requests.get, landing, timeout=60) for _ in range(200)]
        receipts = list(pool.map(lambda account: fans.pre_save(landing, account), late))
        assert {page.result().status_code for page in pages} == {200}
    assert len(set(receipts)) == 20

    wait_for(lambda: states(campaign) == {"saved": 170}, "the last save")
    assert sum(ALBUM_URI in library for library in sandbox.libraries().values()) == 170
    assert DailyCount.objects.totals_of(campaign.id).saved == 170
    check_books(campaign)


def test_a_worker_that_could_not_acknowledge_its_messages_takes_new_ones(
    machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    """It holds as many as it may, so that it waits for none of Redis' answers when Redis goes."""
    campaign = due_night(sandbox, fans=100)
    here = machine(rate=20)
    worker = here.start_worker()
    here.start_beat()
    wait_for(lambda: states(campaign).get("sent", 0) > 30, "both children at work")
    here.valkey.process.kill9()
    wait_for(lambda: "Couldn't ack" in worker.log, "the first that Redis is not told of")
    wait_for(lambda: states(campaign).keys() <= {"sent", "saved"}, "the end of its tasks")
    here.valkey.stop()
    here.valkey.start()
    later = due_night(sandbox, fans=5)
    wait_for(lambda: states(later) == {"saved": 5}, "the saves after the next message")
    assert worker.exit_code is None
