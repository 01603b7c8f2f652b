"""Asks Apple and Deezer for the page of a UPC or ISRC: a few seconds, no redirect, and of the
answer a title, an artist and a link to the service's own host.

https://performance-partners.apple.com/search-api, https://developers.deezer.com/api
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

import aiohttp
from django.conf import settings

TOTAL_SECONDS: Final = 4.0
MOST_BYTES: Final = 200_000
LONGEST_TEXT: Final = 300
# So many of a web process's threads wait for others at once, and no more.
AT_ONCE: Final = 2
_turns: Final = BoundedSemaphore(AT_ONCE)
_TITLED: Final = re.compile(r"(/album)/[^/]+(/[0-9]+)$")


class FoundPage(NamedTuple):
    """What the service calls the release, and where it shows it; not checked by anybody yet."""

    title: str
    artist: str
    link: str


@dataclass(frozen=True)
class Answers:
    pages: list[FoundPage]
    # The services that did not answer.
    silent: list[str]


class _Catalogue(NamedTuple):
    name: str
    hosts: tuple[str, ...]
    addresses: list[str]
    read: Callable[[Any], tuple[Any, Any, Any]]


class _SilentError(Exception):
    """No answer, or none that can be read."""


def find(upc: str, isrc: str, country: str) -> Answers | None:
    """The pages of the release with this UPC; without one, of the recording with this ISRC, which
    only Deezer knows. None while too many ask at once.
    """
    catalogues = [_apple(upc, country), _deezer(upc, isrc)]
    if not _turns.acquire(blocking=False):
        return None
    try:
        return asyncio.run(_find(catalogues))
    finally:
        _turns.release()


def _apple(upc: str, country: str) -> _Catalogue:
    asked = [{"upc": code, "entity": "album", "country": country} for code in _forms_of(upc)]
    addresses = [f"{settings.APPLE_LOOKUP_URL}?{urlencode(one)}" for one in asked]
    return _Catalogue("Apple Music", ("music.apple.com", "itunes.apple.com"), addresses, _of_apple)


def _deezer(upc: str, isrc: str) -> _Catalogue:
    paths = [f"album/upc:{code}" for code in _forms_of(upc)] or [f"track/isrc:{isrc}"]
    addresses = [f"{settings.DEEZER_API_URL}/{path}" for path in paths]
    return _Catalogue("Deezer", ("www.deezer.com",), addresses, _of_deezer)


def _forms_of(upc: str) -> list[str]:
    """As UPC and as EAN: catalogues keep one or the other."""
    bare = upc.lstrip("0")
    return [*dict.fromkeys((upc, bare.zfill(12), bare.zfill(13)))] if bare else []


async def _find(catalogues: list[_Catalogue]) -> Answers:
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "Presave"}
    ) as session:
        found = await asyncio.gather(
            *(_in_time(session, catalogue) for catalogue in catalogues), return_exceptions=True
        )
    answers = Answers([], [])
    for catalogue, page in zip(catalogues, found, strict=True):
        if isinstance(page, _SilentError):
            answers.silent.append(catalogue.name)
        elif isinstance(page, BaseException):
            raise page
        elif page:
            answers.pages.append(page)
    return answers


async def _in_time(session: aiohttp.ClientSession, catalogue: _Catalogue) -> FoundPage | None:
    """All that is asked of one service together."""
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            return await _ask(session, catalogue)
    except TimeoutError:
        raise _SilentError from None


async def _ask(session: aiohttp.ClientSession, catalogue: _Catalogue) -> FoundPage | None:
    for address in catalogue.addresses:
        answer = await _json_at(session, address)
        try:
            title, artist, link = catalogue.read(answer)
        except (KeyError, IndexError, TypeError):
            continue
        if not all(isinstance(text, str) for text in (title, artist, link)):
            continue
        if page := _page_at(link, catalogue.hosts):
            return FoundPage(title[:LONGEST_TEXT], artist[:LONGEST_TEXT], page)
    return None


async def _json_at(session: aiohttp.ClientSession, address: str) -> Any:
    try:
        proxy = settings.HTTPS_PROXY if address.startswith("https:") else ""
        async with session.get(address, allow_redirects=False, proxy=proxy or None) as answer:
            body = b""
            async for chunk in answer.content.iter_chunked(65536):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise _SilentError
            if answer.status != 200:
                raise _SilentError
            return json.loads(body)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError):
        raise _SilentError from None


def _of_apple(answer: Any) -> tuple[Any, Any, Any]:
    album = answer["results"][0]
    return album["collectionName"], album["artistName"], album["collectionViewUrl"]


def _of_deezer(answer: Any) -> tuple[Any, Any, Any]:
    """Deezer says "no data" with the status of success."""
    return answer["title"], answer["artist"]["name"], answer["link"]


def _page_at(link: str, hosts: tuple[str, ...]) -> str:
    """The bare link; empty if it leads elsewhere. What follows "?" says who asked, and Apple's
    title in it can be longer than an artist's link may be.
    """
    bare = _TITLED.sub(r"\1\2", link.partition("?")[0])
    try:
        parts = urlsplit(bare)
    except ValueError:
        return ""
    return bare if parts.scheme == "https" and parts.netloc in hosts else ""
