"""The catalogue: looked up with the app's own token."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.conf import settings

from campaigns.keyring import Secret
from campaigns.models.choices import ErrorReason
from campaigns.models.formats import SPOTIFY_URI_PATTERN
from campaigns.spotify.answers import SpotifyError, api_error, json_object
from campaigns.spotify.http import ask_for_token, ask_once

# Called just before each call to the Web API; it may wait for the call's turn, or raise.
Permit = Callable[[], None]

# Spotify's tokens live for an hour. One that is about to expire is not used any more.
LONGEST_TOKEN_LIFE_SECONDS: Final = 3600
EXPIRY_MARGIN_SECONDS: Final = 60


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
    if not re.fullmatch(SPOTIFY_URI_PATTERN, uri):
        raise SpotifyError(ErrorReason.UNUSABLE_ANSWER)
    _, kind, item_id = uri.split(":")
    item = _ask(f"{kind}s/{item_id}", permit, market=market)
    return [] if item is None else [_release(item)]


def find_by_upc(upc: str, market: str, permit: Permit) -> list[Release]:
    return _search(f"upc:{upc}", "album", market, permit)


def find_by_isrc(isrc: str, market: str, permit: Permit) -> list[Release]:
    return _search(f"isrc:{isrc}", "track", market, permit)


def _search(query: str, kind: str, market: str, permit: Permit) -> list[Release]:
    # Search answers leave out external_ids of albums, and `total` is not to be trusted: each hit is
    # read by itself.
    answer = _ask("search", permit, q=query, type=kind, market=market, limit="5")
    try:
        uris = [str(item["uri"]) for item in (answer or {})[f"{kind}s"]["items"] if item]
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


def _ask(path: str, permit: Permit, **query: str) -> dict[str, Any] | None:
    """One call to the Web API; None when Spotify knows nothing of that name."""
    permit()
    token = APP_TOKEN.current()
    answer = ask_once(
        "GET",
        f"{settings.SPOTIFY_API_URL}/{path}",
        params=query,
        headers={"Authorization": f"Bearer {token.reveal()}"},
    )
    if answer.status in (400, 404):
        return None
    if answer.status == 401:
        APP_TOKEN.forget()
    if answer.status != 200:
        raise api_error(answer)
    return json_object(answer.body)


class _AppToken:
    """The app's own token, kept in memory. All threads use the same one; it is replaced as a whole,
    and two that find none may both ask for one.
    """

    def __init__(self) -> None:
        self._kept: tuple[Secret, float] | None = None

    def current(self) -> Secret:
        """Raises SpotifyError."""
        kept, now = self._kept, time.monotonic()
        if kept and now < kept[1]:
            return kept[0]
        grant = ask_for_token({"grant_type": "client_credentials"})
        lifetime = min(grant.expires_in, LONGEST_TOKEN_LIFE_SECONDS) - EXPIRY_MARGIN_SECONDS
        self._kept = grant.access_token, now + lifetime
        return grant.access_token

    def forget(self) -> None:
        self._kept = None


APP_TOKEN: Final = _AppToken()
