"""Aggregate numbers: how many consented, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Sum

from campaigns.models import DailyCount, ReminderCount, ReminderKind

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


@dataclass(frozen=True)
class Reminders:
    """How often fans took a way that needs no permission; not how many fans did."""

    calendar: int = 0
    countdown: int = 0


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


def count_reminder(campaign_id: UUID, now: datetime, kind: ReminderKind) -> None:
    """Costs one query, and three for the first of its day."""
    today = ReminderCount.objects.filter(campaign_id=campaign_id, day=now.date(), kind=kind)
    if not today.update(number=F("number") + 1):
        ReminderCount.objects.bulk_create(
            [ReminderCount(campaign_id=campaign_id, day=now.date(), kind=kind)],
            ignore_conflicts=True,
        )
        today.update(number=F("number") + 1)


def reminders(campaign_id: UUID) -> Reminders:
    sums = (
        ReminderCount.objects.filter(campaign_id=campaign_id)
        .values_list("kind")
        .annotate(Sum("number"))
    )
    return Reminders(**dict(sums))
