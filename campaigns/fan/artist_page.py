"""An artist's coming and past releases, as the page and the feed list them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from campaigns.artwork import files
from campaigns.artwork.files import Renditions
from campaigns.fan import times
from campaigns.models import ArtistPage, Campaign
from campaigns.status.phase import Phase, phase_of


@dataclass(frozen=True)
class Listed:
    campaign: Campaign
    is_out: bool
    release_date: SafeString
    artwork: Renditions | None


def listed(page: ArtistPage, now: datetime) -> list[Listed]:
    """Its releases, the newest first: to come, coming out or out, and none that was cancelled or
    never came.
    """
    phases = [(campaign, phase_of(campaign, now)) for campaign in page.releases()]
    gone = (Phase.CANCELLED, Phase.MISSED)
    return [_listed(campaign, phase) for campaign, phase in phases if phase not in gone]


def _listed(campaign: Campaign, phase: Phase) -> Listed:
    return Listed(
        campaign,
        is_out=phase.is_out,
        release_date=(times.release_day if phase.is_out else times.release_date)(campaign),
        artwork=files.renditions(campaign),
    )
