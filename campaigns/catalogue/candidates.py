"""The entries that a look could not tell apart, as the campaign's row keeps them: an artist
chooses, and no page asks Spotify.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, fields
from operator import attrgetter
from typing import Any, Final

from campaigns.models import Campaign
from campaigns.spotify import Artist, Release

# More are no choice that anybody can make on a page or in an email.
MOST_CANDIDATES: Final = 5
_FIELDS: Final = {field.name for field in fields(Release)}


def candidates_of(campaign: Campaign) -> tuple[Release, ...]:
    return from_json(campaign.candidates)


def newest(releases: Iterable[Release]) -> list[Release]:
    """As many as can be shown, the newest first."""
    return sorted(releases, key=attrgetter("release_date"), reverse=True)[:MOST_CANDIDATES]


def to_json(releases: Iterable[Release]) -> list[dict[str, Any]]:
    return [asdict(release) for release in releases]


def from_json(noted: Iterable[dict[str, Any]]) -> tuple[Release, ...]:
    """Leaves out what another version noted too, and entries of which it noted less."""
    releases = []
    for entry in noted:
        with suppress(KeyError, TypeError):
            releases.append(_release(entry))
    return tuple(releases)


def _release(noted: dict[str, Any]) -> Release:
    known = {name: value for name, value in noted.items() if name in _FIELDS}
    artists = tuple(Artist(*artist) for artist in known.pop("artists"))
    return Release(artists=artists, **known)
