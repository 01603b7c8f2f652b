"""What the dashboard says about a campaign: its status, and what happens next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.artwork.files import thumbnail
from campaigns.models import (
    LONGEST_LEAD,
    Campaign,
    CampaignState,
    DailyCount,
    Finding,
    Recent,
    Trouble,
)
from campaigns.status.parts import is_near_draft
from campaigns.status.phase import Phase, phase_of
from campaigns.status.relative_times import relative
from campaigns.status.sentences import release_time, sentence
from campaigns.status.troubles import QUESTIONS, Explanation, explain, title_of, trouble_of

# A key is destroyed within seconds; one that is still there is somebody's business.
LONGEST_DESTRUCTION: Final = timedelta(minutes=10)
# As many days as the list draws.
DAYS_SHOWN: Final = 14
NONE_YET: Final = Recent(0, (0,) * DAYS_SHOWN)


class Status(TextChoices):
    """A phase in the artist's words; most have its value, which is also a CSS class."""

    DRAFT = "draft", _("Draft")
    OPENING = "opening", _("Going live…")
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting for the release")
    CHECKING = "checking", _("Checking now…")
    OVERDUE = "overdue", _("Overdue")
    OTHER_RELEASE = "other_release", _("Needs your answer")
    RELEASING = "releasing", _("Releasing")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", pgettext_lazy("campaign", "Cancelled")


@dataclass(frozen=True)
class Standing:
    """Where one campaign stands, worked out once for one request."""

    campaign: Campaign
    phase: Phase
    trouble: Trouble | None
    status: Status

    @property
    def is_passing(self) -> bool:
        """Whether the next status may come within seconds, without anybody's doing."""
        return self.phase.is_passing and self.status is not Status.PAUSED


def standing_of(campaign: Campaign, now: datetime) -> Standing:
    """The campaign has to come from CampaignQuerySet.with_waiting_fans."""
    phase = phase_of(campaign, now)
    trouble = trouble_of(campaign, phase, now)
    if trouble is Trouble.LATE and campaign.is_answered:
        # Seconds after the answer nobody has to ask for help.
        trouble = None
    return Standing(campaign, phase, trouble, _status(campaign, phase, trouble))


def _status(campaign: Campaign, phase: Phase, trouble: Trouble | None) -> Status:
    if campaign.is_paused and not phase.has_ended:
        return Status.PAUSED
    if trouble in QUESTIONS:
        return Status.OTHER_RELEASE
    if trouble is Trouble.LATE:
        return Status.OVERDUE
    if campaign.is_opening:
        return Status.OPENING
    if phase.is_due:
        return Status.CHECKING if campaign.is_answered else Status.WAITING
    if phase.is_releasing:
        return Status.RELEASING
    return Status.FINISHED if phase is Phase.MISSED else Status(phase.value)


class Urgency(IntEnum):
    """Why a campaign needs somebody, the most urgent first."""

    TROUBLE = 0
    QUESTION = 1
    DRAFT = 2


@dataclass(frozen=True)
class ListItem:
    """What the list shows of one campaign. `problem` says in a sentence what is wrong."""

    standing: Standing
    urgency: Urgency | None
    problem: str
    when: str
    counts: Recent
    thumbnail: str

    @property
    def campaign(self) -> Campaign:
        return self.standing.campaign

    @property
    def status(self) -> Status:
        return self.standing.status

    @property
    def is_alarming(self) -> bool:
        """Whether the problem is one of a campaign that runs."""
        return self.urgency in (Urgency.TROUBLE, Urgency.QUESTION)


def list_items(campaigns: Iterable[Campaign], now: datetime) -> list[ListItem]:
    """One query, however many campaigns there are."""
    standings = [standing_of(campaign, now) for campaign in campaigns]
    counts = DailyCount.objects.recent_by_campaign(
        [one.campaign.id for one in standings], now.date(), DAYS_SHOWN
    )
    return [
        ListItem(
            standing=one,
            urgency=_urgency(one, now),
            problem=_problem(one, now),
            when=relative(one.campaign, now),
            counts=counts.get(one.campaign.id, NONE_YET),
            thumbnail=thumbnail(one.campaign),
        )
        for one in standings
    ]


def _urgency(standing: Standing, now: datetime) -> Urgency | None:
    campaign = standing.campaign
    if standing.trouble:
        return Urgency.TROUBLE if campaign.release_at <= now else Urgency.QUESTION
    return Urgency.DRAFT if is_near_draft(campaign, now) else None


def _problem(standing: Standing, now: datetime) -> str:
    campaign = standing.campaign
    if standing.trouble:
        return title_of(campaign, standing.phase, standing.trouble)
    is_past = standing.status is Status.DRAFT and campaign.release_at <= now
    if is_past or is_near_draft(campaign, now):
        return sentence("draft_problem", campaign, is_past=is_past)
    return ""


def explanation_of(standing: Standing, fans: int = 0) -> Explanation | None:
    """What is wrong, or why it is paused; None while all is well."""
    campaign, trouble = standing.campaign, standing.trouble
    if standing.status is Status.PAUSED:
        trouble = Trouble(campaign.paused_reason)
    return explain(campaign, standing.phase, trouble, fans) if trouble else None


def next_step(
    standing: Standing,
    explanation: Explanation | None,
    now: datetime,
    *,
    may_edit: bool = True,
) -> str:
    """What happens next, and what a reader who may edit the campaign has to do for it."""
    campaign = standing.campaign
    ended_at = campaign.finished_at or campaign.cancelled_at
    return sentence(
        "next_step",
        campaign,
        status=standing.status,
        phase=standing.phase,
        explanation=explanation,
        release_time=release_time(campaign),
        is_past=campaign.release_at <= now,
        may_edit=may_edit,
        too_early=too_early_to_open(campaign, now),
        is_key_overdue=not campaign.key_destroyed_at
        and ended_at is not None
        and now - ended_at > LONGEST_DESTRUCTION,
    )


def finding(standing: Standing) -> str:
    """What the last look into the catalogue found, where it tells more than the status does."""
    found, status = standing.campaign.last_finding, standing.status
    is_elsewhere = status is Status.RELEASING and found == Finding.OTHER_VARIANT
    was_elsewhere = status in (Status.RELEASING, Status.FINISHED) and found == Finding.FOUND_BY_CODE
    if not (is_elsewhere or was_elsewhere or (found and status is Status.WAITING)):
        return ""
    return sentence("finding", standing.campaign, finding=found)


def saved_as(standing: Standing) -> str:
    """What fans have, in Spotify's words, once the campaign has finished."""
    campaign = standing.campaign
    is_known = standing.phase is Phase.FINISHED and campaign.confirmed_title
    return sentence("saved_as", campaign) if is_known else ""


def too_early_to_open(campaign: Campaign, now: datetime) -> str:
    """Why a draft cannot be opened yet, and from when on it can; empty when it can."""
    if campaign.state != CampaignState.DRAFT or campaign.release_at <= now + LONGEST_LEAD:
        return ""
    earliest = campaign.release_at - LONGEST_LEAD
    return sentence("too_early", campaign, earliest=earliest, days=LONGEST_LEAD.days)


def served_before(campaign: Campaign) -> str:
    """Whom a release that was moved while it went on has reached already; empty if nobody."""
    saved = DailyCount.objects.totals_of(campaign.id).saved
    if campaign.state != CampaignState.OPEN or not saved:
        return ""
    return sentence("served_before", campaign, saved=saved)
