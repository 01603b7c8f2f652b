"""An artist's acts that change a campaign's state: open, cancel, resume."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from campaigns.consent import wordings
from campaigns.models import (
    ENDED_STATES,
    Campaign,
    CampaignState,
    Event,
    PauseReason,
    Trouble,
    User,
)
from campaigns.planning import looking_up
from campaigns.planning.history import record
from campaigns.planning.moving import check_release_time, locked
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.retention import erasing
from campaigns.spotify import AppMode, app_mode
from campaigns.status import alarms


def open_campaign(campaign: Campaign, now: datetime, by: User | None = None) -> None:
    """Open a draft. The worker then makes its key, with which the landing page goes live.

    Raises PlanningError, also where Spotify shows another release under the link or code.
    """
    _check_draft(campaign, now)
    looking_up.check_answered(campaign)
    _open(campaign, now, by)


def _check_draft(campaign: Campaign, now: datetime) -> None:
    if campaign.state != CampaignState.DRAFT:
        raise PlanningError(Obstacle.NOT_A_DRAFT)
    check_release_time(campaign.release_at, now)
    if app_mode() is not AppMode.NONE and not campaign.names_a_release:
        raise PlanningError(Obstacle.NOT_NAMED)


@transaction.atomic
def _open(looked_at: Campaign, now: datetime, by: User | None) -> None:
    campaign = locked(looked_at)
    _check_draft(campaign, now)
    if looking_up.is_another(looked_at, campaign):
        raise PlanningError(Obstacle.CHANGED_WHILE_CHECKING)
    campaign.state = CampaignState.OPEN
    campaign.opened_at = campaign.scheduled_at = now
    campaign.consent_version = wordings.CURRENT_VERSION
    campaign.archived_at = None
    campaign.save(
        update_fields=["state", "opened_at", "scheduled_at", "consent_version", "archived_at"]
    )
    record(campaign.label, Event.OPENED, by, campaign)


def cancel_campaign(campaign: Campaign, now: datetime, by: User | None = None) -> int:
    """End the campaign without a save and erase every permission it holds.

    Returns how many. Raises PlanningError.
    """
    # The new state, committed first, stops every further save by itself, and workers finish the
    # erasing should this process die in the middle of it.
    _end_by_cancelling(campaign, now, by)
    return erasing.erase_cancelled(campaign.id, now)


@transaction.atomic
def _end_by_cancelling(campaign: Campaign, now: datetime, by: User | None) -> None:
    campaign = locked(campaign)
    if campaign.has_ended:
        raise PlanningError(Obstacle.ENDED)
    campaign.tell_calendars(now)
    campaign.state, campaign.cancelled_at = CampaignState.CANCELLED, now
    campaign.save(update_fields=["state", "cancelled_at", "event_changed_at"])
    record(campaign.label, Event.CANCELLED, by, campaign)


@transaction.atomic
def resume(campaign: Campaign, by: User | None = None) -> None:
    """Let a paused campaign go on, after what stopped it was fixed. What fans were told before says
    nothing any more: all of them are asked for at once.

    If it is stopped again, people are told again. Raises PlanningError.
    """
    resumable = Campaign.objects.exclude(state__in=ENDED_STATES).filter(
        id=campaign.id, paused_reason__in=[one for one in PauseReason if one.is_resumable]
    )
    if not resumable.update(paused_reason=PauseReason.NONE, paused_at=None, next_check_at=None):
        raise PlanningError(Obstacle.NOTHING_TO_RESUME)
    campaign.presaves.told_something().try_anew()
    alarms.resolve(campaign)
    campaign.alarms.exclude(trouble=Trouble.LATE).delete()
    record(campaign.label, Event.RESUMED, by, campaign)
