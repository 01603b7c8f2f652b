"""Release night in few words: its stage, what is said of it, how far it is, and what it took."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.conf import settings

from campaigns.models import Campaign, CampaignState, ErrorReason, Gate, Totals
from campaigns.status.overview import Standing, Status
from campaigns.status.phase import Phase
from campaigns.status.progress import Backlog, clock_of, gate_closed, time_left
from campaigns.status.sentences import sentence

# The campaign's page leads to the night's so long before the release and after the end.
BEFORE: Final = timedelta(hours=24)
AFTER: Final = timedelta(hours=1)
# From so long before the release on, the page follows what happens within seconds.
CLOSE: Final = timedelta(hours=1)
_SECONDS_CLOSE: Final = 2
_SECONDS_FAR: Final = 10
# A gate that is closed for another reason may stay closed, at whatever pace.
_PASSING: Final = (ErrorReason.RATE_LIMITED, ErrorReason.OUTAGE)


class Stage(StrEnum):
    """What release night's page says first."""

    OPENING = "opening"
    READY = "ready"
    NOT_READY = "not_ready"
    TROUBLE = "trouble"  # in the trouble's own words
    SILENT = "silent"  # no worker is there, so nothing happens
    LOOKING = "looking"
    CHECKING = "checking"  # an artist has just said which entry is the release
    HELD = "held"  # Spotify told the app to wait
    SAVING = "saving"
    REFUSED = "refused"  # everybody who is left, until Spotify is asked once more
    CONFIRMING = "confirming"
    CAUGHT_UP = "caught_up"
    FINISHED = "finished"
    MISSED = "missed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Night:
    """Everything that the page's words depend on, gathered once for one request. A draft has no
    such page.
    """

    standing: Standing
    totals: Totals
    backlog: Backlog
    gates: Collection[Gate]
    worker_warning: str
    is_ready: bool
    now: datetime

    @property
    def campaign(self) -> Campaign:
        return self.standing.campaign


def stage_of(night: Night) -> Stage:
    phase, campaign = night.standing.phase, night.campaign
    if phase.has_ended:
        return Stage(phase.value)
    if night.standing.trouble:
        # Nobody sees a pause end while no worker is there; it is told first all the same.
        is_silent = night.worker_warning and not campaign.is_paused
        return Stage.SILENT if is_silent and campaign.release_at <= night.now else Stage.TROUBLE
    if campaign.is_opening:
        return Stage.OPENING
    if phase is Phase.OPEN:
        return Stage.READY if night.is_ready else Stage.NOT_READY
    if night.worker_warning:
        return Stage.SILENT
    return _stage_under_way(night)


def _stage_under_way(night: Night) -> Stage:
    is_looking, backlog = night.standing.phase.is_due, night.backlog
    is_sending = backlog.due or backlog.waiting or backlog.tried_again
    if not (is_looking or is_sending or backlog.sent):
        return Stage.CAUGHT_UP
    if gate_closed(night.campaign, night.gates, night.now):
        return Stage.HELD
    if is_looking:
        return Stage.CHECKING if night.campaign.is_answered else Stage.LOOKING
    if not is_sending:
        return Stage.CONFIRMING
    return Stage.REFUSED if _are_all_refused(backlog) else Stage.SAVING


def _are_all_refused(backlog: Backlog) -> bool:
    others = backlog.due or backlog.waiting or backlog.sent
    return not others and backlog.refused == backlog.tried_again


def told(night: Night, next_step: str, done: str = "") -> dict[str, Any]:
    """What the page says; `next_step` is the overview's, and `done` how a finished one went."""
    campaign, stage = night.campaign, stage_of(night)
    total = night.totals.presaves - night.totals.cancelled
    closed = gate_closed(campaign, night.gates, night.now)
    facts = {
        "stage": stage,
        "closed": closed,
        "refused": _refused(night),
        "fans": night.totals.pending,
        "saved": night.totals.saved,
        "total": total,
        "next_step": next_step,
        "phase": night.standing.phase,
        "sends_email": settings.SENDS_EMAIL,
    }
    return {
        **facts,
        "headline": done or sentence("night_title", campaign, **facts),
        "text": sentence("night_text", campaign, **facts),
        "done": total - night.totals.pending,
        "left": None
        if closed and closed["reason"] not in _PASSING
        else time_left(campaign, night.backlog, night.gates, night.now),
        "backlog": night.backlog,
        "to_come": max(0, night.totals.pending - night.backlog.sent),
        "worker_warning": night.worker_warning,
        "spotify": _spotify(night, closed),
    }


def _refused(night: Night) -> dict[str, Any] | None:
    """How many fans Spotify refused, and when they are asked for once more."""
    backlog = night.backlog
    if not backlog.refused:
        return None
    again_at = clock_of(night.campaign, backlog.again_at, night.now) if backlog.again_at else ""
    return {"fans": backlog.refused, "again_at": again_at}


def _spotify(night: Night, closed: dict[str, str] | None) -> str:
    """What Spotify last said: that it is to be waited for, or was since the release time."""
    campaign, phase = night.campaign, night.standing.phase
    pauses = [
        (gate.blocked_at, gate.blocked_reason)
        for gate in night.gates
        if gate.blocked_at and gate.blocked_at >= campaign.release_at
    ]
    since, reason = max(pauses, default=(None, ""))
    return sentence(
        "spotify",
        campaign,
        closed=closed,
        refused=_refused(night),
        is_asked=phase.is_night,
        reason=reason,
        since=clock_of(campaign, since, night.now) if since else "",
    )


def countdown(campaign: Campaign, now: datetime) -> dict[str, int] | None:
    """How long it is until the release time; None once that has come."""
    left = int((campaign.release_at - now).total_seconds())
    if left <= 0:
        return None
    minutes, seconds = divmod(left, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return {"left": left, "days": days, "hours": hours, "minutes": minutes, "seconds": seconds}


def is_near(campaign: Campaign, now: datetime) -> bool:
    """Whether the campaign's page leads to release night's: from a day before the release until an
    hour after the end.
    """
    if campaign.state == CampaignState.DRAFT or campaign.release_at > now + BEFORE:
        return False
    ended_at = campaign.finished_at or campaign.cancelled_at
    return ended_at is None or ended_at > now - AFTER


def refresh_seconds(standing: Standing, now: datetime) -> int:
    """How often an open page asks for what has changed."""
    campaign = standing.campaign
    if standing.phase.has_ended:
        # The figures follow the end within seconds.
        ended_at = campaign.finished_at or campaign.cancelled_at
        is_fresh = ended_at is not None and ended_at > now - timedelta(minutes=5)
        return _SECONDS_CLOSE if is_fresh and campaign.failures is None else 60
    is_close = standing.status is Status.OPENING or campaign.release_at <= now + CLOSE
    return _SECONDS_CLOSE if is_close else _SECONDS_FAR
