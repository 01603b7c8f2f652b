"""Moves a release to a new release time, and counts the permissions that would expire before it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.expressions import Combinable

from campaigns.models import (
    LONGEST_LEAD,
    PERMISSION_LIFETIME,
    Campaign,
    CampaignState,
    PauseReason,
    Reason,
)


class PublishingError(Exception):
    """The act is not possible now. The text tells the artist why and what to change."""


class LapseError(PublishingError):
    """With this move more permissions would expire before the release than the artist agreed to."""

    def __init__(self, lapsing: int, pending: int) -> None:
        permissions = "permission" if pending == 1 else "permissions"
        super().__init__(
            f"{lapsing} of {pending} {permissions} would lapse before this moment and be destroyed "
            "unsaved, because Spotify ends each one six months after the fan gave it."
        )
        self.lapsing = lapsing


def check_release_moment(release_at: datetime, now: datetime) -> None:
    """Raise PublishingError when fans could not be served at that time."""
    if release_at < now:
        raise PublishingError("The release moment has passed. Set a moment in the future.")
    if release_at > now + LONGEST_LEAD:
        earliest = release_at - LONGEST_LEAD
        raise PublishingError(
            "Spotify ends every permission six months after the fan gave it, so a campaign can "
            f"open at most {LONGEST_LEAD.days} days before its release: this one from "
            f"{earliest:%-d %B %Y} on."
        )


@transaction.atomic
def move_release(
    campaign: Campaign, release_at: datetime, zone: str, now: datetime, agreed_lapse: int = 0
) -> None:
    """Set the release time, also for pre-saves that exist; `now` itself begins at once.

    A release that has begun waits again, with the fans who were not served yet. Raises
    PublishingError, and LapseError when more permissions would expire than were agreed to.
    """
    campaign = locked(campaign)
    if campaign.has_ended:
        raise PublishingError("The campaign has ended: its release cannot be moved any more.")
    if campaign.state != CampaignState.DRAFT and release_at != campaign.release_at:
        if campaign.state == CampaignState.RELEASING and release_at <= now:
            raise PublishingError("The release has begun. It can only be moved to a later moment.")
        check_release_moment(release_at, now)
        _check_lapse(campaign, release_at, agreed_lapse)
        _wait_anew(campaign, release_at, now)
    campaign.release_at, campaign.release_zone = release_at, zone
    campaign.save()


def _wait_anew(campaign: Campaign, release_at: datetime, now: datetime) -> None:
    """Forget what was found out about the old release time, as it says nothing about the new one:
    neither that the release is out, nor that Spotify refuses it or a fan.
    """
    campaign.state, campaign.scheduled_at, campaign.next_check_at = CampaignState.OPEN, now, None
    campaign.confirmed_uri, campaign.confirmed_at, campaign.confirmed_until = "", None, None
    campaign.last_finding = ""
    if campaign.paused_reason == PauseReason.RELEASE_REFUSED:
        campaign.paused_reason, campaign.paused_at = PauseReason.NONE, None
    # The claims stay, since a save that is on its way is recorded as what it was; what waits for
    # another try without a claim is free.
    campaign.presaves.pending().update(
        due_at=_due_after_move(campaign, release_at),
        attempts=0,
        refused_at=None,
        reason=Reason.NONE,
        lease_until=Case(When(lease=None, then=None), default=F("lease_until")),
    )


def _due_after_move(campaign: Campaign, release_at: datetime) -> datetime | Combinable:
    """With local midnights fans keep their distance to the first one, as their zones are not kept:
    where one of the two days lies in summer time, theirs comes an hour early or late.
    """
    if not campaign.at_local_midnights:
        return release_at
    return F("due_at") + (release_at - campaign.release_at)


def _check_lapse(campaign: Campaign, release_at: datetime, agreed: int) -> None:
    lapsing = _count_lapsing(campaign, release_at)
    if lapsing > max(agreed, _count_lapsing(campaign, campaign.release_at)):
        raise LapseError(lapsing, campaign.presaves.pending().count())


def _count_lapsing(campaign: Campaign, release_at: datetime) -> int:
    """How many of the permissions expire before that time."""
    too_old = release_at - PERMISSION_LIFETIME
    return campaign.presaves.pending().filter(consented_at__lte=too_old).count()


def locked(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_for_update(no_key=True).get(id=campaign.id)
