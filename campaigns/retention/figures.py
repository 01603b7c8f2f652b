"""Figures of an ended campaign, written down before its rows are deleted: how long fans waited for
their saves, why some got none, and when the permissions were destroyed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet
from django.db.models.functions import Coalesce, Greatest, TruncHour

from campaigns.models import Campaign, FinalFigures, PreSave, PreSaveState

_MINUTE: Final = timedelta(minutes=1)
_WITHOUT_A_SAVE: Final = (PreSaveState.FAILED, PreSaveState.EXPIRED)


def write_down(now: datetime) -> int:
    """Write down the figures of every campaign that has ended; returns of how many.

    No lock is held meanwhile: an ended campaign takes no consent, and its rows change no more.
    """
    awaiting = list(Campaign.objects.awaiting_figures(now).values_list("id", "key_destroyed_at"))
    for campaign_id, key_destroyed_at in awaiting:
        _write_down(campaign_id, key_destroyed_at or now)
    return len(awaiting)


def _write_down(campaign_id: UUID, no_later_than: datetime) -> None:
    delays = _delays(campaign_id)
    number = delays.count()
    own = {
        "delivery_p50": _percentile(delays, number, 50),
        "delivery_p95": _percentile(delays, number, 95),
        "failures": _by_reason(campaign_id, _WITHOUT_A_SAVE),
    }
    figures = FinalFigures(
        campaign_id=campaign_id,
        delivery_latest=_percentile(delays, number, 100),
        cancellations=_by_reason(campaign_id, [PreSaveState.CANCELLED]),
        **_destroyed(campaign_id, no_later_than),
    )
    with transaction.atomic():
        Campaign.objects.filter(id=campaign_id).update(**own)
        # Another worker may have come to the same.
        FinalFigures.objects.bulk_create([figures], ignore_conflicts=True)


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


def _by_reason(campaign_id: UUID, states: Iterable[PreSaveState]) -> dict[str, int]:
    ended = PreSave.objects.filter(campaign_id=campaign_id, state__in=list(states))
    reasons = ended.values_list("reason").annotate(number=Count("id")).order_by("reason")
    return dict(reasons)


def _destroyed(campaign_id: UUID, no_later_than: datetime) -> dict[str, Any]:
    """When permissions were destroyed: each by the statement that ended its pre-save."""
    ended = PreSave.objects.filter(campaign_id=campaign_id, settled_at__isnull=False)
    bounds = ended.aggregate(first=Min("settled_at"), last=Max("settled_at"))
    by_hour = ended.annotate(hour=TruncHour("settled_at", tzinfo=UTC)).values_list("hour")
    numbers = by_hour.annotate(number=Count("id")).order_by("hour")
    return {
        "first_destroyed_at": bounds["first"] and _minute_of(bounds["first"]),
        "last_destroyed_at": bounds["last"] and _minute_after(bounds["last"], no_later_than),
        "destroyed_by_hour": [[hour.isoformat(), number] for hour, number in numbers],
    }


def _minute_of(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _minute_after(at: datetime, no_later_than: datetime) -> datetime:
    """The next full minute, but not past the destruction of the key that followed."""
    minute = _minute_of(at) + _MINUTE
    return min(minute, no_later_than) if no_later_than >= at else minute
