"""Where a campaign stands: one phase, read from its row and a clock, without a query."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from campaigns.models import Campaign, CampaignState


class Phase(StrEnum):
    """The phases of a campaign's life, in their order. A pause holds a campaign up within one.

    With local midnights a phase that ends in SOMEWHERE comes first: the release day has begun in
    some time zones, and not in all. With one instant for everybody there is none.
    """

    DRAFT = "draft"
    OPENING = "opening"  # published; the worker is making its key
    OPEN = "open"
    DUE_SOMEWHERE = "due_somewhere"
    DUE = "due"  # the catalogue does not show the release yet
    RELEASING_SOMEWHERE = "releasing_somewhere"
    RELEASING = "releasing"
    FINISHED = "finished"
    MISSED = "missed"  # ended, and the catalogue never showed the release
    CANCELLED = "cancelled"

    @property
    def is_due(self) -> bool:
        """Whether the catalogue is being asked for a release that it does not show."""
        return self in (Phase.DUE_SOMEWHERE, Phase.DUE)

    @property
    def is_releasing(self) -> bool:
        return self in (Phase.RELEASING_SOMEWHERE, Phase.RELEASING)

    @property
    def is_night(self) -> bool:
        """Whether the release time has come for some fans, and the release has not ended."""
        return self.is_due or self.is_releasing

    @property
    def has_ended(self) -> bool:
        return self in (Phase.FINISHED, Phase.MISSED, Phase.CANCELLED)

    @property
    def is_to_come(self) -> bool:
        """Whether some fan's release time is still to come."""
        somewhere = (Phase.DUE_SOMEWHERE, Phase.RELEASING_SOMEWHERE)
        return self in (Phase.OPENING, Phase.OPEN, *somewhere)

    @property
    def is_out(self) -> bool:
        """Whether every fan can listen to the release."""
        return self in (Phase.RELEASING, Phase.FINISHED)

    @property
    def is_passing(self) -> bool:
        """Whether the next phase comes by itself, within seconds or at any moment."""
        return self is Phase.OPENING or self.is_night


def phase_of(campaign: Campaign, now: datetime) -> Phase:
    is_everywhere = campaign.everywhere_at <= now
    match CampaignState(campaign.state):
        case CampaignState.DRAFT:
            return Phase.DRAFT
        case CampaignState.OPEN:
            return _before_the_release(campaign, now)
        case CampaignState.RELEASING:
            return Phase.RELEASING if is_everywhere else Phase.RELEASING_SOMEWHERE
        case CampaignState.FINISHED:
            # Without a Spotify app no entry of its catalogue is confirmed, and the time is.
            was_out = campaign.confirmed_uri or campaign.confirmed_at
            return Phase.FINISHED if was_out else Phase.MISSED
        case CampaignState.CANCELLED:
            return Phase.CANCELLED


def _before_the_release(campaign: Campaign, now: datetime) -> Phase:
    if campaign.everywhere_at <= now:
        return Phase.DUE
    if campaign.is_opening:
        return Phase.OPENING
    return Phase.DUE_SOMEWHERE if campaign.release_at <= now else Phase.OPEN
