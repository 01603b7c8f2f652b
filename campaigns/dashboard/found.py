"""What a look into Spotify's catalogue found, as the form shows it and carries it along.

The form carries it sealed: an artist answers about what the catalogue showed, and Spotify is not
asked once more when the form is sent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from django.core import signing
from django.urls import reverse

from campaigns.catalogue.candidates import from_json, to_json
from campaigns.catalogue.names import Names
from campaigns.planning.looking_up import Found
from campaigns.spotify import Release
from campaigns.status import entries
from campaigns.status.entries import Entry

# As long as somebody may take to fill in the form.
LIFETIME: Final = timedelta(hours=12)
# What was found so lately need not be asked about once more.
FRESH: Final = timedelta(minutes=10)
_SALT: Final = "campaigns.dashboard.found"
_COVER_SALT: Final = "campaigns.dashboard.cover"


def entry_of(release: Release, today: date) -> Entry:
    """For a page, with its cover."""
    return replace(entries.entry_of(release, today), cover=_cover_address(release))


def seal(found: Found) -> str:
    carried = [found.asked, found.market, to_json(found.releases), found.texts]
    return signing.dumps(carried, salt=_SALT, compress=True)


def unseal(text: str, max_age: timedelta = LIFETIME) -> Found | None:
    """None for what is not ours, or too old."""
    try:
        asked, market, releases, texts = signing.loads(text, salt=_SALT, max_age=max_age)
        return Found(Names(*asked), market, from_json(releases), tuple(texts))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def cover_behind(sealed: str) -> str:
    """The address of a cover, as the catalogue gave it. Raises BadSignature."""
    address: str = signing.loads(sealed, salt=_COVER_SALT, max_age=LIFETIME)
    return address


def _cover_address(release: Release) -> str:
    if not release.cover:
        return ""
    return reverse("dashboard-cover", args=[signing.dumps(release.cover, salt=_COVER_SALT)])
