"""Real releases come before a rehearsal: it shares database, broker and machine with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q

from campaigns.models import Campaign, CampaignQuerySet, CampaignState, PreSave

# No rehearsal begins when a release is due so soon; and one that runs ends so long before it.
BEGINS_BEFORE: Final = timedelta(hours=1)
ENDS_BEFORE: Final = timedelta(minutes=1)


def due_within(span: timedelta, now: datetime) -> CampaignQuerySet:
    """Campaigns that come out within that time; and those with fans who are due by then, or were
    and still wait.
    """
    by_then = now + span
    is_live = Q(state__in=[CampaignState.OPEN, CampaignState.RELEASING])
    waiting = PreSave.objects.pending().filter(campaign=OuterRef("pk"), due_at__lte=by_then)
    comes_out = Q(state=CampaignState.OPEN, release_at__gt=now, release_at__lte=by_then)
    return Campaign.objects.filter(is_live, comes_out | Exists(waiting)).order_by("release_at")
