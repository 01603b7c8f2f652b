"""A release's names, as link, UPC, ISRC and artist, compared with the catalogue's entry."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple, Self

from campaigns import spotify
from campaigns.models import Campaign
from campaigns.spotify import Permit, Release


class Names(NamedTuple):
    """What names a release: at least one of the three; all that are given have to agree."""

    spotify_uri: str
    upc: str
    isrc: str

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        return cls(campaign.spotify_uri, campaign.upc, campaign.isrc)


def find(names: Names, market: str, permit: Permit) -> list[Release]:
    """What a market shows under the link or, without one, the code. Raises SpotifyError."""
    if names.spotify_uri:
        return spotify.find_by_uri(names.spotify_uri, market, permit)
    if names.upc:
        return spotify.find_by_upc(names.upc, market, permit)
    return spotify.find_by_isrc(names.isrc, market, permit)


def agrees(names: Names, release: Release) -> bool:
    """Whether every name the artist gave is the release's own. UPCs may differ by leading zeros."""
    same_upc = not names.upc or names.upc.lstrip("0") == release.upc.lstrip("0")
    same_isrc = not names.isrc or names.isrc == release.isrc.upper()
    same_uri = not names.spotify_uri or names.spotify_uri == release.uri
    return same_upc and same_isrc and same_uri


def is_by(artist: str, release: Release) -> bool:
    """Whether the artist as the campaign writes it may be the catalogue's: accents, signs, capitals
    and guests on either side make no difference.
    """
    given, shown = _words(artist), [_words(one.name) for one in release.artists]
    if any("".join(words) == "".join(given) for words in shown):
        return True
    named = any(words and {*words} <= {*given} for words in shown)
    return named or {*given} <= {word for words in shown for word in words}


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c)))
