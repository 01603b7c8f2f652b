"""Fetches the cover of an entry of the catalogue's, so that no browser asks Spotify for it."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from django.conf import settings

from campaigns.models.choices import ErrorReason
from campaigns.spotify.answers import SpotifyError
from campaigns.spotify.http import new_session, proxy_for

TOTAL_SECONDS: Final = 4.0
MOST_BYTES: Final = 500_000
# Where the catalogue keeps its pictures.
_PICTURE_HOSTS: Final = (".scdn.co", ".spotifycdn.com")


def fetch_cover(address: str) -> bytes:
    """The file at an address that the catalogue gave, unchecked. Raises SpotifyError."""
    if not _is_spotifys(address):
        raise SpotifyError(ErrorReason.UNUSABLE_ANSWER)
    try:
        return asyncio.run(_fetch(address))
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise SpotifyError(ErrorReason.UNREACHABLE) from None


async def _fetch(address: str) -> bytes:
    timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS)
    async with (
        new_session(1) as session,
        session.get(
            address, allow_redirects=False, timeout=timeout, proxy=proxy_for(address)
        ) as answer,
    ):
        if answer.status != 200:
            raise SpotifyError(ErrorReason.UNUSABLE_ANSWER)
        body = b""
        async for chunk in answer.content.iter_chunked(65536):
            body += chunk
            if len(body) > MOST_BYTES:
                raise SpotifyError(ErrorReason.UNUSABLE_ANSWER)
        return body


def _is_spotifys(address: str) -> bool:
    """Whether the address is of Spotify's picture servers, or of the Web API itself, which in the
    sandbox's place serves both.
    """
    try:
        asked, api = urlsplit(address), urlsplit(settings.SPOTIFY_API_URL)
        host, port = asked.hostname or "", asked.port
    except ValueError:
        return False
    is_picture_host = asked.scheme == "https" and port is None and host.endswith(_PICTURE_HOSTS)
    return is_picture_host or (asked.scheme, asked.netloc) == (api.scheme, api.netloc)
