"""Release night, in the worker: refreshes and saves of many fans at once, each sent at its own
time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic, NamedTuple, Self, TypeVar
from urllib.parse import urlencode

import uvloop
from django.conf import settings

from campaigns.keyring import Secret
from campaigns.models.choices import HALVES, ErrorReason, GateName
from campaigns.spotify.answers import Grant, Scope, SpotifyError, error_of_fan, parse_grant
from campaigns.spotify.pool import affordable, answer_to, new_client

K = TypeVar("K")
Call = Callable[[], Coroutine[Any, Any, Grant | None]]

logger = logging.getLogger(__name__)

# A call that is so late was allowed by a look that says nothing any more: its worker stood still.
LATEST_SECONDS: Final = 2.0
# Turns of the event loop after which what had arrived before is read and understood.
TURNS_TO_READ: Final = 6


class Slots(NamedTuple):
    """When a row of calls may be sent: the first in so many seconds, each later one a step on."""

    first_in: float
    step: float


class Answered(NamedTuple, Generic[K]):
    """What became of one call: a Grant of a refresh, None of a save, or an error of either."""

    key: K
    half: GateName
    result: Grant | SpotifyError | None


@dataclass
class _Lane(Generic[K]):
    """The calls to one half of Spotify that wait for their time, in that order."""

    half: GateName
    waiting: deque[tuple[float, K, Call]] = field(default_factory=deque)
    # Set when there is something new to wait for, or a connection came free.
    news: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    is_halted: bool = False


class FanCalls(Generic[K]):
    """Calls for many fans, so many at once to each half of Spotify. Use as a context manager.

    Calls are handed in, and their answers collected later; all of it happens on the caller's
    thread, inside `collect`. After an answer that concerns the whole app, as a 429, nothing more is
    sent to that half of Spotify until `resume`.
    """

    def __init__(self, connections: int) -> None:
        self._connections = affordable(connections)
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._lanes = {half: _Lane[K](half) for half in HALVES}
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: list[Answered[K]] = []

    def __enter__(self) -> Self:
        try:
            self._runner.run(self._connect())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self._runner.run(self._disconnect())
        finally:
            del self._client  # only then it hangs up
            self._runner.close()

    def refresh(self, tokens: Mapping[K, Secret], slots: Slots) -> None:
        """Exchange refresh tokens.

        The error `invalid_grant` means a permission was withdrawn or expired.
        """
        address = f"{settings.SPOTIFY_ACCOUNTS_URL}/api/token"
        client = settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_CLIENT_SECRET
        calls = {k: partial(self._refresh, token, address, client) for k, token in tokens.items()}
        self._enqueue(GateName.ACCOUNTS, calls, slots)

    def save(self, access_tokens: Mapping[K, Secret], uri: str, slots: Slots) -> None:
        """Save one release into the library of each access token's fan.

        Saving again changes nothing.
        """
        # https://developer.spotify.com/documentation/web-api/reference/save-library-items: `uris`
        # goes into the query.
        address = f"{settings.SPOTIFY_API_URL}/me/library?{urlencode({'uris': uri})}"
        calls = {key: partial(self._save, token, address) for key, token in access_tokens.items()}
        self._enqueue(GateName.API, calls, slots)

    def collect(self, at_least: float, at_most: float) -> list[Answered[K]]:
        """The answers that have come in. Waits `at_least` so many seconds for several to come
        together, unless one concerns the whole app, and `at_most` so many for the first.
        """
        self._runner.run(self._wait(at_least, at_most))
        answers, self._answers = self._answers, []
        self._urgent.clear()
        return answers

    def halt(self, half: GateName) -> None:
        """Send nothing more to this half; what waited for its time is answered NOT_SENT."""
        lane = self._lanes[half]
        lane.is_halted = True
        while lane.waiting:
            _, key, _ = lane.waiting.popleft()
            self._answers.append(Answered(key, half, SpotifyError(ErrorReason.NOT_SENT)))

    def resume(self, half: GateName) -> None:
        self._lanes[half].is_halted = False

    def _enqueue(self, half: GateName, calls: Mapping[K, Call], slots: Slots) -> None:
        lane, at = self._lanes[half], self._loop.time() + slots.first_in
        for key, call in calls.items():
            lane.waiting.append((at, key, call))
            at += slots.step
        if lane.is_halted:
            self.halt(half)
        lane.news.set()

    async def _connect(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._client = new_client(self._connections * len(HALVES))
        self._may_send = asyncio.Event()
        self._came_in = asyncio.Event()
        self._urgent = asyncio.Event()
        for lane in self._lanes.values():
            self._start(self._send_in_time(lane))

    async def _disconnect(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _wait(self, at_least: float, at_most: float) -> None:
        # The loop stood still since the last time. What came in meanwhile comes first: a 429 among
        # it stops what would be sent now.
        for _ in range(TURNS_TO_READ):
            await asyncio.sleep(0)
        self._may_send.set()
        try:
            await self._wait_for_answers(at_least, at_most)
        finally:
            self._may_send.clear()

    async def _wait_for_answers(self, at_least: float, at_most: float) -> None:
        rests = self._loop.time() + at_least
        if not self._answers:
            self._came_in.clear()
            await _happens(self._came_in, at_most)
        if self._answers:
            await _happens(self._urgent, rests - self._loop.time())

    async def _send_in_time(self, lane: _Lane[K]) -> None:
        while True:
            await self._may_send.wait()
            lane.news.clear()
            if not lane.waiting or lane.connections >= self._connections:
                await lane.news.wait()
                continue
            delay = lane.waiting[0][0] - self._loop.time()
            if delay > 0:
                await asyncio.sleep(delay)
                continue  # a halt may have emptied the lane meanwhile
            _, key, call = lane.waiting.popleft()
            if -delay > LATEST_SECONDS:
                self._answers.append(Answered(key, lane.half, SpotifyError(ErrorReason.NOT_SENT)))
                self._came_in.set()
                continue
            lane.connections += 1
            self._start(self._make(lane, key, call))

    async def _make(self, lane: _Lane[K], key: K, call: Call) -> None:
        result: Grant | SpotifyError | None
        try:
            result = await call()
        except SpotifyError as error:
            result = error
        except Exception as error:
            # The text stays out of the log: it may hold a token.
            logger.error("call failed kind=%s", type(error).__name__)
            result = SpotifyError(ErrorReason.UNEXPECTED)
        finally:
            lane.connections -= 1
            lane.news.set()
        self._answers.append(Answered(key, lane.half, result))
        if isinstance(result, SpotifyError) and result.scope is Scope.APP:
            self._urgent.set()
            self.halt(lane.half)
        self._came_in.set()

    async def _refresh(self, token: Secret, address: str, client: tuple[str, str]) -> Grant:
        form = {"grant_type": "refresh_token", "refresh_token": token.reveal()}
        request = self._client.post(address).basic_auth(*client).form(form)
        return parse_grant(await answer_to(request))

    async def _save(self, access_token: Secret, address: str) -> None:
        answer = await answer_to(self._client.put(address).bearer_auth(access_token.reveal()))
        if answer.status != 200:
            raise error_of_fan(answer)
        if answer.body.lstrip().startswith(b"<"):
            # Spotify's own 200 has no body: this page comes from something in between.
            raise SpotifyError(ErrorReason.UNUSABLE_ANSWER)


async def _happens(event: asyncio.Event, within: float) -> None:
    """Until the event is set, or so many seconds are over."""
    if within <= 0 or event.is_set():
        # Give the answers that are ready their turn.
        await asyncio.sleep(0)
        return
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within)
