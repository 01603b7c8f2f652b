"""Connections for many calls at once, which a client written in Rust keeps: reqwest, by way of
pyreqwest.
"""

from __future__ import annotations

import resource
from datetime import timedelta
from typing import Final

from django.conf import settings
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.proxy import ProxyBuilder
from pyreqwest.request import RequestBuilder

from campaigns.models.choices import HALVES, ErrorReason
from campaigns.spotify import http
from campaigns.spotify.answers import Answer, SpotifyError

# Of the files that a process may open: what its loop, its databases and its logs need.
HANDLES_FOR_OTHERS: Final = 40


def affordable(connections: int) -> int:
    """So many to each half of Spotify, or as many as the process may open. uvloop opens two files
    each time that it is turned, and stops where it cannot.
    """
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return connections
    return max(1, min(connections, (most - HANDLES_FOR_OTHERS) // len(HALVES)))


def new_client(connections: int) -> Client:
    """Nothing is followed, repeated or kept between two calls but the connection.

    A call whose task is cancelled goes on unseen until it is answered or its time is over.
    """
    builder = (
        ClientBuilder()
        .http1_only()
        .max_connections(connections)
        .timeout(timedelta(seconds=http.TOTAL_SECONDS))
        .connect_timeout(timedelta(seconds=http.CONNECT_SECONDS))
        .follow_redirects(False)
        .default_cookie_store(False)
        .referer(False)
        .no_proxy()
    )
    if settings.HTTPS_PROXY:
        builder = builder.proxy(ProxyBuilder.https(settings.HTTPS_PROXY))
    return builder.build()


async def answer_to(request: RequestBuilder) -> Answer:
    """Raises SpotifyError."""
    try:
        answer = await request.build().send()
        body = bytes(await answer.bytes())
    except PyreqwestError:
        raise SpotifyError(ErrorReason.UNREACHABLE) from None
    return Answer(answer.status, answer.get_header("Retry-After"), body, answer.get_header("Date"))
