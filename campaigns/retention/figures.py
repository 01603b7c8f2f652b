"""Figures of an ended campaign, written down before its rows are deleted: how long fans waited for
their saves, and why some got none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.functions import Coalesce, Greatest

from campaigns.models import Campaign, PreSave, PreSaveState


def write_down(now: datetime) -> int:
    """Write down the figures of every campaign that has ended; returns of how many.

    No lock is held meanwhile: an ended campaign takes no consent, and its rows change no more.
    """
    awaiting = Campaign.objects.awaiting_figures(now).values_list("id", flat=True)
    return sum(
        Campaign.objects.filter(id=campaign_id).update(**_figures(campaign_id))
        for campaign_id in list(awaiting)
    )


def _figures(campaign_id: UUID) -> Mapping[str, Any]:
    delays = _delays(campaign_id)
    number = delays.count()
    return {
        "delivery_p50": _percentile(delays, number, 50),
        "delivery_p95": _percentile(delays, number, 95),
        "failures": _failures(campaign_id),
    }


def _delays(campaign_id: UUID) -> QuerySet[PreSave, timedelta]:
    """From each fan's own release time, or from the consent when that came later, to the save; the
    shortest first.

    A save that was on its way while the release was moved comes before the new release time. It
    says nothing about how long anybody waited, and is left out.
    """
    saved = PreSave.objects.filter(campaign_id=campaign_id, state=PreSaveState.SAVED)
    # Rows from before saves were confirmed have one time alone.
    saved_at, promised_at = Coalesce("sent_at", "settled_at"), Greatest("due_at", "consented_at")
    waited = saved.annotate(delay=saved_at - promised_at).filter(delay__gte=timedelta())
    return waited.order_by("delay").values_list("delay", flat=True)


def _percentile(delays: QuerySet[PreSave, timedelta], number: int, percent: int) -> int | None:
    """The percentile by nearest rank, rounded up to whole seconds. The database sorts, so that a
    million rows need not come here.
    """
    if not number:
        return None
    rank = math.ceil(number * percent / 100)
    return math.ceil(delays[rank - 1] / timedelta(seconds=1))


def _failures(campaign_id: UUID) -> dict[str, int]:
    ended = PreSave.objects.filter(
        campaign_id=campaign_id, state__in=[PreSaveState.FAILED, PreSaveState.EXPIRED]
    )
    reasons = ended.values_list("reason").annotate(number=Count("id")).order_by("reason")
    return dict(reasons)
