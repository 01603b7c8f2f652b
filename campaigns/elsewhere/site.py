"""Asks our own public address what a browser would get there, by way of every proxy in front."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

SECONDS: Final = 10.0
MOST_BYTES: Final = 100_000


class SiteError(Exception):
    """No answer; the message says why, in the words of TLS or of the network."""

    def __init__(self, text: str, *, is_tls: bool = False) -> None:
        super().__init__(text)
        self.is_tls = is_tls


@dataclass(frozen=True)
class SiteAnswer:
    status: int
    headers: Mapping[str, str]
    body: str = field(default="", repr=False)


def get(address: str) -> SiteAnswer:
    """One GET, without following a redirect. Raises SiteError."""
    return asyncio.run(_get(address))


async def _get(address: str) -> SiteAnswer:
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            body = await answer.content.read(MOST_BYTES)
            return SiteAnswer(answer.status, answer.headers, body.decode(errors="replace"))
    except aiohttp.ClientConnectorCertificateError as error:
        raise SiteError(_verification(error.certificate_error), is_tls=True) from None
    except aiohttp.ClientConnectorSSLError as error:
        raise SiteError(str(error.os_error), is_tls=True) from None
    except TimeoutError:
        raise SiteError(f"no answer within {SECONDS:.0f} seconds") from None
    except (aiohttp.ClientError, OSError) as error:
        raise SiteError(str(getattr(error, "os_error", error))) from None


def _verification(error: Exception) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else str(error)


def certificate_ends(address: str) -> datetime:
    """When the certificate there runs out. Raises SiteError."""
    parts = urlsplit(address)
    host, port = str(parts.hostname), parts.port or 443
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), timeout=SECONDS) as line,
            context.wrap_socket(line, server_hostname=host) as encrypted,
        ):
            certificate: Any = encrypted.getpeercert()
    except (OSError, ssl.SSLError) as error:
        raise SiteError(str(error), is_tls=isinstance(error, ssl.SSLError)) from None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def ping(address: str, report: str) -> int:
    """One POST to a dead-man's switch; returns its status. Raises SiteError."""
    return asyncio.run(_ping(address, report))


async def _ping(address: str, report: str) -> int:
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(address, data=report.encode(), allow_redirects=False) as answer,
        ):
            return answer.status
    except TimeoutError:
        raise SiteError("no answer in time") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # Its text may hold the address, which is a secret.
        raise SiteError(type(error).__name__) from None
