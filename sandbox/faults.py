"""Faults on request: which call they hit, and how a spoiled answer is delivered."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from sandbox.wordings import refuse

KINDS = (
    "status",
    "timeout",
    "reset_before",
    "reset_after_effect",
    "slow_body",
    "html",
    "empty",
    "redirect",
    "refusal",
)
ENDPOINTS = (
    "*",
    "token.code",
    "token.refresh",
    "token.client",
    "library",
    "album",
    "track",
    "search",
    "me",
    "authorize",
)
UNANSWERED_KINDS = frozenset({"timeout", "reset_before", "reset_after_effect"})
DEFAULT_STATUS = {"status": 500, "html": 200, "empty": 200, "redirect": 302}
HTML_BODY = "<!doctype html><html><title>Sorry</title><p>Something went wrong.</p></html>"
LINGER_OFF = struct.pack("ii", 1, 0)


@dataclass
class Fault:
    endpoint: str
    kind: str
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str | None = None
    times: int | None = 1
    # The accounts that it strikes; none is everyone.
    account: list[str] = field(default_factory=list)
    refusal: str = ""
    probability: float = 1.0
    seed: int = 0
    seconds: float = 60.0
    location: str = "/"
    after_effect: bool = False
    hits: int = 0

    def __post_init__(self) -> None:
        # Not for secrets: a seeded generator makes a run repeatable.
        self._random = random.Random(self.seed)  # nosec B311 # noqa: S311 -- repeatable

    @property
    def runs_the_call(self) -> bool:
        return self.after_effect or self.kind in {"reset_after_effect", "slow_body"}

    @property
    def leaves_unanswered(self) -> bool:
        return self.kind in UNANSWERED_KINDS

    def strikes(self, endpoint: str, account: str | None) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        if self.endpoint not in {"*", endpoint}:
            return False
        if self.account and account not in self.account:
            return False
        if self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def replacement(self) -> web.Response:
        if self.kind == "refusal":
            status, body = refuse(self.refusal, self.hits - 1)
            return replace(self, kind="status", status=status, body=body).replacement()
        status = self.status or DEFAULT_STATUS.get(self.kind, 200)
        headers = dict(self.headers)
        if self.kind == "redirect":
            headers["Location"] = self.location
        text, content_type = self._text_and_type()
        return web.Response(status=status, text=text, content_type=content_type, headers=headers)

    def _text_and_type(self) -> tuple[str, str]:
        if self.kind in {"empty", "redirect"}:
            return "", self.content_type or "application/json"
        if self.kind == "html":
            body = HTML_BODY if self.body is None else str(self.body)
            return body, self.content_type or "text/html"
        if self.body is None:
            status = self.status or DEFAULT_STATUS["status"]
            error = {"error": {"status": status, "message": "Fault on request"}}
            return json.dumps(error), self.content_type or "application/json"
        if isinstance(self.body, str):
            return self.body, self.content_type or "text/plain"
        return json.dumps(self.body), self.content_type or "application/json"


class FaultPlan:
    """The faults in the order they were asked for; the first that strikes wins."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def strike(self, endpoint: str, account: str | None) -> Fault | None:
        for fault in self.faults:
            if fault.strikes(endpoint, account):
                return fault
        return None


async def deliver(
    fault: Fault,
    request: web.Request,
    response: web.StreamResponse,
    stopping: asyncio.Event,
) -> web.StreamResponse:
    if fault.kind == "timeout":
        await _hold(fault.seconds, stopping)
        reset_connection(request)
    elif fault.leaves_unanswered:
        reset_connection(request)
    elif fault.kind == "slow_body":
        return await _drip(fault.seconds, request, response, stopping)
    return response


def reset_connection(request: web.Request) -> None:
    """Close with RST instead of FIN, as a crashed peer or a middlebox does."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_OFF)
    transport.abort()


async def _hold(seconds: float, stopping: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def _drip(
    seconds: float,
    request: web.Request,
    response: web.StreamResponse,
    stopping: asyncio.Event,
) -> web.StreamResponse:
    content = response.body if isinstance(response, web.Response) else b""
    body = content if isinstance(content, bytes) and content else b" "
    stream = web.StreamResponse(status=response.status)
    stream.content_type = response.content_type
    stream.content_length = len(body)
    await stream.prepare(request)
    for position in range(len(body)):
        await _hold(seconds / len(body), stopping)
        await stream.write(body[position : position + 1])
    return stream
