"""Where a link is put, as the link itself says it: `?src=instagram`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns import hosts
from campaigns.catalogue.folding import plain
from campaigns.models import Campaign
from campaigns.models.sources import DIRECT, OTHER, cleaned, is_reserved

PARAMETER: Final = "src"


@dataclass(frozen=True)
class Source:
    name: str
    label: str | Promise


SOURCES: Final = (
    Source("instagram", "Instagram"),
    Source("tiktok", "TikTok"),
    Source("youtube", "YouTube"),
    Source("facebook", "Facebook"),
    Source("x", "X"),
    Source("newsletter", _("Newsletter")),
    Source("website", _("Website")),
    Source("poster", _("Poster")),
)
WEBSITE: Final = SOURCES[-2]
POSTER: Final = SOURCES[-1]


def source_called(text: str) -> Source | None:
    """One of SOURCES, or one of the artist's own, written as it is counted. None for what would not
    count apart.
    """
    name = cleaned(plain(text))
    if name in ("", DIRECT, OTHER):
        return None
    return next((source for source in SOURCES if source.name == name), Source(name, name))


def why_unusable(text: str) -> str:
    """What an artist reads about a name that source_called refuses."""
    if is_reserved(plain(text)):
        return gettext("“direct” and “other” already mean something else. Choose another name.")
    return gettext(
        "Use letters from a to z, digits, dots, hyphens or underscores, "
        "and no email address or phone number."
    )


def link_of(campaign: Campaign, source: Source | None = None) -> str:
    """The address to share."""
    address = hosts.address_of(campaign)
    return f"{address}?{PARAMETER}={source.name}" if source else address
