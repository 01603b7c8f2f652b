"""How fast one worker process saves, and what a fan costs it, next to three other designs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks import cost, environment, pairs
from benchmarks.cost import Cost, cpu_seconds
from benchmarks.report import Line, Table

LATENCY_MS: Final = 50
THREADS: Final = 64
# Enough fans that each design runs for some seconds.
FANS: Final = {
    "engine": 20_000,
    "thread_pool": 5_000,
    "thread_pool_in_blocks": 5_000,
    "task_per_fan": 4_000,
    "one_after_another": 100,
}
NAMES: Final = {
    "engine": "the engine",
    "thread_pool": f"spotipy in a pool of {THREADS} threads, each of which records its own fans",
    "thread_pool_in_blocks": "the same pool with the engine's own claims and records, in blocks",
    "task_per_fan": f"a Celery task per fan, spotipy, {THREADS} threads",
    "one_after_another": "one fan after another, spotipy",
}
FASTER: Final = 3.0
CHEAPER: Final = 0.45
PATIENCE_SECONDS: Final = 600


def measure(directory: Path, against: str = "") -> Table:
    """`against` is a commit whose engine takes turns with this one."""
    with environment.server(directory, "benchmarks.responder", f"--latency-ms={LATENCY_MS}"):
        found = {name: run(name, directory) for name in FANS}
        compared = pairs.lines(directory, against) if against else []
    engine, pool, blocks = (
        found[name] for name in ("engine", "thread_pool", "thread_pool_in_blocks")
    )
    lines = [Line(NAMES[name], str(one)) for name, one in found.items()]
    return Table(
        "Release throughput",
        f"One worker process, Postgres, {LATENCY_MS} ms per call. benchmarks/responder.py "
        "answered. Claiming a fan's row, opening the permission and recording the outcome are "
        "included on every side; CPU is the worker process's own, and Postgres' that of all its "
        "processes meanwhile.",
        [
            *lines,
            Line.at_least(
                "fans/s, engine to thread pool", engine.pace / pool.pace, FASTER, " times"
            ),
            Line.at_most(
                "CPU per fan, engine to thread pool", engine.cpu_ms / pool.cpu_ms, CHEAPER, " times"
            ),
            Line("fans/s, engine to pool in blocks", f"{engine.pace / blocks.pace:.2f} times"),
            Line(
                "CPU per fan, engine to pool in blocks",
                f"{engine.cpu_ms / blocks.cpu_ms:.2f} times",
            ),
            *compared,
        ],
    )


def run(name: str, directory: Path) -> Cost:
    environment.forget_everything()
    campaign = environment.make_due(f"{number:0150d}" for number in range(FANS[name]))
    environment.let_go(campaign)
    if name == "task_per_fan":
        return run_task_per_fan(FANS[name], directory)
    with cost.of_postgres() as postgres:
        took = run_design(name, str(campaign.id))
    if took["saved"] != FANS[name]:
        raise RuntimeError(f"{name} saved {took['saved']} of {FANS[name]} fans.")
    return Cost(took["saved"], took["seconds"], took["cpu"], postgres.seconds)


def run_design(name: str, campaign_id: str) -> dict[str, float]:
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.designs", name, campaign_id],
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=PATIENCE_SECONDS,
    ).stdout
    took: dict[str, float] = json.loads(output)
    return took


def run_task_per_fan(fans: int, directory: Path) -> Cost:
    """Publishing the tasks is part of the design, so its time and CPU count too."""
    from benchmarks import task_per_fan
    from campaigns.models import PreSave
    from embedded.processes import wait_until

    arguments = (
        *("-P", "threads", "-c", str(THREADS), "-Q", task_per_fan.QUEUE),
        *("--without-gossip", "--without-mingle"),
    )
    with (
        environment.celery(directory, "benchmarks.task_per_fan", *arguments) as worker,
        cost.of_postgres() as postgres,
    ):
        cpu_before, own_before, began = (
            cpu_seconds(worker.pid),
            time.process_time(),
            time.monotonic(),
        )
        for presave_id in PreSave.objects.values_list("id", flat=True):
            task_per_fan.save.delay(str(presave_id))
        published = time.process_time() - own_before
        wait_until(
            lambda: not PreSave.objects.pending().exists(),
            PATIENCE_SECONDS,
            "The last save",
            worker,
        )
        seconds = time.monotonic() - began
        cpu = cpu_seconds(worker.pid) - cpu_before + published
    return Cost(fans, seconds, cpu, postgres.seconds)
