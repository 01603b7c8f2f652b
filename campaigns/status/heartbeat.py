"""Whether any worker is there: each beats during its maintenance, and the web process listens.
The database's clock counts on both sides.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from campaigns.models import Campaign, CampaignState, Heartbeat

BEAT_EVERY: Final = timedelta(seconds=10)
# A worker's maintenance comes every few seconds, also during a long release.
DEAD_AFTER: Final = timedelta(seconds=60)
_NEEDING_A_WORKER: Final = (CampaignState.OPEN, CampaignState.RELEASING)


def beat(now: datetime) -> None:
    """Say that a worker is there, unless one has said so a moment ago."""
    # A heartbeat of the future is one of a database whose clock was ahead, and says nothing.
    if Heartbeat.objects.filter(beat_at__gt=now - BEAT_EVERY, beat_at__lte=now).exists():
        return
    Heartbeat.objects.update_or_create(id=1, defaults={"beat_at": now})


def ring(now: datetime) -> None:
    """Note that a task message of beat's has come, unless one has a moment ago."""
    is_old = Q(rung_at=None) | Q(rung_at__lte=now - BEAT_EVERY) | Q(rung_at__gt=now)
    Heartbeat.objects.filter(is_old).update(rung_at=now)


def operator_warning() -> str:
    """What is wrong with the workers; empty while one is there, or none is needed yet."""
    last = _last_beat()
    if last is None:
        is_needed = Campaign.objects.filter(state__in=_NEEDING_A_WORKER).exists()
        return "No heartbeat from the worker yet. Check worker and beat." if is_needed else ""
    ago = last[1]
    if ago <= DEAD_AFTER:
        return ""
    seconds = int(ago.total_seconds())
    return f"No heartbeat from the worker for {seconds} seconds. Check worker and beat."


def worker_warning(campaigns: Collection[Campaign]) -> str:
    """The same for the artists of these campaigns. One query, if any needs a worker."""
    is_needed = any(campaign.state in _NEEDING_A_WORKER for campaign in campaigns)
    return artists_warning() if is_needed else ""


def artists_warning() -> str:
    """As for an artist whose campaign needs a worker, or soon will."""
    last = _last_beat()
    if last is None:
        return _("There's been no sign of the worker yet. Ask your site administrator.")
    beat_at, ago = last
    if ago <= DEAD_AFTER:
        return ""
    since = beat_at.astimezone(UTC)
    text = _(
        "There's been no sign of the worker since %(time)s UTC on %(day)s. "
        "Ask your site administrator."
    )
    return text % {"time": time_format(since, "TIME_FORMAT"), "day": date_format(since)}


def _last_beat() -> tuple[datetime, timedelta] | None:
    """When a worker beat last, and how long ago that is."""
    ago = ExpressionWrapper(Now() - F("beat_at"), output_field=DurationField())
    return Heartbeat.objects.values_list("beat_at", ago).first()
