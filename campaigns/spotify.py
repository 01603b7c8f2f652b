"""The edge to Spotify: the only module that imports spotipy or aiohttp. Every failure leaves it as
one SpotifyError.

spotipy builds the authorise address and reads the catalogue. The code exchange, the refresh and the
save are plain HTTP, because spotipy overwrites the granted scope with the requested one and drops
status codes and Retry-After.
"""

from __future__ import annotations

import asyncio
import enum
import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final, Self, TypeVar

import aiohttp
import requests
import spotipy
from django.conf import settings
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyClientCredentials, SpotifyOAuth

from campaigns.keyring import Secret

# The one permission: "Manage your saved content".
# https://developer.spotify.com/documentation/web-api/concepts/scopes
SCOPE: Final = "user-library-modify"

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 10.0
# Spotify gives seconds; what is missing or unreadable counts as one rate window, and nothing counts
# as more than 2 days. https://developer.spotify.com/documentation/web-api/concepts/rate-limits
DEFAULT_RETRY_AFTER: Final = 30.0
LONGEST_RETRY_AFTER: Final = 172_800.0

K = TypeVar("K")
T = TypeVar("T")


class Scope(enum.Enum):
    """How far an error reaches: one fan, one campaign, or every call of this app."""

    FAN = "fan"
    CAMPAIGN = "campaign"
    APP = "app"


class SpotifyError(Exception):
    """What went wrong at Spotify, as facts.

    `reason` is a constant word; `retry_after` is in seconds.
    """

    def __init__(
        self,
        reason: str,
        *,
        scope: Scope = Scope.FAN,
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.scope = scope
        self.permanent = permanent
        self.retry_after = retry_after


@dataclass(frozen=True)
class Grant:
    """Spotify's raw token answer.

    `scope` and `refresh_token` are None where the answer left them out.
    """

    access_token: Secret
    refresh_token: Secret | None
    scope: str | None


@dataclass(frozen=True)
class Release:
    """An album or track as the catalogue shows it.

    `release_date` may be a year, a month or a day.
    """

    uri: str
    title: str
    artists: tuple[str, ...]
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
    try:
        answer = requests.post(
            f"{settings.SPOTIFY_ACCOUNTS_URL}/api/token",
            data=form,
            auth=(settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_CLIENT_SECRET),
            timeout=(CONNECT_SECONDS, TOTAL_SECONDS),
            allow_redirects=False,
        )
    except requests.RequestException:
        raise SpotifyError("unreachable") from None
    if answer.status_code != 200:
        raise token_error(answer.status_code, answer.headers.get("Retry-After"), answer.content)
    return parse_grant(answer.content)


def is_open_to(access_token: Secret) -> bool:
    """Whether Spotify lets this app serve the fan. For development mode only; the answer's body is
    discarded unread.

    https://developer.spotify.com/documentation/web-api/concepts/quota-modes: five allow-listed
    users, 403 for all others.
    """
    try:
        answer = requests.get(
            f"{settings.SPOTIFY_API_URL}/me",
            headers={"Authorization": f"Bearer {access_token.reveal()}"},
            timeout=(CONNECT_SECONDS, TOTAL_SECONDS),
            allow_redirects=False,
            stream=True,
        )
    except requests.RequestException:
        raise SpotifyError("unreachable") from None
    answer.close()
    if answer.status_code not in (200, 403):
        raise api_error(answer.status_code, answer.headers.get("Retry-After"), b"")
    return answer.status_code == 200


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
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections),
            timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._client = aiohttp.BasicAuth(settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_CLIENT_SECRET)

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

    async def _refresh(self, refresh_token: Secret) -> Grant:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
        status, retry_after, body = await self._send(
            "POST", f"{settings.SPOTIFY_ACCOUNTS_URL}/api/token", data=form, auth=self._client
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
        return True

    async def _send(self, method: str, url: str, **options: Any) -> tuple[int, str | None, bytes]:
        if self._halted_by is not None:
            raise self._halted_by
        try:
            async with self._session.request(
                method, url, allow_redirects=False, **options
            ) as answer:
                return answer.status, answer.headers.get("Retry-After"), await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise SpotifyError("unreachable") from None


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
    items = answer.get(f"{kind}s", {}).get("items") or []
    return [found for item in items if item for found in find_by_uri(str(item["uri"]), market)]


def _release(item: dict[str, Any]) -> Release:
    album = item.get("album") or item
    external = item.get("external_ids") or {}
    return Release(
        uri=str(item["uri"]),
        title=str(item.get("name", "")),
        artists=tuple(str(artist.get("name", "")) for artist in item.get("artists") or []),
        upc=str(external.get("upc") or external.get("ean") or ""),
        isrc=str(external.get("isrc") or ""),
        release_date=str(album.get("release_date") or ""),
        is_playable=item.get("is_playable") is not False,
    )


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
        reason = "invalid_client" if error.error == "invalid_client" else "unreachable"
        raise SpotifyError(reason, scope=Scope.APP) from None
    except (requests.RequestException, ValueError, AttributeError):
        # spotipy lets a body that is not JSON, or an error that is a bare string, escape as these.
        raise SpotifyError("unreachable") from None
    if not isinstance(answer, dict):
        raise SpotifyError("unusable_answer")
    return answer


def _catalogue_error(error: Any) -> SpotifyError:
    if error.http_status in (400, 404):
        return SpotifyError("not_found", scope=Scope.CAMPAIGN)
    retry_after = (error.headers or {}).get("Retry-After")
    return api_error(error.http_status, retry_after, f"{error.msg} {error.reason}".encode())


# Answers into facts.


def parse_grant(body: bytes) -> Grant:
    try:
        answer = json.loads(body)
        access_token, refresh_token = answer["access_token"], answer.get("refresh_token")
        scope = answer.get("scope")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SpotifyError("unusable_answer") from None
    if not isinstance(access_token, str) or not access_token:
        raise SpotifyError("unusable_answer")
    return Grant(
        access_token=Secret(access_token),
        refresh_token=Secret(refresh_token)
        if isinstance(refresh_token, str) and refresh_token
        else None,
        scope=scope if isinstance(scope, str) else None,
    )


def token_error(status: int, retry_after: str | None, body: bytes) -> SpotifyError:
    """RFC 6749 section 5.2 names the errors of a token endpoint."""
    code = _error_code(body)
    if status == 429:
        return SpotifyError("rate_limited", scope=Scope.APP, retry_after=seconds_until(retry_after))
    if code == "invalid_grant":
        return SpotifyError("invalid_grant", permanent=True)
    if code == "invalid_client":
        return SpotifyError("invalid_client", scope=Scope.APP)
    return SpotifyError("unavailable" if status >= 500 else "unusable_answer")


def api_error(status: int, retry_after: str | None, body: bytes) -> SpotifyError:
    """The meaning of a Web API answer that is not 200, as docs/release-night.md lists them."""
    text = body.decode(errors="replace")
    if status == 429:
        reason = "quota_exceeded" if "QUOTA_EXCEEDED" in text else "rate_limited"
        return SpotifyError(reason, scope=Scope.APP, retry_after=seconds_until(retry_after))
    if status == 403:
        return _forbidden(text)
    if status in (400, 404):
        return SpotifyError("release_refused", scope=Scope.CAMPAIGN)
    if status == 401:
        return SpotifyError("access_token_refused")
    return SpotifyError("unavailable" if status >= 500 else "unusable_answer")


def _forbidden(text: str) -> SpotifyError:
    if "Insufficient client scope" in text:
        return SpotifyError("scope", permanent=True)
    if "User not registered" in text:
        return SpotifyError("not_listed", permanent=True)
    if "Active premium subscription required" in text:
        return SpotifyError("premium_lapsed", scope=Scope.APP)
    return SpotifyError("forbidden", scope=Scope.APP)


def _error_code(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    code = answer.get("error") if isinstance(answer, dict) else None
    return code if isinstance(code, str) else ""


def seconds_until(retry_after: str | None, now: datetime | None = None) -> float:
    """Retry-After as seconds: RFC 9110 section 10.2.3 allows a number of seconds or a date."""
    value = (retry_after or "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value)
    else:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return DEFAULT_RETRY_AFTER
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 1.0), LONGEST_RETRY_AFTER)
