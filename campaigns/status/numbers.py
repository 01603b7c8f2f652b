"""What a campaign's numbers are: by day, by source, and what became of the pre-saves. They are
read from daily counts alone, so that a million pre-saves cost no more than ten.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from campaigns.models import Campaign, DailyCount, Funnel, ReminderCount, SourceCount, Totals
from campaigns.models.counts import Reminders
from campaigns.models.sources import OTHER

MOST_PERIODS: Final = 100


@dataclass(frozen=True)
class Period:
    """A day, or some weeks where there are too many days to show each."""

    first: date
    last: date
    funnel: Funnel


@dataclass(frozen=True)
class Numbers:
    days: dict[date, Funnel]
    sources: dict[str, Funnel]
    outcomes: Totals
    reminders: Reminders

    @property
    def total(self) -> Funnel:
        """Of the days; pre-saves whose source nobody noted are among them."""
        return sum(self.days.values(), Funnel())

    @property
    def conversion(self) -> float | None:
        """Of what was counted by source, as visits were."""
        return sum(self.sources.values(), Funnel()).conversion

    @property
    def without_source(self) -> int:
        """Pre-saves made before sources were counted."""
        return self.total.presaves - sum(one.presaves for one in self.sources.values())

    @property
    def periods(self) -> list[Period]:
        days = list(self.days)
        length = math.ceil(len(days) / MOST_PERIODS)
        if length > 1:
            length = 7 * math.ceil(length / 7)
        parts = [days[start : start + length] for start in range(0, len(days), length or 1)]
        return [
            Period(part[0], part[-1], sum((self.days[day] for day in part), Funnel()))
            for part in parts
        ]


def numbers_of(campaign: Campaign, now: datetime) -> Numbers:
    """Five queries, whatever the number of pre-saves."""
    return Numbers(
        days=_days_of(campaign, now),
        sources=most_first(SourceCount.objects.by_source(campaign.id)),
        outcomes=DailyCount.objects.totals_of(campaign.id),
        reminders=ReminderCount.objects.totals_of(campaign.id),
    )


def presaves_by_day(campaign: Campaign, now: datetime) -> dict[date, int]:
    """As in the numbers, with one query."""
    presaved = DailyCount.objects.presaves_by_day(campaign.id)
    return {day: presaved.get(day, 0) for day in _every_day(campaign, now, presaved)}


def _days_of(campaign: Campaign, now: datetime) -> dict[date, Funnel]:
    visited = SourceCount.objects.by_day(campaign.id)
    presaved = DailyCount.objects.presaves_by_day(campaign.id)
    days = _every_day(campaign, now, [*visited, *presaved])
    counted = {day: visited.get(day, Funnel()) for day in days}
    return {
        day: Funnel(funnel.visits, funnel.taps, presaved.get(day, 0))
        for day, funnel in counted.items()
    }


def _every_day(campaign: Campaign, now: datetime, counted: Iterable[date]) -> list[date]:
    """Every UTC day from the opening until today, or until the last that counts."""
    opened = [campaign.opened_at.date()] if campaign.opened_at else []
    today = [now.date()] if opened and not campaign.has_ended else []
    known = [*opened, *today, *counted]
    if not known:
        return []
    first, last = min(known), max(known)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def most_first(sources: dict[str, Funnel]) -> dict[str, Funnel]:
    """By pre-saves, then visits; what is no name of its own comes last."""

    def rank(item: tuple[str, Funnel]) -> tuple[bool, int, int, str]:
        name, funnel = item
        return name == OTHER, -funnel.presaves, -funnel.visits, name

    return dict(sorted(sources.items(), key=rank))
