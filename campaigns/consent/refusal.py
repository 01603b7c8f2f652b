"""Why no pre-save was made, as facts. The fan's pages say it in words."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Final

from campaigns.models import Campaign
from campaigns.status.phase import Phase, phase_of


class Refusal(enum.Enum):
    """Why no pre-save was made. Nothing about the fan is stored for any of them."""

    DENIED = "denied"
    BROWSER_CHANGED = "browser_changed"
    TOO_LATE = "too_late"
    STATE_MISMATCH = "state_mismatch"
    ALREADY_USED = "already_used"
    NOT_COMPLETED = "not_completed"
    CODE_REFUSED = "code_refused"
    CANCELLED = "cancelled"
    FINISHED = "finished"
    PAUSED = "paused"
    RELEASE_CHANGED = "release_changed"
    MORE_THAN_ASKED = "more_than_asked"
    LESS_THAN_ASKED = "less_than_asked"
    NOT_LISTED = "not_listed"
    SPOTIFY_DOWN = "spotify_down"
    SPOTIFY_AWAY = "spotify_away"
    NOT_OPEN_YET = "not_open_yet"
    BUSY = "busy"


# What an operator wants to know of: it can come from a fault at Spotify or in the settings.
NOT_THE_FANS_DOING: Final = {
    *(Refusal.BUSY, Refusal.SPOTIFY_DOWN, Refusal.CODE_REFUSED, Refusal.NOT_LISTED),
    *(Refusal.MORE_THAN_ASKED, Refusal.LESS_THAN_ASKED),
}


class ConsentError(Exception):
    """The consent came to nothing. `slug` leads back to the campaign where it is known."""

    def __init__(self, refusal: Refusal, slug: str = "") -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.slug = slug


def why_closed(campaign: Campaign | None, now: datetime) -> Refusal:
    """Why this campaign is none of those accepting consents."""
    phase = phase_of(campaign, now) if campaign else Phase.CANCELLED
    if campaign is None or phase is Phase.CANCELLED:
        return Refusal.CANCELLED
    if phase.has_ended:
        return Refusal.FINISHED
    return Refusal.NOT_OPEN_YET if campaign.public_key is None else Refusal.PAUSED
