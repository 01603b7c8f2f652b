"""An entry of Spotify's catalogue in words, for pages and emails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.dateformat import format as format_date

from campaigns import links
from campaigns.catalogue.candidates import candidates_of
from campaigns.models import Campaign
from campaigns.spotify import Release

# How precise a date of the catalogue's is, by its length.
_FORMATS: Final = {10: ("%Y-%m-%d", "j F Y"), 7: ("%Y-%m", "F Y"), 4: ("%Y", "Y")}


@dataclass(frozen=True)
class Entry:
    """`day` is a day, a month or a year in words, and empty where the catalogue has none. `album`
    is the title of a track's album. `cover` is an address on this site, where there is one.
    """

    uri: str
    link: str
    title: str
    artists: str
    kind: str
    album: str
    is_explicit: bool
    code: str
    day: str
    is_out: bool
    cover: str = ""


def choices_of(campaign: Campaign, today: date) -> list[Entry]:
    """What the artist may choose from, or say of which that it is the release."""
    if not (campaign.offers_a_choice or campaign.awaits_an_answer):
        return []
    return [entry_of(candidate, today) for candidate in candidates_of(campaign)]


def entry_of(release: Release, today: date) -> Entry:
    is_track = release.uri.startswith("spotify:track:")
    return Entry(
        uri=release.uri,
        link=links.on_spotify(release.uri),
        title=release.title,
        artists=release.artist_names,
        kind="track" if is_track else release.album_type or "album",
        album=release.album_title if is_track else "",
        is_explicit=release.is_explicit,
        code=release.upc or release.isrc,
        day=_in_words(release.release_date),
        is_out=is_out(release, today),
    )


def is_out(release: Release, today: date) -> bool:
    return release.release_date <= today.isoformat()[: len(release.release_date)]


def _in_words(release_date: str) -> str:
    written, shown = _FORMATS.get(len(release_date), ("", ""))
    try:
        return format_date(datetime.strptime(release_date, written), shown) if written else ""  # noqa: DTZ007
    except ValueError:
        return ""
