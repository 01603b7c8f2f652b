"""Connections for many calls at once, which a client written in Rust keeps: reqwest, by way of
pyreqwest.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.proxy import ProxyBuilder
from pyreqwest.request import RequestBuilder

from campaigns.models.choices import ErrorReason
from campaigns.spotify import http
from campaigns.spotify.answers import Answer, SpotifyError


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
