"""What the dashboard says about a campaign: its state, its numbers, and what happens next."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from campaigns.artwork.files import Renditions, renditions
from campaigns.catalogue.looks import Finding
from campaigns.models import LONGEST_LEAD, Campaign, CampaignState, DailyCount, Trouble
from campaigns.models.counts import Totals
from campaigns.status import troubles
from campaigns.status.troubles import Explanation


class Status(enum.Enum):
    """A campaign's state in the artist's words. The name is also the name of its shape."""

    DRAFT = "Draft"
    OPENING = "Preparing the key"
    OPEN = "Open"
    WAITING = "Waiting for the release"
    OVERDUE = "Overdue"
    RELEASING = "Releasing"
    PAUSED = "Paused"
    FINISHED = "Finished"
    CANCELLED = "Cancelled"

    @property
    def shape(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class ListItem:
    """One campaign of the list."""

    campaign: Campaign
    status: Status
    totals: Totals
    trouble: Explanation | None

    @property
    def artwork(self) -> Renditions | None:
        return renditions(self.campaign)


# A key is destroyed within seconds; one that is still there is somebody's business.
LONGEST_DESTRUCTION: Final = timedelta(minutes=10)


def status_of(campaign: Campaign, now: datetime) -> Status:
    if campaign.is_paused and not campaign.has_ended:
        return Status.PAUSED
    if troubles.trouble_of(campaign, now) is Trouble.LATE:
        return Status.OVERDUE
    if campaign.is_opening:
        return Status.OPENING
    if campaign.state == CampaignState.OPEN and campaign.release_at <= now:
        return Status.WAITING
    return Status[CampaignState(campaign.state).name]


def next_step(campaign: Campaign, now: datetime) -> str:
    """What happens next, and what the artist has to do for it."""
    return _NEXT[status_of(campaign, now)](campaign, now)


def trouble(campaign: Campaign, now: datetime) -> Explanation | None:
    """What is wrong with a campaign whose moment has come; None while all is well."""
    found = troubles.trouble_of(campaign, now)
    return troubles.explain(campaign, found, now) if found else None


def finding(campaign: Campaign, now: datetime) -> str:
    """What the last look into the catalogue found, where it tells more than the status does."""
    status = status_of(campaign, now)
    if status is Status.WAITING or (
        status is Status.RELEASING and campaign.last_finding == Finding.OTHER_VARIANT.value
    ):
        return troubles.FINDINGS.get(campaign.last_finding, "")
    return ""


def in_zone(campaign: Campaign) -> str:
    """The release moment as the artist stated it."""
    if campaign.at_local_midnights:
        return f"{campaign.release_local:%-d %B %Y}, at midnight where each fan is"
    return f"{campaign.release_local:%-d %B %Y at %H:%M} ({campaign.release_zone})"


def in_utc(campaign: Campaign) -> str:
    first = f"{campaign.release_at.astimezone(UTC):%H:%M UTC on %-d %B %Y}"
    if not campaign.at_local_midnights:
        return first
    last = f"{campaign.everywhere_at.astimezone(UTC):%H:%M UTC on %-d %B %Y}"
    return f"{first} for the first fans on Earth, {last} for the last"


def too_early_to_open(campaign: Campaign, now: datetime) -> str:
    """Why a draft cannot be opened yet, and from when on it can; empty when it can."""
    if campaign.state != CampaignState.DRAFT or campaign.release_at <= now + LONGEST_LEAD:
        return ""
    earliest = campaign.release_local - LONGEST_LEAD
    return (
        f"It can be opened from {earliest:%-d %B %Y} on: Spotify ends every permission six months "
        f"after the fan gave it, so a campaign opens at most {LONGEST_LEAD.days} days before its "
        "release."
    )


def served_before(campaign: Campaign) -> str:
    """Whom a release that was moved while it went on has reached already; empty if nobody."""
    totals = DailyCount.objects.totals_of(campaign.id)
    if campaign.state != CampaignState.OPEN or not totals.saved:
        return ""
    fans = "1 fan has" if totals.saved == 1 else f"{totals.saved} fans have"
    return f"{fans} the release already and {'keeps' if totals.saved == 1 else 'keep'} it."


def list_items(campaigns: Iterable[Campaign], now: datetime) -> list[ListItem]:
    """Two queries, and two or three more for each campaign that is releasing while the day of a
    market has begun that does not show the release.
    """
    listed = list(campaigns)
    totals = DailyCount.objects.totals_by_campaign(campaign.id for campaign in listed)
    return [
        ListItem(
            campaign,
            status_of(campaign, now),
            totals.get(campaign.id, Totals()),
            trouble(campaign, now),
        )
        for campaign in listed
    ]


def _after_draft(campaign: Campaign, now: datetime) -> str:
    if campaign.release_at <= now:
        return "The release moment has passed. Edit the campaign and set one in the future."
    return too_early_to_open(campaign, now) or (
        "Nothing is public yet. Check what you wrote, then open the campaign."
    )


def _after_opening(campaign: Campaign, now: datetime) -> str:
    return (
        "The worker is making this campaign's key. The page goes live with it, usually within "
        "seconds. If it takes longer than a minute, the worker is not running: tell the operator."
    )


def _after_open(campaign: Campaign, now: datetime) -> str:
    if campaign.at_local_midnights:
        return (
            f"Fans can pre-save. On {campaign.release_local:%-d %B %Y} Presave looks for the "
            "release in the catalogue of one market after the other as their day begins, New "
            "Zealand first, and saves it for every fan at midnight where they are, as soon as it "
            "is there."
        )
    return (
        f"Fans can pre-save. From {in_zone(campaign)} on, Presave looks for the release in "
        "Spotify's catalogue, and saves it for every fan as soon as it is there."
    )


def _while_waiting(campaign: Campaign, now: datetime) -> str:
    if campaign.everywhere_at > now:
        return (
            f"Somewhere on Earth {campaign.release_local:%-d %B} has begun, and Presave looks for "
            "the release in the catalogue of every market whose day has begun, New Zealand first. "
            "Fans can still pre-save. What could not be saved by "
            f"{campaign.last_day:%-d %B %Y} is given up, and its permission destroyed."
        )
    return (
        "The release moment has come, and Presave looks for the release in Spotify's catalogue "
        f"until it is there. Fans can still pre-save. {_given_up(campaign)}"
    )


def _while_overdue(campaign: Campaign, now: datetime) -> str:
    return f"{troubles.explain(campaign, Trouble.LATE, now)} {_given_up(campaign)}"


def _given_up(campaign: Campaign) -> str:
    return (
        f"What could not be saved by {campaign.last_day:%-d %B %Y} is given up, and its "
        "permission destroyed."
    )


def _while_releasing(campaign: Campaign, now: datetime) -> str:
    if campaign.everywhere_at > now:
        return (
            "The release is out where the day has begun. Presave saves it for every fan at "
            "midnight where they are, once the catalogue of a market there shows it. Each "
            "permission is destroyed the moment its save is done. Fans can still pre-save."
        )
    return (
        "The release is out, and Presave is saving it for every fan. Each permission is destroyed "
        "the moment its save is done. Fans who pre-save now are served at once."
    )


def _while_paused(campaign: Campaign, now: datetime) -> str:
    return str(troubles.explain_pause(campaign))


def _after_the_end(campaign: Campaign, now: datetime) -> str:
    if campaign.opened_at is None:
        return "The campaign was cancelled before it opened. No fan was ever asked."
    kept = "The numbers stay; of the fans nothing is left that could open their libraries."
    if campaign.key_destroyed_at:
        return kept
    ended_at = campaign.finished_at or campaign.cancelled_at
    if ended_at and now - ended_at > LONGEST_DESTRUCTION:
        return (
            "The worker has not been able to destroy the campaign's key, and keeps trying: tell "
            f"the operator, whose log says why. {kept}"
        )
    return f"The worker destroys the campaign's key within a minute. {kept}"


_NEXT: Final = {
    Status.DRAFT: _after_draft,
    Status.OPENING: _after_opening,
    Status.OPEN: _after_open,
    Status.WAITING: _while_waiting,
    Status.OVERDUE: _while_overdue,
    Status.RELEASING: _while_releasing,
    Status.PAUSED: _while_paused,
    Status.FINISHED: _after_the_end,
    Status.CANCELLED: _after_the_end,
}
