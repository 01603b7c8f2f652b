"""Release night, in the worker: the refreshes and saves of many fans at once, on asyncio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any, Self, TypeVar

from django.conf import settings

from campaigns.answers import Grant, Scope, SpotifyError, api_error, parse_grant, token_error
from campaigns.keyring import Secret
from campaigns.spotify.http import Answer, client_credentials, new_session, request

K = TypeVar("K")
T = TypeVar("T")

logger = logging.getLogger(__name__)


class FanCalls:
    """Refreshes and saves for blocks of fans at once, over one connection pool. Use as a context
    manager.

    After an answer that concerns the whole app, as a 429, no further call of the block is sent.
    """

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._runner = asyncio.Runner()
        self._halted_by: SpotifyError | None = None

    def __enter__(self) -> Self:
        self._runner.run(self._connect())
        return self

    def __exit__(self, *exception: object) -> None:
        self._runner.run(self._session.close())
        self._runner.close()

    def refresh_all(self, tokens: Mapping[K, Secret]) -> dict[K, Grant | SpotifyError]:
        """Exchange refresh tokens.

        The error `invalid_grant` means a permission was withdrawn or expired.
        """
        return self._runner.run(self._each({key: self._refresh(t) for key, t in tokens.items()}))

    def save_all(self, tokens: Mapping[K, Secret], uri: str) -> dict[K, bool | SpotifyError]:
        """Save one release into the library of each access token's fan.

        Saving again changes nothing.
        """
        return self._runner.run(self._each({key: self._save(t, uri) for key, t in tokens.items()}))

    async def _connect(self) -> None:
        self._slots = asyncio.Semaphore(self._connections)
        self._session = new_session(self._connections)

    async def _each(self, calls: Mapping[K, Coroutine[Any, Any, T]]) -> dict[K, T | SpotifyError]:
        self._halted_by = None
        answers = await asyncio.gather(*(self._caught(call) for call in calls.values()))
        return dict(zip(calls, answers, strict=True))

    async def _caught(self, call: Coroutine[Any, Any, T]) -> T | SpotifyError:
        try:
            return await call
        except SpotifyError as error:
            if error.scope is Scope.APP and self._halted_by is None:
                self._halted_by = error
            return error
        except Exception as error:
            # One fan's odd answer must not cost the others of the block what became of them. The
            # text stays out of the log: it may hold a token.
            logger.error("call failed kind=%s", type(error).__name__)
            return SpotifyError("unexpected")

    async def _refresh(self, refresh_token: Secret) -> Grant:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
        status, retry_after, body = await self._send(
            "POST",
            f"{settings.SPOTIFY_ACCOUNTS_URL}/api/token",
            data=form,
            headers={"Authorization": client_credentials()},
        )
        if status != 200:
            raise token_error(status, retry_after, body)
        return parse_grant(body)

    async def _save(self, access_token: Secret, uri: str) -> bool:
        # https://developer.spotify.com/documentation/web-api/reference/save-library-items: `uris`
        # goes into the query.
        status, retry_after, body = await self._send(
            "PUT",
            f"{settings.SPOTIFY_API_URL}/me/library",
            params={"uris": uri},
            headers={"Authorization": f"Bearer {access_token.reveal()}"},
        )
        if status != 200:
            raise api_error(status, retry_after, body)
        if body.lstrip().startswith(b"<"):
            # Spotify's own 200 has no body: this page comes from something in between.
            raise SpotifyError("unusable_answer")
        return True

    async def _send(self, method: str, url: str, **options: Any) -> Answer:
        # Waiting for a slot here, and not for a connection inside aiohttp, lets a halt reach the
        # calls that wait.
        async with self._slots:
            if self._halted_by is not None:
                raise self._halted_by
            return await request(self._session, method, url, **options)
