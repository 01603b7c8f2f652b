"""What is wrong with a campaign, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from campaigns.catalogue import markets
from campaigns.models import Campaign, PreSave, PreSaveQuerySet, Reason, Trouble
from campaigns.spotify import AppMode, app_mode
from campaigns.status.phase import Phase
from campaigns.status.sentences import sentence

# Most releases are in the catalogue within minutes of their release time.
LATE_AFTER: Final = timedelta(minutes=10)
# An artist has to say which entry of the catalogue's is the release.
QUESTIONS: Final = (Trouble.OTHER_RELEASE, Trouble.SEVERAL_MATCH)


@dataclass(frozen=True)
class Explanation:
    title: str
    found: str
    advice: str


def trouble_of(campaign: Campaign, phase: Phase, now: datetime) -> Trouble | None:
    """Why a campaign whose release time has come does not go on, or, before that, what it cannot
    begin with; None while all is well.

    A campaign that is releasing has to come from CampaignQuerySet.with_waiting_fans.
    """
    if campaign.awaits_an_answer and not campaign.is_paused:
        return Trouble.OTHER_RELEASE
    if campaign.awaits_a_choice and not campaign.is_paused:
        return Trouble.SEVERAL_MATCH
    if phase is Phase.DRAFT or phase.has_ended:
        return None
    if campaign.is_paused:
        return Trouble(campaign.paused_reason)
    is_unasked = app_mode() is AppMode.NONE or not campaign.names_a_release
    is_unasked &= not campaign.agreed_title
    if campaign.release_at > now or is_unasked:
        return None
    if phase.is_releasing and campaign.has_unconfirmed_saves:
        return Trouble.UNCONFIRMED
    if _expected_at(campaign, phase) > now - LATE_AFTER:
        return None
    if phase.is_releasing and not campaign.has_waiting_fans:
        return None
    return Trouble.LATE


def _expected_at(campaign: Campaign, phase: Phase) -> datetime:
    """When the first market may show the release that has not shown it."""
    if phase.is_releasing:
        return campaign.confirmed_until or campaign.last_day
    return markets.market_midnights(campaign)[0].at


def waiting_fans(campaign: Campaign, now: datetime) -> PreSaveQuerySet:
    """The due fans of a releasing campaign for whom no market that showed the release speaks."""
    due = PreSave.objects.waiting().filter(campaign=campaign, due_at__lte=now)
    until = campaign.confirmed_until
    return due.filter(due_at__gte=until) if until else due.none()


def _told(campaign: Campaign, trouble: Trouble) -> int:
    """How many fans who still wait were told what stopped the campaign."""
    waiting = campaign.presaves.told_something()
    if trouble is Trouble.RELEASE_REFUSED:
        return waiting.filter(refused_at=None).count()
    if trouble is Trouble.APP_NOT_OPEN:
        return waiting.filter(reason=Reason.NOT_LISTED).count()
    return 0


def title_of(campaign: Campaign, phase: Phase, trouble: Trouble) -> str:
    return sentence("trouble_title", campaign, phase=phase, trouble=trouble)


def explain(campaign: Campaign, phase: Phase, trouble: Trouble, fans: int = 0) -> Explanation:
    """`fans` wait for the release in their country, where that is the trouble."""
    facts = {"phase": phase, "trouble": trouble, "finding": campaign.last_finding, "fans": fans}
    facts["told"] = _told(campaign, trouble)
    return Explanation(
        title=sentence("trouble_title", campaign, **facts),
        found=sentence("trouble_found", campaign, **facts),
        advice=sentence("trouble_advice", campaign, **facts),
    )
