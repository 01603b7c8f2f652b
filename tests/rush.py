"""Fans who come in numbers: each taps once, says yes at Spotify, and loads the page that waits
again when it says so.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

import aiohttp

# How long a fan reads Spotify's page.
READING_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 600
FROM_OUR_PAGE: Final = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Rush:
    """How fans fared: the seconds from the return to the receipt, who got none, and when the last
    of them was done, in seconds since 1970.
    """

    waits: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    ended: float = 0.0

    @property
    def longest(self) -> float:
        return max(self.waits, default=0.0)


async def come(landing: str, fans: int, at_once: int = 0, within: float = 0.0) -> Rush:
    """`fans` of them, spread over `within` seconds and no more than `at_once` at a time."""
    rush, room = Rush(), asyncio.Semaphore(at_once or fans)

    async def one(number: int) -> None:
        await asyncio.sleep(within * number / fans)
        async with room:
            await _pre_save(landing, f"fan-{number + 1}", rush)

    await asyncio.gather(*(one(number) for number in range(fans)))
    rush.ended = time.time()
    return rush


async def _pre_save(landing: str, account: str, rush: Rush) -> None:
    async with browser() as fan:
        back = await _through_spotify(fan, landing, account)
        began = time.monotonic()
        while True:
            async with fan.get(back, allow_redirects=False) as answer:
                seconds, status = answer.headers.get("Refresh"), answer.status
                text = await answer.text()
            if not seconds or time.monotonic() - began > PATIENCE_SECONDS:
                break
            await asyncio.sleep(int(seconds))
    if status == 303:
        rush.waits.append(time.monotonic() - began)
    else:
        rush.refused.append(f"{account}: {status} {re.findall('<h1>([^<]*)', text)}")


async def _through_spotify(fan: aiohttp.ClientSession, landing: str, account: str) -> str:
    """Tap, read, agree; the answer is the address that leads back."""
    at_spotify = await tap(fan, landing)
    await asyncio.sleep(READING_SECONDS)
    form = {name: values[0] for name, values in parse_qs(urlsplit(at_spotify).query).items()}
    form |= {"account": account, "decision": "allow"}
    async with fan.post(at_spotify.partition("?")[0], data=form, allow_redirects=False) as answer:
        return answer.headers["Location"]


async def tap(fan: aiohttp.ClientSession, landing: str) -> str:
    async with fan.get(f"{landing}/go", headers=FROM_OUR_PAGE, allow_redirects=False) as answer:
        return answer.headers["Location"]


def browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=60)
    )
