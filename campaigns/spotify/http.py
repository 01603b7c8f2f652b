"""Plain HTTP to Spotify: one call, its status, Retry-After, body and Date."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import aiohttp
from django.conf import settings
from yarl import URL

from campaigns.models.choices import ErrorReason
from campaigns.spotify.answers import Answer, Grant, SpotifyError, parse_grant

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 10.0


def new_session(connections: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def proxy_for(url: str | URL) -> str | None:
    """HTTPS_PROXY, but for the sandbox, which is asked by http on this machine. The proxy sees the
    host alone: what is said to it is encrypted.
    """
    return settings.HTTPS_PROXY if URL(url).scheme == "https" and settings.HTTPS_PROXY else None


async def request(
    session: aiohttp.ClientSession,
    method: str,
    url: str | URL,
    with_body: bool = True,
    **options: Any,
) -> Answer:
    try:
        async with session.request(
            method, url, allow_redirects=False, proxy=proxy_for(url), **options
        ) as answer:
            body = await answer.read() if with_body else b""
            headers = answer.headers
            return Answer(answer.status, headers.get("Retry-After"), body, headers.get("Date"))
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise SpotifyError(ErrorReason.UNREACHABLE) from None


def ask_once(method: str, url: str, **options: Any) -> Answer:
    """One call on a connection of its own. Raises SpotifyError."""

    async def ask() -> Answer:
        async with new_session(1) as session:
            return await request(session, method, url, **options)

    return asyncio.run(ask())


def ask_for_token(form: dict[str, str]) -> Grant:
    """One call to the token endpoint. Raises SpotifyError."""
    answer = ask_once(
        "POST",
        f"{settings.SPOTIFY_ACCOUNTS_URL}/api/token",
        data=form,
        headers={"Authorization": client_credentials()},
    )
    return parse_grant(answer)


def client_credentials() -> str:
    return aiohttp.encode_basic_auth(settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_CLIENT_SECRET)
