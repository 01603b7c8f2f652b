"""One call to a webhook: at most ten seconds, no redirect, and nothing of the answer but its
status. What it is told about a failure never holds the address, which is a secret.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from django.conf import settings

from campaigns.models.choices import WebhookProblem
from campaigns.webhooks.addresses import (
    NotPublicError,
    is_loopback,
    is_loopback_host,
    is_public,
    socket_for,
)

TOTAL_SECONDS: Final = 10.0
HTTPS_PORT: Final = 443


class WebhookError(Exception):
    """The message did not arrive, as far as we know."""

    def __init__(self, problem: WebhookProblem, status: int | None = None) -> None:
        super().__init__(problem.value if status is None else f"{problem.value} {status}")
        self.problem = problem
        self.status = status


@dataclass(frozen=True)
class Call:
    address: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


def post(call: Call) -> None:
    """Raises WebhookError unless the answer says success."""
    if not _may_be_called(call.address):
        raise WebhookError(WebhookProblem.REFUSED_ADDRESS)
    status = asyncio.run(_status_of(call))
    if not 200 <= status < 300:
        raise WebhookError(WebhookProblem.STATUS, status)


def _may_be_called(address: str) -> bool:
    """Checked when it was entered, and here again."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    if not settings.IS_HTTPS and is_loopback_host(parts.hostname or ""):
        return True
    is_plain = parts.username is None and parts.password is None
    return is_plain and parts.scheme == "https" and port in (None, HTTPS_PORT)


def _is_allowed() -> Callable[[str], bool]:
    """An instance at a loopback address, as a demo, has nobody but who sits before it: there
    loopback is allowed.
    """
    if settings.IS_HTTPS:
        return is_public
    return lambda address: is_public(address) or is_loopback(address)


async def _status_of(call: Call) -> int:
    connector = aiohttp.TCPConnector(limit=1, socket_factory=socket_for(_is_allowed()))
    timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
            ) as session,
            session.post(
                call.address, data=call.body, headers=call.headers, allow_redirects=False
            ) as answer,
        ):
            return answer.status
    except TimeoutError:
        raise WebhookError(WebhookProblem.TIMEOUT) from None
    except aiohttp.ClientConnectorError as error:
        raise WebhookError(_problem_of(error)) from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise WebhookError(WebhookProblem.UNREACHABLE) from None


def _problem_of(error: aiohttp.ClientConnectorError) -> WebhookProblem:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return WebhookProblem.CERTIFICATE
    if isinstance(error.os_error, NotPublicError):
        return WebhookProblem.REFUSED_ADDRESS
    return WebhookProblem.UNREACHABLE
