"""What anybody may know about this instance: counts of all its campaigns together, and for a
finished campaign shares and delays, which do not say how many fans it had.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Min, Q, Sum

from campaigns.models import Campaign, CampaignState, DailyCount, PreSave
from campaigns.models.counts import Totals
from campaigns.spotify import SCOPE

MOST_RELEASES: Final = 20
FEWEST_FANS: Final = 10


def report(now: datetime) -> dict[str, Any]:
    """As JSON and the page show it. Of campaigns that go on, failures are counted without their
    reasons. Releases of fewer fans than `fewest_fans_of_a_release` are not among `releases`.
    """
    return {
        "counted_at": now,
        "version": settings.VERSION,
        "commit": settings.COMMIT,
        "scope": SCOPE,
        "held": _held(now),
        "destroyed": _destroyed(),
        "failures_of_ended_campaigns": _failures(),
        "keys": _keys(),
        "fewest_fans_of_a_release": FEWEST_FANS,
        "releases": _releases(),
    }


def _held(now: datetime) -> dict[str, Any]:
    """The permissions that are held now. Of the oldest only the day, in UTC, is told."""
    found = PreSave.objects.pending().aggregate(number=Count("*"), oldest=Min("consented_at"))
    day = found["oldest"] and found["oldest"].date()
    age = day and (now.date() - day).days
    return {"number": found["number"], "oldest_day": day, "oldest_age_days": age}


def _destroyed() -> dict[str, int]:
    """The permissions that were destroyed since the first campaign, by what became of them."""
    totals = DailyCount.objects.totals()
    return {
        "number": totals.settled,
        "saved": totals.saved,
        "failed": totals.failed,
        "cancelled": totals.cancelled,
        "expired": totals.expired,
    }


def _failures() -> dict[str, int]:
    total: Counter[str] = Counter()
    written = Campaign.objects.filter(failures__isnull=False).exclude(failures={})
    for failures in written.values_list("failures", flat=True):
        total.update(failures)
    return dict(total.most_common())


def _keys() -> dict[str, int]:
    destroyed = Q(key_destroyed_at__isnull=False)
    # One that was cancelled before the worker came to it never had a key.
    made = Campaign.objects.exclude(public_key=None)
    return made.aggregate(
        alive=Count("id", filter=~destroyed), destroyed=Count("id", filter=destroyed)
    )


def _releases() -> list[dict[str, Any]]:
    """The newest, without those of so few fans that a figure would be about one of them."""
    finished = Campaign.objects.filter(state=CampaignState.FINISHED).annotate(
        fans=Sum("daily_counts__presaves")
    )
    known = finished.filter(fans__gte=FEWEST_FANS).order_by("-release_at")
    newest = list(known[:MOST_RELEASES])
    totals = DailyCount.objects.totals_by_campaign(campaign.id for campaign in newest)
    return [_release(campaign, totals[campaign.id]) for campaign in newest]


def _release(campaign: Campaign, totals: Totals) -> dict[str, Any]:
    """Its delays, in seconds, are None while they are not written down, and when nobody was saved;
    its share is of all its pre-saves, in whole per cent, rounded down.
    """
    return {
        "day": campaign.release_local.date(),
        "delay_p50": campaign.delivery_p50,
        "delay_p95": campaign.delivery_p95,
        "saved_percent": 100 * totals.saved // totals.presaves,
    }
