"""Whether everybody in a rush of fans ends at a receipt, and whether a release and the fans who
consent meanwhile notice editors and made-up returns that come as fast as they can.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from benchmarks import environment
from benchmarks.limit import idle_workers
from benchmarks.report import Line, Table
from embedded import processes
from embedded.stack import Stack
from tests.rush import PATIENCE_SECONDS, READING_SECONDS, Rush, browser, come, tap

if TYPE_CHECKING:
    from campaigns.models import Campaign
    from tests.sandbox_process import Sandbox

DEFAULT_RATE: Final = 10.0
FAST_RATE: Final = 50.0
LATENCY_MS: Final = 50
FEW, FEW_AT_ONCE = 300, 8
MANY, MANY_WITHIN_SECONDS = 2_000, 60.0
EDITORS: Final = 10
JUNK_A_SECOND: Final = 30.0
REAL_FANS: Final = 60
REAL_WITHIN_SECONDS: Final = 25.0


def measure(directory: Path) -> Table:
    few = _rush(directory, DEFAULT_RATE, FEW, at_once=FEW_AT_ONCE)
    many = _rush(directory, FAST_RATE, MANY, within=MANY_WITHIN_SECONDS)
    alone, _ = _release(directory, besieged=False)
    besieged, real = _release(directory, besieged=True)
    return Table(
        "Rushes",
        f"All fans, editors and made-up returns come from one address; one web process, "
        f"{LATENCY_MS} ms per call. A fan loads the page that waits again when it says so and taps "
        f"once. The release has {FEW} fans at {DEFAULT_RATE:.0f} saves a second; meanwhile "
        f"{EDITORS} editors post look-ups as fast as they can, {JUNK_A_SECOND:.0f} made-up returns "
        f"come each second, and {REAL_FANS} fans consent.",
        [
            *_of_rushes(few, many),
            *_of_releases(alone, besieged, real),
        ],
    )


def _of_rushes(few: Rush, many: Rush) -> list[Line]:
    return [
        Line.at_most(
            f"of {FEW} fans, {FEW_AT_ONCE} at a time, without a receipt", len(few.refused), 0
        ),
        Line("the longest wait of theirs", f"{few.longest:.0f} s"),
        Line.at_most(
            f"of {MANY:,} fans within a minute, SPOTIFY_MAX_RATE={FAST_RATE:.0f}, without one",
            len(many.refused),
            0,
        ),
        Line("the longest wait of theirs", f"{many.longest:.0f} s"),
    ]


def _of_releases(alone: float, besieged: float, real: Rush) -> list[Line]:
    return [
        Line.at_most(
            f"of {REAL_FANS} fans during the besieged release, without one",
            len(real.refused),
            0,
        ),
        Line("the longest wait of theirs", f"{real.longest:.0f} s"),
        Line("the release alone", f"{alone:.1f} s"),
        Line.at_most("the besieged release to it", besieged / alone, 1.15, " times"),
    ]


@contextmanager
def _site(directory: Path, rate: float) -> Iterator[tuple[Sandbox, str]]:
    from django.core.management import call_command

    from tests.sandbox_process import Sandbox

    environment.forget_everything()
    call_command("collectstatic", interactive=False, verbosity=0)
    url, sandbox = os.environ["PUBLIC_URL"], Sandbox()
    environment.point_to(sandbox.url)
    sandbox.add_album()
    sandbox.set(latency_ms=LATENCY_MS)
    stack = Stack(
        directory,
        {**os.environ, "SPOTIFY_MAX_RATE": str(rate)},
        int(url.rpartition(":")[2]),
    )
    try:
        stack.start_web()
        yield sandbox, url
    finally:
        stack.web.stop()
        sandbox.stop()


def _rush(directory: Path, rate: float, fans: int, at_once: int = 0, within: float = 0.0) -> Rush:
    from tests.factory import make_campaign

    with _site(directory, rate) as (sandbox, url):
        sandbox.add_fans(fans)
        return asyncio.run(
            come(f"{url}{make_campaign().get_absolute_url()}", fans, at_once, within)
        )


def _release(directory: Path, *, besieged: bool) -> tuple[float, Rush]:
    """The seconds from the release to its last save of those who had pre-saved before."""
    from tests.factory import make_campaign

    with _site(directory, DEFAULT_RATE) as (sandbox, url):
        campaign = environment.make_due(sandbox.permissions(FEW).values())
        other = f"{url}{make_campaign(slug='another').get_absolute_url()}"
        cookies = [_editor(campaign) for _ in range(EDITORS)] if besieged else []
        with idle_workers(directory, DEFAULT_RATE):
            environment.let_go(campaign)
            return asyncio.run(_live_through(campaign, url, other, cookies))


async def _live_through(
    campaign: Campaign, url: str, other: str, cookies: list[str]
) -> tuple[float, Rush]:
    siege = [asyncio.create_task(_look_up_often(url, cookie)) for cookie in cookies]
    if cookies:
        siege.append(asyncio.create_task(_junk_often(other)))
    real = asyncio.create_task(come(other, REAL_FANS, within=REAL_WITHIN_SECONDS))
    began = time.monotonic()
    await asyncio.to_thread(
        processes.wait_until, lambda: _all_sent(campaign), PATIENCE_SECONDS, "The last save"
    )
    seconds = time.monotonic() - began
    rush = await real
    for task in siege:
        task.cancel()
    await asyncio.gather(*siege, return_exceptions=True)
    return seconds, rush


def _all_sent(campaign: Campaign) -> bool:
    from campaigns.models import PreSave

    return not PreSave.objects.filter(campaign=campaign, sent_at=None).exists()


def _editor(campaign: Campaign) -> str:
    from django.test import Client

    from campaigns.models import Membership, Role, User

    number = User.objects.count()
    user = User.objects.create_user(email=f"editor-{number}@example.com", password=None)
    Membership.objects.create(label=campaign.label, user=user, role=Role.EDITOR)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


async def _look_up_often(url: str, cookie: str) -> None:
    async with browser() as one:
        for pair in cookie.split("; "):
            name, _, value = pair.partition("=")
            one.cookie_jar.update_cookies({name: value})
        async with one.get(f"{url}/dashboard/new") as answer:
            token = re.findall('name="csrfmiddlewaretoken" value="([^"]+)"', await answer.text())[0]
        form = {"csrfmiddlewaretoken": token, "look_up": "1", "upc": "609008295069"}
        while True:
            async with one.post(
                f"{url}/dashboard/new", data=form, headers={"Origin": url}
            ) as answer:
                await answer.read()


async def _junk_often(landing: str) -> None:
    began, sent = time.monotonic(), 0
    async with asyncio.TaskGroup() as group:
        while True:
            group.create_task(_junk(landing))
            sent += 1
            await asyncio.sleep(max(0.0, began + sent / JUNK_A_SECOND - time.monotonic()))


async def _junk(landing: str) -> None:
    async with browser() as one:
        asked = parse_qs(urlsplit(await tap(one, landing)).query)
        await asyncio.sleep(READING_SECONDS)
        back = f"{asked['redirect_uri'][0]}?code=junk&state={asked['state'][0]}"
        async with one.get(back, allow_redirects=False) as answer:
            await answer.read()
