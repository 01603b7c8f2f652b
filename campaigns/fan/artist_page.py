"""An artist's coming and past releases, as the page and the feed list them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils.safestring import SafeString

from campaigns.artwork import files
from campaigns.artwork.files import Renditions
from campaigns.fan import times
from campaigns.fan.page_cache import get_or_make
from campaigns.models import ArtistPage, Campaign, identity
from campaigns.status.phase import Phase, phase_of

# Most labels have none, and landing pages would ask each time.
LOOKED_UP_EVERY_SECONDS: Final = 60


def address_for(campaign: Campaign) -> str:
    """Of the page that lists it; empty where there is none."""
    artists = get_or_make(
        "pages",
        ("artist-pages", str(campaign.label_id)),
        LOOKED_UP_EVERY_SECONDS,
        lambda: _switched_on(campaign.label_id),
    )
    mine = (handle for name, handle in artists if identity.is_same(name, campaign.artist))
    handle = next(mine, "")
    return reverse("artist-page", args=[handle]) if handle else ""


def _switched_on(label_id: uuid.UUID) -> list[tuple[str, str]]:
    pages = ArtistPage.objects.filter(label=label_id, is_on=True)
    return list(pages.values_list("name", "handle"))


@dataclass(frozen=True)
class Listed:
    campaign: Campaign
    phase: Phase
    release_date: SafeString
    # As its own page leads with it.
    announced: SafeString
    artwork: Renditions | None

    @property
    def is_out(self) -> bool:
        return self.phase.is_out


def listed(page: ArtistPage, now: datetime) -> list[Listed]:
    """Its releases, the newest first: to come, coming out or out."""
    return [one for one in announced(page, now) if one.phase is not Phase.CANCELLED]


def announced(page: ArtistPage, now: datetime) -> list[Listed]:
    """With those that were cancelled, and without what never came."""
    found = (_listed(campaign, now) for campaign in page.releases())
    return [one for one in found if one.phase is not Phase.MISSED]


def _listed(campaign: Campaign, now: datetime) -> Listed:
    phase = phase_of(campaign, now)
    date = (times.release_day if phase.is_out else times.release_date)(campaign)
    announced = times.announced(campaign, phase, now)
    return Listed(campaign, phase, date, announced, files.renditions(campaign))
