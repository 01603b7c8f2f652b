"""How many landing pages a web process answers, next to a view that does nothing; and what a flood
of forged returns from Spotify does.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Final

import aiohttp

from benchmarks import environment
from benchmarks.report import Line, Table
from embedded.stack import Stack
from tests.sandbox_process import Sandbox

SECONDS: Final = 3.0
ROUNDS: Final = 7
AT_ONCE: Final = 16
PAGES: Final = 400
LANGUAGES: Final = ("", "en", "es", "pt-br", "de", "fr", "ja")
FLOOD: Final = 1000.0
FLOOD_SECONDS: Final = 10.0
# As measured with time.thread_time around each step, on a quiet machine.
WHERE_TIME_GOES: Final = (
    "That takes 0.8 ms of the process: a sixth is what the empty view does too, a third the one "
    "query, a quarter dates, addresses and digests in words, a tenth the page around them, which "
    "the template has made for another campaign before (campaigns/fan/prepared_page.py), and the "
    "rest its headers and keeping it. When the template ran for each campaign it took 5 ms, "
    "0.05 to 0.08 times the empty view: its tags 46 %, two queries, which Django put into SQL "
    "each time, 29 %, dates and addresses 13 %."
)
PATIENCE: Final = aiohttp.ClientTimeout(total=30)


def measure(directory: Path) -> Table:
    environment.forget_everything()
    paths = make_pages()
    with web(directory) as (url, sandbox):
        # In turns, so that what else the machine does meets all alike; and each round compared in
        # itself, as it goes up and down with the machine.
        compared = [["/empty-view"], paths[:1], [f"/one-query{paths[0]}"], paths]
        rounds = [[asyncio.run(rate(url, those)) for those in compared] for _ in range(ROUNDS)]
        empty, one, query, many = (median(column) for column in zip(*rounds, strict=True))
        to_empty = [[answered / turn[0] for answered in turn] for turn in rounds]
        _, one_to, query_to, many_to = (median(column) for column in zip(*to_empty, strict=True))
        rows_before = count_rows()
        sent, slowest = asyncio.run(flood(url, paths[0]))
        lines = flood_lines(sent, slowest, len(sandbox.calls()), count_rows() - rows_before)
    return Table(
        "Landing page",
        f"One web process as in docker-compose.yml, {AT_ONCE} requests at once; the medians of "
        f"{ROUNDS} rounds in turns, and of what is compared within each round. The empty view goes "
        "through the same middleware, the query past Django's models. No HTTP cache stands before "
        "the process, which itself keeps a page for a second: one campaign's is nearly always the "
        f"kept one, the {PAGES} campaigns' are made anew each time. "
        f"{WHERE_TIME_GOES}",
        [
            Line("the empty view", f"{empty:.0f} requests/s"),
            Line("the landing page of one campaign", f"{one:.0f} requests/s"),
            Line("a view that does one query and nothing else", f"{query:.0f} requests/s"),
            Line(f"the landing pages of {PAGES} campaigns in turn", f"{many:.0f} requests/s"),
            Line.at_least("one campaign's to the empty view", one_to, 0.5, " times"),
            Line("one query's to the empty view", f"{query_to:.3g} times"),
            Line.at_least(f"{PAGES} campaigns' to the empty view", many_to, 0.2, " times"),
            *lines,
        ],
    )


def flood_lines(sent: float, slowest: float, calls: int, rows: int) -> list[Line]:
    return [
        Line(f"forged returns answered, of {FLOOD:.0f} a second", f"{sent:.0f} a second"),
        Line.at_most("calls to Spotify after that flood", calls, 0),
        Line.at_most("rows after that flood", rows, 0),
        Line("slowest landing page during the flood", f"{slowest * 1000:.0f} ms"),
    ]


def make_pages() -> list[str]:
    from demo.cover import draw_cover
    from tests import scenes
    from tests.factory import make_campaign

    cover = scenes.store_cover(draw_cover())
    return [make_campaign(**cover).get_absolute_url() for _ in range(PAGES)]


def count_rows() -> int:
    from campaigns.models import PreSave, SpentState

    return PreSave.objects.count() + SpentState.objects.count()


@contextmanager
def web(directory: Path) -> Iterator[tuple[str, Sandbox]]:
    """The web process with the empty view next to the product's, and the sandbox as its Spotify."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    url = os.environ["PUBLIC_URL"]
    sandbox = Sandbox()
    settings = {
        **os.environ,
        **sandbox.environment,
        "DJANGO_SETTINGS_MODULE": "benchmarks.page_settings",
    }
    stack = Stack(directory, settings, int(url.rpartition(":")[2]))
    try:
        stack.start_web()
        yield url, sandbox
    finally:
        stack.web.stop()
        sandbox.stop()


async def rate(url: str, paths: list[str]) -> float:
    """Answers a second, after some to warm up."""
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:
        await ask(session, url, paths, SECONDS / 4)
        return await ask(session, url, paths, SECONDS) / SECONDS


async def ask(session: aiohttp.ClientSession, url: str, paths: list[str], seconds: float) -> int:
    until, turn, answered = time.monotonic() + seconds, cycle(paths), 0

    async def one_after_another() -> None:
        nonlocal answered
        while time.monotonic() < until:
            async with session.get(url + next(turn)) as answer:
                await answer.read()
                answer.raise_for_status()
            answered += 1

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    return answered


async def flood(url: str, landing: str) -> tuple[float, float]:
    """Forged returns at FLOOD a second; answers how many were answered in a second, and how long
    the slowest landing page took meanwhile.
    """
    connector = aiohttp.TCPConnector(limit=200)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session:
        began = time.monotonic()
        visits = asyncio.create_task(visit(session, url + landing, began + FLOOD_SECONDS))
        forged = []
        for number in range(int(FLOOD * FLOOD_SECONDS)):
            await asyncio.sleep(max(0, began + number / FLOOD - time.monotonic()))
            forged.append(asyncio.create_task(forge(session, url, number)))
        await asyncio.gather(*forged)
        took = time.monotonic() - began
        return len(forged) / took, await visits


async def forge(session: aiohttp.ClientSession, url: str, number: int) -> None:
    """Each names another campaign, in one language after the other."""
    language = LANGUAGES[number % len(LANGUAGES)]
    state = f"night-bus-{number}.{language}.{number:043d}.{'0' * 32}"
    async with session.get(f"{url}/callback?code=forged&state={state}") as answer:
        assert answer.status == 400
        await answer.read()


async def visit(session: aiohttp.ClientSession, landing: str, until: float) -> float:
    slowest = 0.0
    while time.monotonic() < until:
        began = time.monotonic()
        async with session.get(landing) as answer:
            answer.raise_for_status()
            await answer.read()
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.1)
    return slowest
