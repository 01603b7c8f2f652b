"""An entry of Spotify's catalogue in words, for pages and emails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns import links
from campaigns.catalogue.candidates import candidates_of
from campaigns.models import Campaign
from campaigns.spotify import Release

# How precise a date of the catalogue's is, by its length.
_FORMATS: Final = {
    10: ("%Y-%m-%d", "DATE_FORMAT"),
    7: ("%Y-%m", "YEAR_MONTH_FORMAT"),
    4: ("%Y", "Y"),
}
# As Spotify calls them.
_KINDS: Final[dict[str, str | Promise]] = {
    "track": _("track"),
    "album": _("album"),
    "single": _("single"),
    "compilation": _("compilation"),
}


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
    kind = "track" if is_track else release.album_type or "album"
    return Entry(
        uri=release.uri,
        link=links.on_spotify(release.uri),
        title=release.title,
        artists=release.artist_names,
        kind=str(_KINDS.get(kind, kind)),
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
        return date_format(datetime.strptime(release_date, written), shown) if written else ""  # noqa: DTZ007
    except ValueError:
        return ""
