"""Erases permissions in blocks, each a transaction of its own with its count, so that a million of
them hold nobody up and nothing that was done is done again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import (
    Campaign,
    CampaignState,
    DailyCount,
    PreSave,
    PreSaveQuerySet,
    PreSaveState,
    Reason,
)

# So few that neither a fan who pre-saves nor a worker notices how long they take.
ROWS_ERASED_AT_ONCE: Final = 2000


def expire_some(campaigns: QuerySet[Campaign], condition: Q, reason: Reason, now: datetime) -> int:
    """Erase one block of each of these campaigns' pending pre-saves that meet the condition."""
    return sum(
        _expire_some_of(campaigns.filter(id=campaign_id), condition, reason, now)
        for campaign_id in _with_pending(campaigns, condition)
    )


@transaction.atomic
def _expire_some_of(
    campaigns: QuerySet[Campaign], condition: Q, reason: Reason, now: datetime
) -> int:
    # Another worker that holds the campaign erases too, or an artist moves the release: the next
    # round looks again.
    campaign = campaigns.select_for_update(no_key=True, skip_locked=True).first()
    if campaign is None:
        return 0
    rows = _free(_pending_of(campaign.id).filter(condition))
    return _end_some(rows, campaign.id, PreSaveState.EXPIRED, reason, now)


def erase_cancelled(campaign_id: UUID, now: datetime) -> int:
    """Erase all permissions of a cancelled campaign; returns how many, those that a worker erased
    included.

    It waits for rows that a worker has locked: no worker holds one while it waits for another.
    """
    rows = PreSave.objects.filter(campaign_id=campaign_id)
    end_all(rows, campaign_id, PreSaveState.CANCELLED, Reason.CAMPAIGN_CANCELLED, now)
    return PreSave.objects.cancelled_with_campaign().filter(campaign_id=campaign_id).count()


def end_all(
    rows: PreSaveQuerySet, campaign_id: UUID, state: PreSaveState, reason: Reason, now: datetime
) -> int:
    """End those of these rows of one campaign that are pending; returns how many.

    It waits for rows that somebody else has locked.
    """
    ended = 0
    while block := _end_block(rows.pending().select_for_update(), campaign_id, state, reason, now):
        ended += block
    return ended


def finish_cancelling(now: datetime) -> int:
    """Erase one block of each cancelled campaign that still holds something: its cancellation is
    still under way, or was cut short.
    """
    cancelled = Campaign.objects.filter(state=CampaignState.CANCELLED)
    how = PreSaveState.CANCELLED, Reason.CAMPAIGN_CANCELLED
    return sum(
        _end_block(_free(_pending_of(campaign_id)), campaign_id, *how, now)
        for campaign_id in _with_pending(cancelled, Q())
    )


@transaction.atomic
def _end_block(
    rows: PreSaveQuerySet, campaign_id: UUID, state: PreSaveState, reason: Reason, now: datetime
) -> int:
    return _end_some(rows, campaign_id, state, reason, now)


def _end_some(
    rows: PreSaveQuerySet, campaign_id: UUID, state: PreSaveState, reason: Reason, now: datetime
) -> int:
    ids = list(rows.order_by("consented_at").values_list("id", flat=True)[:ROWS_ERASED_AT_ONCE])
    erased = PreSave.objects.pending().filter(id__in=ids).end(state, reason, now)
    # The counts come after all rows, as everywhere.
    DailyCount.objects.add(campaign_id, now, {state.value: erased})
    return erased


def _pending_of(campaign_id: UUID) -> PreSaveQuerySet:
    return PreSave.objects.pending().filter(campaign_id=campaign_id)


def _free(rows: PreSaveQuerySet) -> PreSaveQuerySet:
    """Lock those that nobody else is changing now: the others come with the next round."""
    return rows.select_for_update(skip_locked=True)


def _with_pending(campaigns: QuerySet[Campaign], condition: Q) -> list[UUID]:
    pending = PreSave.objects.pending().filter(condition, campaign=OuterRef("pk"))
    return list(campaigns.filter(Exists(pending)).values_list("id", flat=True))
