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
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import aiohttp

from benchmarks import environment
from benchmarks.limit import idle_workers
from benchmarks.report import Line, Table
from embedded import processes
from embedded.stack import Stack

if TYPE_CHECKING:
    from campaigns.models import Campaign
    from tests.sandbox_process import Sandbox

DEFAULT_RATE: Final = 10.0
FAST_RATE: Final = 50.0
LATENCY_MS: Final = 50
FEW, FEW_AT_ONCE = 300, 8
MANY, MANY_WITHIN_SECONDS = 2_000, 60.0
# Refreshes and code exchanges in any 30 seconds.
TOKEN_LIMIT, SHARING_FANS, SHARING_CONSENTS = 300, 600, 500
IDEAL_SECONDS: Final = (SHARING_FANS + SHARING_CONSENTS) / (TOKEN_LIMIT / 30)
EDITORS: Final = 10
JUNK_A_SECOND: Final = 30.0
REAL_FANS: Final = 60
REAL_WITHIN_SECONDS: Final = 25.0
# How long a fan reads Spotify's page.
READING_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 600
FROM_OUR_PAGE: Final = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Rush:
    """How fans fared: the seconds from the return to the receipt, and who got none."""

    waits: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    ended: float = 0.0

    @property
    def longest(self) -> float:
        return max(self.waits, default=0.0)


def measure(directory: Path) -> Table:
    few = _rush(directory, DEFAULT_RATE, FEW, at_once=FEW_AT_ONCE)
    many = _rush(directory, FAST_RATE, MANY, within=MANY_WITHIN_SECONDS)
    alone, _ = _release(directory, besieged=False)
    besieged, real = _release(directory, besieged=True)
    shared, consents = _share_a_limit(directory)
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
            *_of_the_limit(shared, consents),
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


def _of_the_limit(shared: float, consents: Rush) -> list[Line]:
    return [
        Line.at_most(
            f"{SHARING_FANS} saves and {SHARING_CONSENTS} consents under a limit of "
            f"{TOKEN_LIMIT} tokens in 30 s, to the {IDEAL_SECONDS:.0f} s that it takes",
            shared / IDEAL_SECONDS,
            1.15,
            " times",
        ),
        Line.at_most("of these consents without a receipt", len(consents.refused), 0),
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
            _come(f"{url}{make_campaign().get_absolute_url()}", fans, at_once, within)
        )


async def _come(landing: str, fans: int, at_once: int = 0, within: float = 0.0) -> Rush:
    rush, room = Rush(), asyncio.Semaphore(at_once or fans)

    async def come(number: int) -> None:
        await asyncio.sleep(within * number / fans)
        async with room:
            await _pre_save(landing, f"fan-{number + 1}", rush)

    await asyncio.gather(*(come(number) for number in range(fans)))
    rush.ended = time.monotonic()
    return rush


async def _pre_save(landing: str, account: str, rush: Rush) -> None:
    async with _browser() as browser:
        back = await _through_spotify(browser, landing, account)
        began = time.monotonic()
        while True:
            async with browser.get(back, allow_redirects=False) as answer:
                seconds, status = answer.headers.get("Refresh"), answer.status
                text = await answer.text()
            if not seconds or time.monotonic() - began > PATIENCE_SECONDS:
                break
            await asyncio.sleep(int(seconds))
    if status == 303:
        rush.waits.append(time.monotonic() - began)
    else:
        rush.refused.append(f"{account}: {status} {re.findall('<h1>([^<]*)', text)}")


async def _through_spotify(browser: aiohttp.ClientSession, landing: str, account: str) -> str:
    """Tap, read, agree; the answer is the address that leads back."""
    at_spotify = await _tap(browser, landing)
    await asyncio.sleep(READING_SECONDS)
    form = {name: values[0] for name, values in parse_qs(urlsplit(at_spotify).query).items()}
    form |= {"account": account, "decision": "allow"}
    async with browser.post(
        at_spotify.partition("?")[0], data=form, allow_redirects=False
    ) as answer:
        return answer.headers["Location"]


async def _tap(browser: aiohttp.ClientSession, landing: str) -> str:
    async with browser.get(f"{landing}/go", headers=FROM_OUR_PAGE, allow_redirects=False) as answer:
        return answer.headers["Location"]


def _browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=60)
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
    real = asyncio.create_task(_come(other, REAL_FANS, within=REAL_WITHIN_SECONDS))
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


def _share_a_limit(directory: Path) -> tuple[float, Rush]:
    """The seconds until a release's fans are saved and others have consented, under a limit of the
    token endpoint that nobody was told.
    """
    from tests.factory import make_campaign

    with _site(directory, FAST_RATE) as (sandbox, url):
        campaign = environment.make_due(sandbox.permissions(SHARING_FANS).values())
        other = f"{url}{make_campaign(slug='another').get_absolute_url()}"
        sandbox.set(token_rate_limit=TOKEN_LIMIT, enforce_ban=True)
        with idle_workers(directory, FAST_RATE):
            environment.let_go(campaign)
            return asyncio.run(_share(campaign, other))


async def _share(campaign: Campaign, other: str) -> tuple[float, Rush]:
    began = time.monotonic()
    rush = asyncio.create_task(_come(other, SHARING_CONSENTS, within=MANY_WITHIN_SECONDS))
    await asyncio.to_thread(
        processes.wait_until, lambda: _all_sent(campaign), PATIENCE_SECONDS, "The last save"
    )
    return max(time.monotonic() - began, (await rush).ended - began), await rush


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
    async with _browser() as browser:
        for pair in cookie.split("; "):
            name, _, value = pair.partition("=")
            browser.cookie_jar.update_cookies({name: value})
        async with browser.get(f"{url}/dashboard/new") as answer:
            token = re.findall('name="csrfmiddlewaretoken" value="([^"]+)"', await answer.text())[0]
        form = {"csrfmiddlewaretoken": token, "look_up": "1", "upc": "609008295069"}
        while True:
            async with browser.post(
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
    async with _browser() as browser:
        asked = parse_qs(urlsplit(await _tap(browser, landing)).query)
        await asyncio.sleep(READING_SECONDS)
        back = f"{asked['redirect_uri'][0]}?code=junk&state={asked['state'][0]}"
        async with browser.get(back, allow_redirects=False) as answer:
            await answer.read()
