"""Aggregate numbers: how many consented, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet, Sum

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
    def settled(self) -> int:
        return self.saved + self.failed + self.cancelled + self.expired

    @property
    def pending(self) -> int:
        return self.consented - self.settled


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
    return _summed(DailyCount.objects.filter(campaign_id=campaign_id))


def totals_of_all() -> Totals:
    return _summed(DailyCount.objects.all())


def totals_of(campaign_ids: Iterable[UUID]) -> dict[UUID, Totals]:
    """One query; a campaign without counts is left out."""
    counts = DailyCount.objects.filter(campaign_id__in=list(campaign_ids)).order_by("campaign_id")
    sums = {f"{name}__sum": Sum(name) for name in COUNTED}
    rows = counts.values("campaign_id").annotate(**sums).values_list("campaign_id", *sums)
    return {campaign_id: Totals(*numbers) for campaign_id, *numbers in rows}


def _summed(counts: QuerySet[DailyCount]) -> Totals:
    return Totals(**counts.aggregate(**{name: Sum(name, default=0) for name in COUNTED}))


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
