"""An artist's acts that change a campaign's state: open, cancel, resume."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from campaigns.consent import wordings
from campaigns.models import ENDED_STATES, Campaign, CampaignState, PauseReason, Trouble
from campaigns.planning.moving import PublishingError, check_release_moment, locked
from campaigns.retention import erasing


@transaction.atomic
def open_campaign(campaign: Campaign, now: datetime) -> None:
    """Open a draft. The worker then makes its key, with which the landing page goes live.

    Raises PublishingError.
    """
    campaign = locked(campaign)
    if campaign.state != CampaignState.DRAFT:
        raise PublishingError("Only a draft can be opened.")
    check_release_moment(campaign.release_at, now)
    campaign.state = CampaignState.OPEN
    campaign.opened_at = campaign.scheduled_at = now
    campaign.consent_version = wordings.CURRENT_VERSION
    campaign.save(update_fields=["state", "opened_at", "scheduled_at", "consent_version"])


def cancel_campaign(campaign: Campaign, now: datetime) -> int:
    """End the campaign without a save and erase every permission it holds.

    Returns how many. Raises PublishingError.
    """
    # The new state, committed first, stops every further save by itself, and workers finish the
    # erasing should this process die in the middle of it.
    _end_by_cancelling(campaign, now)
    return erasing.erase_cancelled(campaign.id, now)


@transaction.atomic
def _end_by_cancelling(campaign: Campaign, now: datetime) -> None:
    campaign = locked(campaign)
    if campaign.has_ended:
        raise PublishingError("This campaign has ended already.")
    campaign.state, campaign.cancelled_at = CampaignState.CANCELLED, now
    campaign.save(update_fields=["state", "cancelled_at"])


def resume(campaign: Campaign) -> None:
    """Let a paused campaign go on, after what stopped it was fixed.

    If it is stopped again, people are told again. Raises PublishingError.
    """
    resumable = Campaign.objects.exclude(state__in=ENDED_STATES).filter(
        id=campaign.id, paused_reason__in=[one for one in PauseReason if one.is_resumable]
    )
    if not resumable.update(paused_reason=PauseReason.NONE, paused_at=None, next_check_at=None):
        raise PublishingError(
            "There is nothing to resume. A campaign whose key is missing goes on by itself when "
            "the operator has brought the key file back."
        )
    campaign.alarms.exclude(trouble=Trouble.LATE).delete()
