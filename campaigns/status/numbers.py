"""What a campaign's numbers are: by day, by source, and what became of the pre-saves. They are
read from daily counts alone, so that a million pre-saves cost no more than ten.
"""

from __future__ import annotations

import math
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
        sources=sources_of(campaign),
        outcomes=DailyCount.objects.totals_of(campaign.id),
        reminders=ReminderCount.objects.totals_of(campaign.id),
    )


def _days_of(campaign: Campaign, now: datetime) -> dict[date, Funnel]:
    """Every UTC day from the opening until today, or until the last that counts."""
    visited = SourceCount.objects.by_day(campaign.id)
    presaved = DailyCount.objects.presaves_by_day(campaign.id)
    opened = [campaign.opened_at.date()] if campaign.opened_at else []
    today = [now.date()] if opened and not campaign.has_ended else []
    known = [*opened, *today, *visited, *presaved]
    if not known:
        return {}
    first, last = min(known), max(known)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    counted = {day: visited.get(day, Funnel()) for day in days}
    return {
        day: Funnel(funnel.visits, funnel.taps, presaved.get(day, 0))
        for day, funnel in counted.items()
    }


def sources_of(campaign: Campaign) -> dict[str, Funnel]:
    """By pre-saves, then visits; what is no name of its own comes last."""
    sources = SourceCount.objects.by_source(campaign.id)

    def rank(item: tuple[str, Funnel]) -> tuple[bool, int, int, str]:
        name, funnel = item
        return name == OTHER, -funnel.presaves, -funnel.visits, name

    return dict(sorted(sources.items(), key=rank))
