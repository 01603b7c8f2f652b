"""What becomes of saves that Spotify answered with 200, which it also does for what it does not
show: a later look confirms them or puts them back.

Blocks of rows are each a transaction of their own, so that many hold nobody up; what a crash leaves
comes with the next look or the next round.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Q

from campaigns.models import (
    Campaign,
    CampaignState,
    DailyCount,
    PreSave,
    PreSaveQuerySet,
    PreSaveState,
    Reason,
)

logger = logging.getLogger(__name__)

ROWS_AT_ONCE: Final = 5000
# Sent for what is confirmed no more. What is left of an ended campaign is erased as it is.
_STALE: Final = Q(campaign__state=CampaignState.OPEN) | (
    Q(campaign__state=CampaignState.RELEASING) & ~Q(campaign__confirmed_at=F("sent_for"))
)


def settle(campaign: Campaign, until: datetime, now: datetime) -> int:
    """End the pre-saves that were sent no later than `until` for what the campaign has confirmed:
    later looks still showed it. Their permissions are erased. Returns how many.

    Nobody, if it confirms something else by now.
    """
    sent = PreSave.objects.sent().filter(
        campaign=campaign,
        campaign__state=CampaignState.RELEASING,
        campaign__confirmed_at=campaign.confirmed_at,
        sent_for=campaign.confirmed_at,
        sent_at__lte=until,
    )
    settled = 0
    while block := _settle_some(campaign, sent, now):
        settled += block
    if settled:
        logger.info("saves confirmed campaign=%s saved=%d", campaign.id, settled)
    return settled


@transaction.atomic
def _settle_some(campaign: Campaign, sent: PreSaveQuerySet, now: datetime) -> int:
    # A row that somebody else holds is a fan's who cancels, or another worker settles it.
    free = sent.select_for_update(of=("self",), skip_locked=True).order_by("sent_at")
    ids = list(free.values_list("id", flat=True)[:ROWS_AT_ONCE])
    if not ids:
        return 0
    saved = PreSave.objects.sent().filter(id__in=ids).end(PreSaveState.SAVED, Reason.NONE, now)
    # The counts come after all rows, as everywhere.
    DailyCount.objects.add(campaign.id, now, {"saved": saved})
    return saved


def put_back() -> int:
    """Let everybody wait again whose save no later look can confirm; returns how many. Saving once
    more changes nothing for those who have the release.
    """
    return _put_back(_STALE)


def send_again(campaign: Campaign, since: datetime, until: datetime) -> int:
    """Let those wait again who were sent in that time, in which nobody looked; returns how many."""
    return _put_back(Q(campaign=campaign, sent_at__gt=since, sent_at__lt=until))


def _put_back(whom: Q) -> int:
    put_back = 0
    while block := _put_some_back(whom):
        put_back += block
    if put_back:
        logger.warning("saves not confirmed, to be sent again rows=%d", put_back)
    return put_back


@transaction.atomic
def _put_some_back(whom: Q) -> int:
    free = PreSave.objects.sent().filter(whom).select_for_update(of=("self",), skip_locked=True)
    ids = list(free.values_list("id", flat=True)[:ROWS_AT_ONCE])
    return PreSave.objects.sent().filter(id__in=ids).update(sent_for=None) if ids else 0
