"""A release's names, as link, UPC and ISRC, compared with the catalogue's entry."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple, Self

from campaigns import spotify
from campaigns.catalogue.folding import folded
from campaigns.models import Campaign
from campaigns.spotify import Permit, Release

# Distributors date a single's release by a zone of their own.
SAME_RELEASE_DAYS: Final = timedelta(days=2)


class Names(NamedTuple):
    """What names a release: at least one of the three; all that are given have to agree."""

    spotify_uri: str
    upc: str
    isrc: str

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        return cls(campaign.spotify_uri, campaign.upc, campaign.isrc)

    @property
    def is_track(self) -> bool:
        return self.spotify_uri.startswith("spotify:track:")

    @property
    def saves_a_track(self) -> bool:
        """As Campaign.saves_a_track, before anything is confirmed."""
        return self.is_track or not (self.spotify_uri or self.upc)

    @property
    def code(self) -> str:
        """The code that a link's release carries too; without a link, the one that is given."""
        if self.spotify_uri:
            return self.isrc if self.is_track else self.upc
        return self.upc or self.isrc


def find(names: Names, market: str, permit: Permit) -> list[Release]:
    """What a market shows under the link or, without one, the code. Raises SpotifyError."""
    if not names.spotify_uri:
        return find_by_code(names, market, permit)
    hits = spotify.find_by_uri(names.spotify_uri, market, permit)
    return [_as_it_was_asked_for(names, hit) for hit in hits]


def find_by_code(names: Names, market: str, permit: Permit) -> list[Release]:
    """What a market shows under the code: an album under its UPC, a track under its ISRC."""
    if not names.code:
        return []
    find_under = spotify.find_by_upc if names.code == names.upc else spotify.find_by_isrc
    return find_under(names.code, market, permit)


def find_under_link(names: Names, market: str, permit: Permit) -> list[Release]:
    """As `find`, before anything is confirmed: an id that moved is found under its new one. It
    answers like a track that another plays in place of, but search does not list it any more, and a
    save of it might have no effect.
    """
    hits = spotify.find_by_uri(names.spotify_uri, market, permit)
    asked = [_as_it_was_asked_for(names, hit) for hit in hits]
    if asked == hits or spotify.lists_track(names.spotify_uri, names.isrc, market, permit):
        return asked
    return hits


def _as_it_was_asked_for(names: Names, hit: Release) -> Release:
    """A track that plays in place of the one that was asked for is the same recording if its ISRC
    is: it counts as the link's own. Spotify does not say so to apps in development mode.

    https://developer.spotify.com/documentation/web-api/concepts/track-relinking
    """
    stands_in = is_same_code(names.isrc, hit.isrc)
    return replace(hit, uri=names.spotify_uri) if stands_in else hit


def agrees(names: Names, release: Release) -> bool:
    """Whether every name the artist gave is the release's own."""
    return codes_agree(names, release) and names.spotify_uri in ("", release.uri)


def codes_agree(names: Names, release: Release) -> bool:
    """Whether every code the artist gave is the release's own."""
    same_upc = not names.upc or is_same_code(names.upc, release.upc)
    return same_upc and (not names.isrc or is_same_code(names.isrc, release.isrc))


def is_same_code(one: str, other: str) -> bool:
    """Whether two spellings are of one UPC or ISRC. One that is missing is the same as none."""
    return bool(plain_code(one)) and plain_code(one) == plain_code(other)


def plain_code(code: str) -> str:
    """A UPC or ISRC without leading zeros, hyphens and spaces, in capitals; empty when nothing is
    left, as of zeros alone: that is no code.
    """
    letters = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", code).upper())
    return letters.lstrip("0")


def the_one(hits: list[Release], day: date) -> Release | None:
    """The release that all of these are, which carry the artist's codes; None where they are
    several.
    """
    return next(iter(_twins(hits, day)), None)


def versions(hits: list[Release], day: date) -> list[Release]:
    """The explicit and the other twins of the one release, of which an artist may choose; empty
    where there is nothing to choose.
    """
    twins = _twins(hits, day)
    return twins if len({twin.is_explicit for twin in twins}) > 1 else []


def _twins(hits: list[Release], day: date) -> list[Release]:
    """The entries of one delivery, the one that is saved first; empty where they are of several.

    A recording that is on its single and on an album is meant as the single, if that came out on
    the campaign's day. Explicit twins come first, then those whose id does, so that every look
    chooses the same.
    """
    hits = [hit for hit in hits if _is_single_of(hit, day)] or hits
    if len({hit.uri for hit in hits}) > 1 and len({_delivery(hit) for hit in hits}) > 1:
        return []
    return sorted(hits, key=lambda hit: (not hit.is_explicit, hit.uri))


def _is_single_of(hit: Release, day: date) -> bool:
    is_single = hit.uri.startswith("spotify:track:") and hit.album_type == "single"
    return is_single and is_dated(hit, day)


def is_dated(hit: Release, day: date) -> bool:
    """Whether the release's date is the campaign's day, or close enough to it."""
    try:
        released = date.fromisoformat(hit.release_date)
    except ValueError:
        return False
    return abs(released - day) <= SAME_RELEASE_DAYS


def _delivery(hit: Release) -> tuple[object, ...]:
    """What twins have in common; an entry without a title has it with none."""
    return (
        folded(hit.title).replace(" ", "") or hit.uri,
        folded(hit.album_title).replace(" ", ""),
        frozenset(artist.id for artist in hit.artists),
        *(plain_code(hit.upc), plain_code(hit.isrc)),
        *(hit.release_date, hit.album_type),
    )
