"""Whether a flood of visits is counted while a release runs, and whether the release notices."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp

from benchmarks import environment
from benchmarks.limit import PATIENCE_SECONDS, WORKERS, idle_workers
from benchmarks.report import Line, Table
from embedded import processes
from embedded.stack import Stack

if TYPE_CHECKING:
    from campaigns.models import Campaign

FANS: Final = 6_000
CAP: Final = 100.0
LATENCY_MS: Final = 50
VISITS: Final = 10_000
VISITS_A_SECOND: Final = 200.0
# Names in turn, each as often as the others: more than a campaign counts apart.
NAMES: Final = 100
FROM_OUR_PAGE: Final = {"Sec-Fetch-Site": "same-origin"}
PATIENCE: Final = aiohttp.ClientTimeout(total=60)


@dataclass(frozen=True)
class Flood:
    """How long the slowest visit took, and the last count after the last visit."""

    slowest: float = 0.0
    counted_after: float = 0.0
    counted: int = 0


def measure(directory: Path) -> Table:
    with (
        environment.server(directory, "benchmarks.responder", f"--latency-ms={LATENCY_MS}"),
        web(directory) as url,
    ):
        alone, _ = release(directory, "")
        together, flood = release(directory, url)
    return Table(
        "Visits during a release",
        f"A release of {FANS:,} fans alone, and while {VISITS:,} visits come to its page, "
        f"{VISITS_A_SECOND:.0f} a second under {NAMES} made-up names; {WORKERS} worker processes, "
        f"{CAP:.0f} saves a second for both, one web process as in docker-compose.yml. "
        "benchmarks/responder.py answered for Spotify.",
        [
            Line("visits counted", f"{flood.counted:,}", f"{VISITS:,}", flood.counted == VISITS),
            Line.at_most("from the last visit to its count", flood.counted_after, 60, " s"),
            Line("slowest answer to a visit", f"{flood.slowest * 1000:.0f} ms"),
            Line("the release alone", f"{alone:.1f} saves/s"),
            Line("the release with the visits", f"{together:.1f} saves/s"),
            Line.at_least("pace, with the visits to alone", together / alone, 0.97, " times"),
        ],
    )


@contextmanager
def web(directory: Path) -> Iterator[str]:
    url = os.environ["PUBLIC_URL"]
    stack = Stack(directory, os.environ, int(url.rpartition(":")[2]))
    try:
        stack.start_web()
        yield url
    finally:
        stack.web.stop()


def release(directory: Path, url: str) -> tuple[float, Flood]:
    """Saves a second, from the first that was sent to the last; with an address, visits come to it
    meanwhile.
    """
    from campaigns.models import DailyCount

    environment.forget_everything()
    campaign = environment.make_due(f"{number:0150d}" for number in range(FANS))
    with idle_workers(directory, CAP), ThreadPoolExecutor(1) as pool:
        environment.let_go(campaign)
        address = f"{url}{campaign.get_absolute_url()}/visit"
        slowest = pool.submit(asyncio.run, visit_often(address)) if url else None
        processes.wait_until(
            lambda: DailyCount.objects.totals_of(campaign.id).saved == FANS,
            PATIENCE_SECONDS,
            "The last save",
        )
        return _pace(campaign), _counted(campaign, slowest.result()) if slowest else Flood()


def _pace(campaign: Campaign) -> float:
    """Without the looks into the catalogue before and after, which wait and do not work."""
    from django.db.models import Max, Min

    sent = campaign.presaves.aggregate(first=Min("sent_at"), last=Max("sent_at"))
    return FANS / float((sent["last"] - sent["first"]).total_seconds())


async def visit_often(address: str) -> float:
    connector = aiohttp.TCPConnector(limit=100)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session:
        began, visits = time.monotonic(), []
        for number in range(VISITS):
            await asyncio.sleep(max(0, began + number / VISITS_A_SECOND - time.monotonic()))
            visits.append(asyncio.create_task(visit(session, address, f"name-{number % NAMES}")))
        return max(await asyncio.gather(*visits))


async def visit(session: aiohttp.ClientSession, address: str, source: str) -> float:
    began = time.monotonic()
    async with session.post(address, data={"src": source}, headers=FROM_OUR_PAGE) as answer:
        assert answer.status == 204
    return time.monotonic() - began


def _counted(campaign: Campaign, slowest: float) -> Flood:
    from campaigns.models import Funnel, SourceCount

    def visits() -> int:
        return sum(SourceCount.objects.by_source(campaign.id).values(), Funnel()).visits

    began = time.monotonic()
    while visits() < VISITS and time.monotonic() < began + 60:
        time.sleep(0.1)
    return Flood(slowest, time.monotonic() - began, visits())
