"""Whether any worker is there: each gives a pulse while it keeps house, and the web process
listens. `now` is the database's clock on both sides.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from campaigns.models import Campaign, CampaignState, Pulse

GIVEN_EVERY: Final = timedelta(seconds=10)
# A worker keeps house every few seconds, also beside a long release.
LONGEST_SILENCE: Final = timedelta(seconds=60)
_NEEDING_A_WORKER: Final = (CampaignState.OPEN, CampaignState.RELEASING)


def give(now: datetime) -> None:
    """Say that a worker is there, unless one has said so a moment ago."""
    # A pulse of the future is one of a database whose clock was ahead, and says nothing.
    if Pulse.objects.filter(given_at__gt=now - GIVEN_EVERY, given_at__lte=now).exists():
        return
    Pulse.objects.bulk_create(
        [Pulse(given_at=now)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["given_at"],
    )


def for_the_operator(now: datetime) -> str:
    """What is wrong with the workers; empty while one is there, or none is needed yet."""
    pulse = Pulse.objects.first()
    if pulse is None:
        is_needed = Campaign.objects.filter(state__in=_NEEDING_A_WORKER).exists()
        never = "The worker has never been heard of: look at worker and beat."
        return never if is_needed else ""
    silence = now - pulse.given_at
    if silence <= LONGEST_SILENCE:
        return ""
    seconds = int(silence.total_seconds())
    return f"The worker has not been heard of for {seconds} seconds: look at worker and beat."


def for_artists(campaigns: Collection[Campaign], now: datetime) -> str:
    """The same for those who wait for one of these campaigns."""
    if not any(campaign.state in _NEEDING_A_WORKER for campaign in campaigns):
        return ""
    pulse = Pulse.objects.first()
    if pulse is None:
        return "The worker has never been heard of: tell the operator."
    if now - pulse.given_at <= LONGEST_SILENCE:
        return ""
    since = f"{pulse.given_at.astimezone(UTC):%H:%M UTC on %-d %B %Y}"
    return f"The worker has not been heard of since {since}: tell the operator."
