"""The catalogue: spotipy with the app's own credentials."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import requests
import spotipy
from django.conf import settings
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyClientCredentials

from campaigns.models.choices import ErrorReason
from campaigns.spotify.answers import SpotifyError, api_error, token_error
from campaigns.spotify.http import ask_once

# Called just before each call to the Web API; it may wait for the call's turn, or raise.
Permit = Callable[[], None]


class _WholeAnswers(requests.adapters.BaseAdapter):
    """Brings spotipy's calls to Spotify as all others are brought: with a deadline for the whole
    answer. The timeouts of `requests` end with every byte that drips in.
    """

    def send(self, request: Any, *_: Any, **__: Any) -> requests.Response:
        headers = {name: value for name, value in request.headers.items() if value is not None}
        status, retry_after, body, date = ask_once(
            request.method, request.url, data=request.body, headers=headers
        )
        answer = requests.Response()
        answer.request, answer.url, answer.status_code = request, request.url, status
        answer.raw, answer.encoding = io.BytesIO(body), "utf-8"
        if retry_after is not None:
            answer.headers["Retry-After"] = retry_after
        if date is not None:
            answer.headers["Date"] = date
        return answer

    def close(self) -> None:
        """Nothing is kept open."""


class Artist(NamedTuple):
    id: str
    name: str


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
    artists: tuple[Artist, ...]


def find_by_uri(uri: str, market: str, permit: Permit) -> list[Release]:
    """The album or track as a list of one, or an empty list when the market's catalogue does not
    show it yet.
    """
    kind, item_id = uri.split(":")[1:]
    client = _catalogue()
    permit()
    try:
        item = _ask(client.album if kind == "album" else client.track, item_id, market=market)
    except SpotifyError as error:
        if error.reason is ErrorReason.RELEASE_REFUSED:
            return []
        raise
    return [_release(item)]


def find_by_upc(upc: str, market: str, permit: Permit) -> list[Release]:
    return _search(f"upc:{upc}", "album", market, permit)


def find_by_isrc(isrc: str, market: str, permit: Permit) -> list[Release]:
    return _search(f"isrc:{isrc}", "track", market, permit)


def _search(query: str, kind: str, market: str, permit: Permit) -> list[Release]:
    # Search answers leave out external_ids of albums, and `total` is not to be trusted: each hit is
    # read by itself.
    permit()
    answer = _ask(_catalogue().search, query, limit=5, type=kind, market=market)
    try:
        uris = [str(item["uri"]) for item in answer[f"{kind}s"]["items"] if item]
    except (KeyError, TypeError):
        raise SpotifyError(ErrorReason.UNUSABLE_ANSWER) from None
    return [found for uri in uris for found in find_by_uri(uri, market, permit)]


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
            artists=tuple(
                Artist(str(artist["id"]), str(artist["name"])) for artist in item["artists"]
            ),
        )
    except (KeyError, TypeError, AttributeError):
        raise SpotifyError(ErrorReason.UNUSABLE_ANSWER) from None


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
        requests_session=_session(),
        cache_handler=MemoryCacheHandler(),
    )
    credentials.OAUTH_TOKEN_URL = f"{accounts_url}/api/token"
    client = spotipy.Spotify(
        auth_manager=credentials,
        requests_session=_session(),
    )
    client.prefix = f"{api_url}/"
    return client


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _WholeAnswers())
    return session


def _ask(call: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
    try:
        answer = call(*arguments, **options)
    except spotipy.SpotifyException as error:
        raise _catalogue_error(error) from None
    except spotipy.SpotifyOauthError as error:
        raise _client_error(error) from None
    except (requests.RequestException, ValueError, AttributeError, LookupError, TypeError):
        # spotipy lets a body that is not JSON, or not of the form it expects, escape as these.
        raise SpotifyError(ErrorReason.UNREACHABLE) from None
    if not isinstance(answer, dict):
        raise SpotifyError(ErrorReason.UNUSABLE_ANSWER)
    return answer


def _catalogue_error(error: Any) -> SpotifyError:
    if error.http_status in (400, 404):
        return SpotifyError(ErrorReason.RELEASE_REFUSED)
    if error.http_status == 401:
        # spotipy keeps the app's token until its hour is over, whatever Spotify says of it.
        _catalogue_client.cache_clear()
    headers = error.headers or {}
    body = f"{error.msg} {error.reason}".encode()
    return api_error(error.http_status, headers.get("Retry-After"), body, headers.get("Date"))


def _client_error(error: Any) -> SpotifyError:
    # spotipy drops the status and Retry-After; the answer is still in the error it grew from.
    answer = getattr(error.__context__, "response", None)
    if answer is None:
        return SpotifyError(ErrorReason.UNREACHABLE)
    headers = answer.headers
    retry_after, date = headers.get("Retry-After"), headers.get("Date")
    return token_error(answer.status_code, retry_after, answer.content, date)
