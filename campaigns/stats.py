"""Aggregate numbers: how many consented, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Sum

from campaigns.models import DailyCount

COUNTED = ("consented", "saved", "failed", "cancelled", "expired")


@dataclass(frozen=True)
class Totals:
    consented: int = 0
    saved: int = 0
    failed: int = 0
    cancelled: int = 0
    expired: int = 0

    @property
    def pending(self) -> int:
        return self.consented - self.saved - self.failed - self.cancelled - self.expired


def count(campaign_id: UUID, now: datetime, amounts: Mapping[str, int]) -> None:
    """Add to the campaign's counts of the day.

    Call it in the transaction that changes the rows it counts.
    """
    changes = {name: F(name) + amount for name, amount in amounts.items() if amount}
    if not changes:
        return
    today = DailyCount.objects.filter(campaign_id=campaign_id, day=now.date())
    if not today.update(**changes):
        DailyCount.objects.bulk_create(
            [DailyCount(campaign_id=campaign_id, day=now.date())], ignore_conflicts=True
        )
        today.update(**changes)


def totals(campaign_id: UUID) -> Totals:
    sums = DailyCount.objects.filter(campaign_id=campaign_id).aggregate(
        **{name: Sum(name, default=0) for name in COUNTED}
    )
    return Totals(**sums)
