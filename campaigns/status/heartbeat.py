"""Whether any worker is there: each beats during its maintenance, and the web process listens.
`now` is the database's clock on both sides.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from campaigns.models import Campaign, CampaignState, Heartbeat

BEAT_EVERY: Final = timedelta(seconds=10)
# A worker's maintenance comes every few seconds, also beside a long release.
DEAD_AFTER: Final = timedelta(seconds=60)
_NEEDING_A_WORKER: Final = (CampaignState.OPEN, CampaignState.RELEASING)


def beat(now: datetime) -> None:
    """Say that a worker is there, unless one has said so a moment ago."""
    # A heartbeat of the future is one of a database whose clock was ahead, and says nothing.
    if Heartbeat.objects.filter(beat_at__gt=now - BEAT_EVERY, beat_at__lte=now).exists():
        return
    Heartbeat.objects.bulk_create(
        [Heartbeat(beat_at=now)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["beat_at"],
    )


def operator_warning(now: datetime) -> str:
    """What is wrong with the workers; empty while one is there, or none is needed yet."""
    heartbeat = Heartbeat.objects.first()
    if heartbeat is None:
        is_needed = Campaign.objects.filter(state__in=_NEEDING_A_WORKER).exists()
        never = "The worker has never been heard of: look at worker and beat."
        return never if is_needed else ""
    silent_for = now - heartbeat.beat_at
    if silent_for <= DEAD_AFTER:
        return ""
    seconds = int(silent_for.total_seconds())
    return f"The worker has not been heard of for {seconds} seconds: look at worker and beat."


def worker_warning(campaigns: Collection[Campaign], now: datetime) -> str:
    """The same for those who wait for one of these campaigns."""
    if not any(campaign.state in _NEEDING_A_WORKER for campaign in campaigns):
        return ""
    heartbeat = Heartbeat.objects.first()
    if heartbeat is None:
        return "The worker has never been heard of: tell the operator."
    if now - heartbeat.beat_at <= DEAD_AFTER:
        return ""
    since = f"{heartbeat.beat_at.astimezone(UTC):%H:%M UTC on %-d %B %Y}"
    return f"The worker has not been heard of since {since}: tell the operator."
