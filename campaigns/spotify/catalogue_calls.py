"""The catalogue: looked up with the app's own token."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from django.conf import settings

from campaigns.keyring import Secret
from campaigns.models.choices import ErrorReason
from campaigns.models.formats import LONGEST_RELEASE_NAME, SPOTIFY_URI_PATTERN
from campaigns.spotify.answers import Answer, SpotifyError, api_error, json_object
from campaigns.spotify.http import ask_for_token, ask_once

logger = logging.getLogger(__name__)

# Called just before each call to the Web API; it may wait for the call's turn, or raise.
Permit = Callable[[], None]

# Spotify's tokens live for an hour. One that is about to expire is not used any more.
LONGEST_TOKEN_LIFE_SECONDS: Final = 3600
EXPIRY_MARGIN_SECONDS: Final = 60
# How many digits a UPC may be stored with: GTIN-12, 13 and 14 differ by zeros in front.
UPC_LENGTHS: Final = (12, 13, 14)
# As many as a search answers apps in development mode at most; it is 5 unless asked for.
MOST_FOUND: Final = "10"
# A cover is shown 80 pixels wide, on screens with two dots to a pixel.
COVER_PIXELS: Final = 160
# "invalid id", "Invalid base62 id", "Invalid album id"
_INVALID_ID: Final = re.compile(r"\binvalid\b.*\bid\b", re.IGNORECASE)


class Artist(NamedTuple):
    id: str
    name: str


@dataclass(frozen=True)
class Release:
    """An album or track as the catalogue shows it.

    `release_date` may be a year, a month or a day; `album_type` and `album_title` are those of a
    track's album. An album with an explicit track is explicit. `cover` is the address of a small
    picture.
    """

    uri: str
    upc: str
    isrc: str
    release_date: str
    is_playable: bool
    artists: tuple[Artist, ...]
    title: str = ""
    album_type: str = ""
    is_explicit: bool = False
    album_title: str = ""
    cover: str = field(default="", compare=False)

    @property
    def artist_names(self) -> str:
        return ", ".join(artist.name for artist in self.artists)[:LONGEST_RELEASE_NAME]


def find_by_uri(uri: str, market: str, permit: Permit) -> list[Release]:
    """The album or track as a list of one, or an empty list when the market's catalogue does not
    show it yet. It may answer under another URI.
    """
    if not re.fullmatch(SPOTIFY_URI_PATTERN, uri):
        raise SpotifyError(ErrorReason.UNUSABLE_ANSWER)
    _, kind, item_id = uri.split(":")
    item = _ask(f"{kind}s/{item_id}", permit, market=market)
    return [] if item is None else [_release(item)]


def find_by_upc(upc: str, market: str, permit: Permit) -> list[Release]:
    """The albums under a UPC. A search finds the digits only as Spotify stored them, with or
    without zeros in front: each form is asked for, as it was given first, until one is found.
    """
    digits = upc.lstrip("0")
    forms = [upc, *(digits.zfill(length) for length in UPC_LENGTHS)] if digits else []
    return _search_each("upc", forms, "album", market, permit)


def find_by_isrc(isrc: str, market: str, permit: Permit) -> list[Release]:
    return _search_each("isrc", _isrc_forms(isrc), "track", market, permit)


def lists_track(uri: str, isrc: str, market: str, permit: Permit) -> bool:
    """Whether a search by ISRC lists this track, whatever answers when it is read."""
    return any(
        uri in _search(f"isrc:{form}", "track", market, permit) for form in _isrc_forms(isrc)
    )


def takes_search(limit: int, market: str, permit: Permit) -> bool:
    """Whether Spotify takes such a question at all: it refuses more hits than the app's mode
    allows, and a market that it does not know. Raises SpotifyError.
    """
    question = {"q": "presave", "type": "album", "market": market, "limit": str(limit)}
    try:
        _ask("search", permit, **question)
    except SpotifyError as error:
        if error.reason is ErrorReason.QUESTION_REFUSED:
            return False
        raise
    return True


def _isrc_forms(isrc: str) -> list[str]:
    """Spotify stored ISRCs without or, in places, with hyphens."""
    return [isrc, re.sub(r"^(..)(...)(..)(.{5})$", r"\1-\2-\3-\4", isrc)]


def _search_each(
    code: str, forms: list[str], kind: str, market: str, permit: Permit
) -> list[Release]:
    """What the first form of a code finds that finds something. Search answers leave out
    external_ids of albums: each hit is read by itself.
    """
    for form in dict.fromkeys(forms):
        uris = _search(f"{code}:{form}", kind, market, permit)
        if found := [hit for uri in uris for hit in find_by_uri(uri, market, permit)]:
            return found
    return []


def _search(query: str, kind: str, market: str, permit: Permit) -> list[str]:
    # `total` is not to be trusted.
    answer = _ask("search", permit, q=query, type=kind, market=market, limit=MOST_FOUND)
    try:
        return [str(item["uri"]) for item in (answer or {})[f"{kind}s"]["items"] if item]
    except (KeyError, TypeError):
        raise SpotifyError(ErrorReason.UNUSABLE_ANSWER) from None


def _release(item: dict[str, Any]) -> Release:
    try:
        album = item.get("album") or item
        external = item.get("external_ids") or {}
        # Track relinking: with a market Spotify may answer with the track that plays there.
        asked = item.get("linked_from") or item
        return Release(
            uri=_uri_of(asked),
            upc=str(external.get("upc") or external.get("ean") or ""),
            isrc=str(external.get("isrc") or ""),
            release_date=str(album.get("release_date") or ""),
            is_playable=item.get("is_playable") is not False,
            artists=tuple(
                Artist(str(artist["id"]), _storable(artist["name"])) for artist in item["artists"]
            ),
            title=_storable(item.get("name") or ""),
            album_type=str(album.get("album_type") or ""),
            is_explicit=any(track.get("explicit") is True for track in _tracks(item)),
            album_title=_storable(album.get("name") or ""),
            cover=_cover(album.get("images") or []),
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        raise SpotifyError(ErrorReason.UNUSABLE_ANSWER) from None


def _uri_of(item: dict[str, Any]) -> str:
    if not re.fullmatch(SPOTIFY_URI_PATTERN, uri := str(item["uri"])):
        raise ValueError("no URI of an album or track")
    return uri


def _storable(name: object) -> str:
    """Without the characters that JSON can carry and Postgres cannot, NUL and half a surrogate; and
    no longer than a column holds, as comparing takes longer with the square of it.
    """
    return str(name)[:LONGEST_RELEASE_NAME].replace("\x00", "").encode(errors="ignore").decode()


def _cover(images: list[Any]) -> str:
    """The address of the smallest one that is large enough; empty without such a one."""
    sized = [
        (image["width"], image["url"])
        for image in images
        if isinstance(image, dict)
        and isinstance(image.get("width"), int)
        and isinstance(image.get("url"), str)
    ]
    return min((one for one in sized if one[0] >= COVER_PIXELS), default=(0, ""))[1]


def _tracks(item: dict[str, Any]) -> list[dict[str, Any]]:
    """An album's first tracks, or the track itself."""
    if "tracks" not in item:
        return [item]
    return [track for track in (item["tracks"] or {}).get("items") or [] if track]


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
    if answer.status == 404 or _is_of_an_id(answer):
        return None
    if answer.status == 400 and json_object(answer.body):
        logger.warning("question refused path=%s market=%s", path, query["market"])
        raise SpotifyError(ErrorReason.QUESTION_REFUSED)
    if answer.status == 401:
        APP_TOKEN.forget()
    if answer.status != 200:
        raise api_error(answer)
    return json_object(answer.body)


def _is_of_an_id(answer: Answer) -> bool:
    """Whether Spotify says that there is no such id, and not that the question is wrong."""
    text = json.dumps(json_object(answer.body).get("error"))
    return answer.status == 400 and bool(_INVALID_ID.search(text))


class _AppToken:
    """The app's own token, kept in memory. All threads use the same one; it is replaced as a whole,
    and two that find none may both ask for one.
    """

    def __init__(self) -> None:
        self._kept: tuple[Secret, float] | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the next call to the Web API needs none to the token endpoint before it."""
        return bool(self._kept and time.monotonic() < self._kept[1])

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
