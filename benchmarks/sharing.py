"""Whether a small campaign waits for a large one that is due at the same moment."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from benchmarks import environment
from benchmarks.limit import PATIENCE_SECONDS, WORKERS, workers
from benchmarks.report import Line, Table
from embedded import processes

SMALL: Final = 1_000
LARGE: Final = 50_000
CAP: Final = 200.0
LATENCY_MS: Final = 50


def measure(directory: Path) -> Table:
    with environment.server(directory, "benchmarks.responder", f"--latency-ms={LATENCY_MS}"):
        alone = time_small_campaign(directory, beside=0)
        together = time_small_campaign(directory, beside=LARGE)
    return Table(
        "Sharing the pace",
        f"A campaign of {SMALL:,} fans alone, and due together with one of {LARGE:,}; {WORKERS} "
        f"worker processes, {CAP:.0f} saves a second for all. benchmarks/responder.py answered.",
        [
            Line("the small campaign alone", f"{alone:.1f} s"),
            Line("the small campaign beside the large one", f"{together:.1f} s"),
            Line.at_most("beside to alone", together / alone, 2.5, " times"),
        ],
    )


def time_small_campaign(directory: Path, beside: int) -> float:
    """Seconds from the workers' first save to the small campaign's last."""
    from campaigns import stats
    from campaigns.models import PreSave

    environment.forget_everything()
    if beside:
        environment.make_due(f"{number:0150d}" for number in range(beside))
    small = environment.make_due(f"{number:0150d}" for number in range(SMALL))
    with workers(directory, CAP):
        processes.wait_until(
            lambda: PreSave.objects.filter(state="saved").exists(),
            PATIENCE_SECONDS,
            "The first save",
        )
        began = time.monotonic()
        processes.wait_until(
            lambda: stats.totals(small.id).saved == SMALL, PATIENCE_SECONDS, "The last save"
        )
        return time.monotonic() - began
