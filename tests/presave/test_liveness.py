"""Processes that hang end themselves. They have seconds for it here, and a minute in production."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded.processes import Process, spawn
from presave import liveness

SHORTER = """
from presave import liveness
liveness.LONGEST_SILENCE_SECONDS = liveness.LONGEST_FAREWELL_SECONDS = 0.5
liveness.SIGN_EVERY_SECONDS = 0.1
"""
# Python waits for nothing here, and lets no thread of its own in between.
HANG = "import re; re.match('(a+)+$', 'a' * 60 + 'b')"
LIVE = """
import asyncio, time
from presave import web

async def receive():
    return (await events.get())

async def main():
    global events
    events = asyncio.Queue()
    events.put_nowait({"type": "lifespan.startup"})
    life = asyncio.create_task(web.application({"type": "lifespan"}, receive, told))
    await asyncio.sleep(1)  # longer than it may be silent
    MEANWHILE
    events.put_nowait({"type": "lifespan.shutdown"})
    await life
    time.sleep(1)  # nothing is expected of it any more
    print("ended well", flush=True)

async def told(event):
    print(event["type"], flush=True)

asyncio.run(main())
"""

Run = Callable[[str], Process]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started: list[Process] = []

    def start(code: str) -> Process:
        command = [sys.executable, "-c", SHORTER + code]
        started.append(spawn(command, None, tmp_path / "process.log"))
        return started[-1]

    yield start
    for process in started:
        process.kill9()


def test_a_process_that_hangs_ends_and_says_where(run: Run) -> None:
    process = run(f"liveness.show_sign()\n{HANG}")
    assert process.wait(60) == 1
    assert "Timeout" in process.log
    assert 'File "<string>", line' in process.log


def test_one_that_shows_signs_or_may_be_silent_lives(run: Run) -> None:
    code = "import time\nfor _ in range(8):\n    liveness.show_sign()\n    time.sleep(0.1)\n"
    process = run(f"{code}liveness.expect_none()\ntime.sleep(1)")
    assert process.wait(60) == 0


def test_one_that_was_told_to_end_has_no_more_time_whatever_it_shows(run: Run) -> None:
    signs = "while True:\n    liveness.show_sign()\n    liveness.expect_none()\n    time.sleep(0.1)"
    process = run(f"import time\nliveness.end_soon()\n{signs}")
    assert process.wait(60) == 1


def test_docker_would_wait_longer() -> None:
    assert liveness.LONGEST_FAREWELL_SECONDS < 10
    assert liveness.LONGEST_SILENCE_SECONDS + liveness.SIGN_EVERY_SECONDS < 60


def test_web_lives_while_its_loop_turns_and_its_threads_come_free(run: Run) -> None:
    process = run(LIVE.replace("MEANWHILE", ""))
    assert process.wait(60) == 0
    assert process.log.split() == [
        *("lifespan.startup.complete", "lifespan.shutdown.complete", "ended", "well")
    ]


@pytest.mark.parametrize(
    "meanwhile",
    [
        "time.sleep(60)",
        "_ = [web._threads.submit(time.sleep, 60) for _ in range(16)]; await asyncio.sleep(60)",
    ],
    ids=["the loop hangs", "no thread comes free"],
)
def test_web_ends_when_it_hangs(run: Run, meanwhile: str) -> None:
    process = run(LIVE.replace("MEANWHILE", meanwhile))
    assert process.wait(60) == 1
    assert "Timeout" in process.log


def test_a_beat_lives_until_it_hangs(run: Run) -> None:
    process = run(
        # It sleeps for two seconds between its messages.
        "liveness.LONGEST_SILENCE_SECONDS = 3\n"
        "import time\nfrom presave.celery import app\nfrom presave.beat import Scheduler\n"
        "from celery.beat import Service\n"
        "seconds = iter([0, 0, 0, 60])\n"
        "def send(*args, **kwargs):\n    print('sent', flush=True)\n    time.sleep(next(seconds))\n"
        "Scheduler.apply_entry = send\n"
        "Service(app, scheduler_cls=Scheduler).start()"
    )
    assert process.wait(60) == 1
    assert process.log.count("sent") == 4
    assert "in tick" in process.log


def test_a_worker_that_hangs_ends(run: Run, transactional_db: None) -> None:
    process = run(
        "liveness.LONGEST_SILENCE_SECONDS = 3\n"
        "import sys, time\n"
        "from celery.__main__ import main\nfrom celery.signals import worker_ready\n"
        "@worker_ready.connect\n"
        "def hang(sender, **kwargs):\n    sender.timer.call_after(1, time.sleep, (60,))\n"
        "sys.argv = 'celery -A presave worker --concurrency 1 --without-mingle'.split()\n"
        "main()"
    )
    assert process.wait(60) == 1
    assert "in asynloop" in process.log
