"""What a look into Spotify's catalogue found, as the form shows it and carries it along.

The form carries it sealed: an artist answers about what the catalogue showed, and Spotify is not
asked once more when the form is sent.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.core import signing
from django.urls import reverse
from django.utils.dateformat import format as format_date

from campaigns.catalogue.names import Names
from campaigns.planning.accepting import artists_of
from campaigns.planning.looking_up import Found
from campaigns.spotify import Artist, Release

# As long as somebody may take to fill in the form.
LIFETIME: Final = timedelta(hours=12)
_SALT: Final = "campaigns.dashboard.found"
_COVER_SALT: Final = "campaigns.dashboard.cover"
# How precise a date of the catalogue's is, by its length.
_FORMATS: Final = {10: ("%Y-%m-%d", "j F Y"), 7: ("%Y-%m", "F Y"), 4: ("%Y", "Y")}


@dataclass(frozen=True)
class Entry:
    """One entry of the catalogue's for the page. `day` is a day, a month or a year in words, and
    empty where the catalogue has none.
    """

    uri: str
    title: str
    artists: str
    kind: str
    code: str
    day: str
    is_out: bool
    cover: str


def entry_of(release: Release, today: date) -> Entry:
    return Entry(
        uri=release.uri,
        title=release.title,
        artists=artists_of(release),
        kind="track" if release.uri.startswith("spotify:track:") else release.album_type,
        code=release.upc or release.isrc,
        day=_in_words(release.release_date),
        is_out=is_out(release, today),
        cover=_cover_address(release),
    )


def is_out(release: Release, today: date) -> bool:
    return release.release_date <= today.isoformat()[: len(release.release_date)]


def seal(found: Found) -> str:
    releases = [asdict(release) for release in found.releases]
    return signing.dumps([found.asked, found.market, releases], salt=_SALT, compress=True)


def unseal(text: str) -> Found | None:
    """None for what is not ours, or too old."""
    try:
        asked, market, releases = signing.loads(text, salt=_SALT, max_age=LIFETIME)
        return Found(Names(*asked), market, tuple(map(_release, releases)))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def cover_behind(sealed: str) -> str:
    """The address of a cover, as the catalogue gave it. Raises BadSignature."""
    address: str = signing.loads(sealed, salt=_COVER_SALT, max_age=LIFETIME)
    return address


def _release(fields: dict[str, object]) -> Release:
    artists = tuple(Artist(*one) for one in fields.pop("artists"))  # type: ignore[attr-defined]  # JSON has no types
    return Release(artists=artists, **fields)  # type: ignore[arg-type]


def _cover_address(release: Release) -> str:
    if not release.cover:
        return ""
    return reverse("dashboard-cover", args=[signing.dumps(release.cover, salt=_COVER_SALT)])


def _in_words(release_date: str) -> str:
    written, shown = _FORMATS.get(len(release_date), ("", ""))
    try:
        return format_date(datetime.strptime(release_date, written), shown) if written else ""  # noqa: DTZ007
    except ValueError:
        return ""
