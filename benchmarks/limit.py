"""How close to Spotify's limit the engine goes: a rolling window of 30 seconds whose size it is not
told.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import environment
from benchmarks.report import Line, Table
from embedded import processes

FANS: Final = 20_000
WORKERS: Final = 2
LATENCY_MS: Final = 50
# Saves in any 30 seconds; the ideal is to fill every window and never exceed one.
LIMIT: Final = 6_000
IDEAL_SECONDS: Final = FANS / (LIMIT / 30)
# Three times the limit: an operator who knows nothing of it. At much more the answer would be how
# many calls two saturated cores have in flight when the first window is full.
CAP_UNTOLD: Final = 600.0
CAP_RIGHT: Final = LIMIT / 30
# A call that Spotify gets so soon after it answered 429 was on its way before the answer was here.
ON_THEIR_WAY_MS: Final = 100.0
PATIENCE_SECONDS: Final = 600


@dataclass(frozen=True)
class Night:
    seconds: float
    calls: int
    refused: int
    ages_in_ban: list[float]

    @property
    def to_ideal(self) -> float:
        return self.seconds / IDEAL_SECONDS

    @property
    def share_refused(self) -> float:
        return 100 * self.refused / self.calls


def measure(directory: Path) -> Table:
    untold, right = live_through(directory, CAP_UNTOLD), live_through(directory, CAP_RIGHT)
    early = [age for age in untold.ages_in_ban if age > ON_THEIR_WAY_MS]
    return Table(
        "Closeness to the limit",
        f"{FANS:,} fans, {WORKERS} worker processes, {LATENCY_MS} ms per call. The sandbox "
        f"answered, with a limit of {LIMIT:,} saves in any 30 seconds. Times are compared with the "
        f"ideal, {IDEAL_SECONDS:.0f} s at {LIMIT / 30:.0f} saves a second.",
        [
            Line.at_most(
                f"time to ideal, limit unknown (SPOTIFY_MAX_RATE={CAP_UNTOLD:.0f})",
                untold.to_ideal,
                1.10,
                " times",
            ),
            Line.at_most("saves answered 429", untold.share_refused, 0.5, " %"),
            Line.at_most(
                f"calls later than {ON_THEIR_WAY_MS:.0f} ms into a Retry-After", len(early), 0
            ),
            Line(
                "calls that were on their way when a 429 was sent, and the latest of them",
                f"{len(untold.ages_in_ban)}, {max(untold.ages_in_ban, default=0):.0f} ms",
            ),
            Line.at_most(
                f"time to ideal, cap set right (SPOTIFY_MAX_RATE={CAP_RIGHT:.0f})",
                right.to_ideal,
                1.03,
                " times",
            ),
            Line.at_most("saves answered 429, cap set right", right.share_refused, 0.5, " %"),
        ],
    )


def live_through(directory: Path, cap: float) -> Night:
    from campaigns.models import DailyCount
    from tests.sandbox_process import Sandbox

    environment.forget_everything()
    sandbox = Sandbox()
    try:
        environment.point_to(sandbox.url)
        sandbox.add_album()
        campaign = environment.make_due(sandbox.permissions(FANS).values())
        sandbox.set(rate_limit=LIMIT, enforce_ban=True, latency_ms=LATENCY_MS)
        with idle_workers(directory, cap):
            environment.let_go(campaign)
            began = time.monotonic()
            processes.wait_until(
                lambda: DailyCount.objects.totals_of(campaign.id).saved == FANS,
                PATIENCE_SECONDS,
                "The last save",
            )
            seconds = time.monotonic() - began
        return _told_by(sandbox, seconds)
    finally:
        sandbox.stop()


def _told_by(sandbox: Any, seconds: float) -> Night:
    saves: dict[str, int] = sandbox.get("summary")["by_endpoint"]["library"]
    ages = [call["ban_age_ms"] for call in calls_in_bans(sandbox)]
    return Night(seconds, sum(saves.values()), saves.get("429", 0), ages)


def calls_in_bans(sandbox: Any) -> Iterator[dict[str, Any]]:
    since, more = 0, True
    while more:
        page = sandbox.get(f"calls?endpoint=library&since={since}")
        yield from (call for call in page["calls"] if call["inside_ban"])
        since, more = page["next_since"], page["more"]


@contextmanager
def idle_workers(directory: Path, cap: float) -> Iterator[None]:
    """Release workers that look for work, and find none before a campaign is let go."""
    started = [
        processes.spawn(
            [sys.executable, "manage.py", "release_worker"],
            env={**os.environ, "SPOTIFY_MAX_RATE": str(cap)},
            log_path=directory / f"worker-{number}.log",
        )
        for number in range(WORKERS)
    ]
    try:
        environment.wait_for_connections(WORKERS)
        yield
    finally:
        for worker in started:
            worker.stop()
