"""Whether a small campaign waits for a large one that is due at the same time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import environment
from benchmarks.limit import PATIENCE_SECONDS, WORKERS, idle_workers
from benchmarks.report import Line, Table
from embedded import processes

if TYPE_CHECKING:
    from campaigns.models import Campaign

SMALL: Final = 1_000
LARGE: Final = 50_000
CAP: Final = 200.0
LATENCY_MS: Final = 50


def measure(directory: Path) -> Table:
    with environment.server(directory, "benchmarks.responder", f"--latency-ms={LATENCY_MS}"):
        alone = time_small_campaign(directory, alongside=0)
        together = time_small_campaign(directory, alongside=LARGE)
    return Table(
        "Sharing the pace",
        f"A campaign of {SMALL:,} fans alone, and due together with one of {LARGE:,}; {WORKERS} "
        f"worker processes, {CAP:.0f} saves a second for all. benchmarks/responder.py answered.",
        [
            Line("the small campaign alone", f"{alone:.1f} s"),
            Line("the small campaign alongside the large one", f"{together:.1f} s"),
            Line.at_most("together to alone", together / alone, 2.5, " times"),
        ],
    )


def time_small_campaign(directory: Path, alongside: int) -> float:
    """Seconds from the common release time to the small campaign's last save."""
    from campaigns.models import DailyCount

    environment.forget_everything()
    due = [make_fans(SMALL)] + ([make_fans(alongside)] if alongside else [])
    with idle_workers(directory, CAP):
        environment.let_go(*due)
        began = time.monotonic()
        processes.wait_until(
            lambda: DailyCount.objects.totals_of(due[0].id).saved == SMALL,
            PATIENCE_SECONDS,
            "The last save",
        )
        return time.monotonic() - began


def make_fans(count: int) -> Campaign:
    return environment.make_due(f"{number:0150d}" for number in range(count))
