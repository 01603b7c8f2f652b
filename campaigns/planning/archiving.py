"""Puts campaigns aside: archived ones are left out of the list, and drafts can be deleted."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from django.db import transaction

from campaigns.artwork import files
from campaigns.clips import files as clips
from campaigns.models import Campaign, CampaignState, Event, User
from campaigns.planning.history import record
from campaigns.planning.moving import locked
from campaigns.planning.obstacles import Obstacle, PlanningError

logger = logging.getLogger(__name__)


def can_be_archived(campaign: Campaign) -> bool:
    return campaign.state == CampaignState.DRAFT or campaign.has_ended


@transaction.atomic
def archive(campaign: Campaign, now: datetime, by: User | None = None) -> None:
    """Leave the campaign out of the list. Its page and its numbers stay as they are.

    Raises PlanningError for one that runs.
    """
    campaign = locked(campaign)
    if not can_be_archived(campaign):
        raise PlanningError(Obstacle.RUNS_STILL)
    campaign.archived_at = campaign.archived_at or now
    campaign.save(update_fields=["archived_at"])
    record(campaign.label, Event.ARCHIVED, by, campaign)


@transaction.atomic
def unarchive(campaign: Campaign, by: User | None = None) -> None:
    Campaign.objects.filter(id=campaign.id).update(archived_at=None)
    record(campaign.label, Event.UNARCHIVED, by, campaign)


@transaction.atomic
def delete_draft(campaign: Campaign, by: User | None = None) -> None:
    """Delete a draft with its artwork and clip; its address is free again. Raises PlanningError."""
    campaign = locked(campaign)
    if campaign.state != CampaignState.DRAFT:
        raise PlanningError(Obstacle.ONLY_DRAFTS_ARE_DELETED)
    if campaign.artwork:
        transaction.on_commit(partial(files.discard, campaign.artwork))
    if campaign.clip:
        transaction.on_commit(partial(clips.discard, campaign.clip))
    record(campaign.label, Event.DELETED, by, campaign)
    logger.info("draft deleted campaign=%s", campaign.id)
    campaign.delete()
