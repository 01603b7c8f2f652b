"""The edge to Spotify: the only module that imports spotipy or aiohttp. Every failure leaves it as
one SpotifyError.

spotipy builds the authorise address and reads the catalogue. The code exchange, the refresh and the
save are plain HTTP, because spotipy overwrites the granted scope with the requested one and drops
status codes and Retry-After.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self, TypeVar

import aiohttp
import requests
import spotipy
from django.conf import settings
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyClientCredentials, SpotifyOAuth

from campaigns.answers import Grant as Grant
from campaigns.answers import Scope as Scope
from campaigns.answers import SpotifyError as SpotifyError
from campaigns.answers import api_error, parse_grant, token_error
from campaigns.keyring import Secret

# The one permission: "Manage your saved content".
# https://developer.spotify.com/documentation/web-api/concepts/scopes
SCOPE: Final = "user-library-modify"

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 10.0
K = TypeVar("K")
T = TypeVar("T")
# Status, Retry-After as it came, body.
Answer = tuple[int, str | None, bytes]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Release:
    """An album or track as the catalogue shows it.

    `release_date` may be a year, a month or a day.
    """

    uri: str
    upc: str
    isrc: str
    release_date: str
    is_playable: bool


def authorize_url(state: str) -> str:
    """The consent page's address.

    `show_dialog` makes Spotify ask each time: a campaign is a new purpose.
    """
    return str(_oauth(settings.SPOTIFY_ACCOUNTS_URL).get_authorize_url(state=state))


def redirect_uri() -> str:
    """The one redirect URI, registered at Spotify exactly so; never built from a request's Host."""
    return f"{settings.PUBLIC_URL}/callback"


def _oauth(accounts_url: str) -> Any:
    oauth = SpotifyOAuth(
        client_id=settings.SPOTIFY_CLIENT_ID,
        client_secret=settings.SPOTIFY_CLIENT_SECRET,
        redirect_uri=redirect_uri(),
        scope=SCOPE,
        show_dialog=True,
        cache_handler=MemoryCacheHandler(),
    )
    oauth.OAUTH_AUTHORIZE_URL = f"{accounts_url}/authorize"
    return oauth


# The fan's consent: plain HTTP, in the web process.


def exchange_code(code: Secret) -> Grant:
    """Raises SpotifyError; its reason is `invalid_grant` when the code was used, altered or is
    too old.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "redirect_uri": redirect_uri(),
    }
    status, retry_after, body = _ask_once(
        "POST",
        f"{settings.SPOTIFY_ACCOUNTS_URL}/api/token",
        data=form,
        headers={"Authorization": _client_credentials()},
    )
    if status != 200:
        raise token_error(status, retry_after, body)
    return parse_grant(body)


def is_open_to(access_token: Secret) -> bool:
    """Whether Spotify lets this app serve the fan. For development mode only; the answer's body is
    discarded unread.

    https://developer.spotify.com/documentation/web-api/concepts/quota-modes: five allow-listed
    users, 403 for all others.
    """
    status, retry_after, _ = _ask_once(
        "GET",
        f"{settings.SPOTIFY_API_URL}/me",
        with_body=False,
        headers={"Authorization": f"Bearer {access_token.reveal()}"},
    )
    if status not in (200, 403):
        raise api_error(status, retry_after, b"")
    if status == 403:
        # The body, which would tell a fan who is not listed from an owner without Premium, stays
        # unread: nothing of GET /me is.
        logger.warning("fan refused in development mode: not listed, or the owner has no Premium")
    return status == 200


def _ask_once(method: str, url: str, **options: Any) -> Answer:
    async def ask() -> Answer:
        async with _new_session(1) as session:
            return await _request(session, method, url, **options)

    return asyncio.run(ask())


def _new_session(connections: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def _request(
    session: aiohttp.ClientSession, method: str, url: str, with_body: bool = True, **options: Any
) -> Answer:
    try:
        async with session.request(method, url, allow_redirects=False, **options) as answer:
            body = await answer.read() if with_body else b""
            return answer.status, answer.headers.get("Retry-After"), body
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise SpotifyError("unreachable") from None


# Release night: plain HTTP on asyncio, in the worker.


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
        self._session = _new_session(self._connections)

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
            headers={"Authorization": _client_credentials()},
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
            return await _request(self._session, method, url, **options)


def _client_credentials() -> str:
    return aiohttp.encode_basic_auth(settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_CLIENT_SECRET)


# The catalogue: spotipy with the app's own credentials.


def find_by_uri(uri: str, market: str) -> list[Release]:
    """The album or track as a list of one, or an empty list when the market's catalogue does not
    show it yet.
    """
    kind, item_id = uri.split(":")[1:]
    client = _catalogue()
    try:
        item = _ask(client.album if kind == "album" else client.track, item_id, market=market)
    except SpotifyError as error:
        if error.reason == "not_found":
            return []
        raise
    return [_release(item)]


def find_by_upc(upc: str, market: str) -> list[Release]:
    return _search(f"upc:{upc}", "album", market)


def find_by_isrc(isrc: str, market: str) -> list[Release]:
    return _search(f"isrc:{isrc}", "track", market)


def _search(query: str, kind: str, market: str) -> list[Release]:
    # Search answers leave out external_ids of albums, and `total` is not to be trusted: each hit is
    # read by itself.
    answer = _ask(_catalogue().search, query, limit=5, type=kind, market=market)
    try:
        uris = [str(item["uri"]) for item in answer[f"{kind}s"]["items"] if item]
    except (KeyError, TypeError):
        raise SpotifyError("unusable_answer") from None
    return [found for uri in uris for found in find_by_uri(uri, market)]


def _release(item: dict[str, Any]) -> Release:
    try:
        album = item.get("album") or item
        external = item.get("external_ids") or {}
        # Track relinking: with a market Spotify may answer with the track that plays there.
        asked = item.get("linked_from") or item
        return Release(
            uri=str(asked["uri"]),
            upc=str(external.get("upc") or external.get("ean") or ""),
            isrc=str(external.get("isrc") or ""),
            release_date=str(album.get("release_date") or ""),
            is_playable=item.get("is_playable") is not False,
        )
    except (KeyError, TypeError, AttributeError):
        raise SpotifyError("unusable_answer") from None


def _catalogue() -> Any:
    return _catalogue_client(
        settings.SPOTIFY_ACCOUNTS_URL, settings.SPOTIFY_API_URL, settings.SPOTIFY_CLIENT_ID
    )


@lru_cache(maxsize=1)
def _catalogue_client(accounts_url: str, api_url: str, client_id: str) -> Any:
    # A session of our own keeps spotipy from sleeping through a Retry-After and from hiding the
    # status.
    credentials = SpotifyClientCredentials(
        client_id=client_id,
        client_secret=settings.SPOTIFY_CLIENT_SECRET,
        requests_session=requests.Session(),
        requests_timeout=TOTAL_SECONDS,
        cache_handler=MemoryCacheHandler(),
    )
    credentials.OAUTH_TOKEN_URL = f"{accounts_url}/api/token"
    client = spotipy.Spotify(
        auth_manager=credentials,
        requests_session=requests.Session(),
        requests_timeout=TOTAL_SECONDS,
    )
    client.prefix = f"{api_url}/"
    return client


def _ask(call: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
    try:
        answer = call(*arguments, **options)
    except spotipy.SpotifyException as error:
        raise _catalogue_error(error) from None
    except spotipy.SpotifyOauthError as error:
        raise _client_error(error) from None
    except (requests.RequestException, ValueError, AttributeError, LookupError, TypeError):
        # spotipy lets a body that is not JSON, or not of the form it expects, escape as these.
        raise SpotifyError("unreachable") from None
    if not isinstance(answer, dict):
        raise SpotifyError("unusable_answer")
    return answer


def _catalogue_error(error: Any) -> SpotifyError:
    if error.http_status in (400, 404):
        return SpotifyError("not_found", scope=Scope.CAMPAIGN)
    if error.http_status == 401:
        # spotipy keeps the app's token until its hour is over, whatever Spotify says of it.
        _catalogue_client.cache_clear()
    retry_after = (error.headers or {}).get("Retry-After")
    return api_error(error.http_status, retry_after, f"{error.msg} {error.reason}".encode())


def _client_error(error: Any) -> SpotifyError:
    # spotipy drops the status and Retry-After; the answer is still in the error it grew from.
    answer = getattr(error.__context__, "response", None)
    if answer is None:
        return SpotifyError("unreachable")
    return token_error(answer.status_code, answer.headers.get("Retry-After"), answer.content)
