"""What anybody may know about this instance: counts of all its campaigns together, and for a
finished campaign shares and delays, which do not say how many fans it had.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.conf import settings
from django.db.models import Count, Min, Q, Sum

from campaigns.models import Campaign, CampaignState, DailyCount, PreSave
from campaigns.models.counts import Totals
from campaigns.spotify import SCOPE

MOST_RELEASES: Final = 20
FEWEST_FANS: Final = 10


@dataclass(frozen=True)
class Held:
    """The permissions that are held now. Of the oldest only the day, in UTC, is told."""

    number: int
    oldest_day: date | None
    oldest_age_days: int | None


@dataclass(frozen=True)
class Destroyed:
    """The permissions that were destroyed since the first campaign, by what became of them."""

    number: int
    saved: int
    failed: int
    cancelled: int
    expired: int


@dataclass(frozen=True)
class Keys:
    alive: int
    destroyed: int


@dataclass(frozen=True)
class Release:
    """A finished campaign. Its delays, in seconds, are None while they are not written down, and
    when nobody was saved; its share is of all its pre-saves, in whole per cent, rounded down.
    """

    day: date
    delay_p50: int | None
    delay_p95: int | None
    saved_percent: int


@dataclass(frozen=True)
class Report:
    """Of campaigns that go on, failures are counted without their reasons. Releases of fewer fans
    than `fewest_fans_of_a_release` are not among `releases`.
    """

    counted_at: datetime
    version: str
    commit: str
    scope: str
    held: Held
    destroyed: Destroyed
    failures_of_ended_campaigns: dict[str, int]
    keys: Keys
    fewest_fans_of_a_release: int
    releases: list[Release]


def report(now: datetime) -> Report:
    return Report(
        counted_at=now,
        version=settings.VERSION,
        commit=settings.COMMIT,
        scope=SCOPE,
        held=_held(now),
        destroyed=_destroyed(),
        failures_of_ended_campaigns=_failures(),
        keys=_keys(),
        fewest_fans_of_a_release=FEWEST_FANS,
        releases=_releases(),
    )


def _held(now: datetime) -> Held:
    found = PreSave.objects.pending().aggregate(number=Count("*"), oldest=Min("consented_at"))
    oldest: datetime | None = found["oldest"]
    if oldest is None:
        return Held(0, None, None)
    return Held(found["number"], oldest.date(), (now.date() - oldest.date()).days)


def _destroyed() -> Destroyed:
    totals = DailyCount.objects.totals()
    return Destroyed(
        number=totals.settled,
        saved=totals.saved,
        failed=totals.failed,
        cancelled=totals.cancelled,
        expired=totals.expired,
    )


def _failures() -> dict[str, int]:
    total: Counter[str] = Counter()
    written = Campaign.objects.filter(failures__isnull=False).exclude(failures={})
    for failures in written.values_list("failures", flat=True):
        total.update(failures)
    return dict(total.most_common())


def _keys() -> Keys:
    destroyed = Q(key_destroyed_at__isnull=False)
    # One that was cancelled before the worker came to it never had a key.
    made = Campaign.objects.exclude(public_key=None)
    counts = made.aggregate(
        alive=Count("id", filter=~destroyed), destroyed=Count("id", filter=destroyed)
    )
    return Keys(**counts)


def _releases() -> list[Release]:
    """The newest, without those of so few fans that a figure would be about one of them."""
    finished = Campaign.objects.filter(state=CampaignState.FINISHED).annotate(
        fans=Sum("daily_counts__presaves")
    )
    known = finished.filter(fans__gte=FEWEST_FANS).order_by("-release_at")
    newest = list(known[:MOST_RELEASES])
    totals = DailyCount.objects.totals_by_campaign(campaign.id for campaign in newest)
    return [_release(campaign, totals[campaign.id]) for campaign in newest]


def _release(campaign: Campaign, totals: Totals) -> Release:
    return Release(
        day=campaign.release_local.date(),
        delay_p50=campaign.delivery_p50,
        delay_p95=campaign.delivery_p95,
        saved_percent=100 * totals.saved // totals.presaves,
    )
