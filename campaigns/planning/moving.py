"""Moves a release to a new release time, and counts the permissions that would expire before it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.expressions import Combinable

from campaigns.models import (
    LONGEST_LEAD,
    PERMISSION_LIFETIME,
    Campaign,
    CampaignState,
    Event,
    PauseReason,
    User,
)
from campaigns.planning.history import record
from campaigns.planning.obstacles import Obstacle, PlanningError


def check_release_time(release_at: datetime, now: datetime) -> None:
    """Raise PlanningError when fans could not be served at that time."""
    if release_at < now:
        raise PlanningError(Obstacle.PAST)
    if release_at > now + LONGEST_LEAD:
        raise PlanningError(Obstacle.TOO_FAR_AHEAD, possible_from=release_at - LONGEST_LEAD)


@transaction.atomic
def move_release(
    campaign: Campaign,
    release_at: datetime,
    zone: str,
    now: datetime,
    may_expire: int = 0,
    by: User | None = None,
) -> Campaign:
    """Set the release time, also for pre-saves that exist; `now` itself begins at once.

    A release that has begun waits again, with the fans who were not served yet. Raises
    PlanningError, also when more permissions would expire before it than were agreed to.
    """
    campaign = locked(campaign)
    if campaign.has_ended:
        raise PlanningError(Obstacle.ENDED)
    campaign.tell_calendars(now)
    if campaign.state != CampaignState.DRAFT and release_at != campaign.release_at:
        if campaign.state == CampaignState.RELEASING and release_at <= now:
            raise PlanningError(Obstacle.BEGUN)
        check_release_time(release_at, now)
        _check_expiring(campaign, release_at, may_expire)
        _wait_anew(campaign, release_at, now)
    before = campaign.release_local.isoformat()
    campaign.release_at, campaign.release_zone = release_at, zone
    campaign.save()
    after = campaign.release_local.isoformat()
    record(campaign.label, Event.MOVED, by, campaign, before=before, after=after)
    return campaign


def _wait_anew(campaign: Campaign, release_at: datetime, now: datetime) -> None:
    """Forget what was found out about the old release time, as it says nothing about the new one:
    neither that the release is out, nor that Spotify refuses it or a fan.
    """
    campaign.scheduled_at = now
    look_anew(campaign)
    if campaign.paused_reason == PauseReason.RELEASE_REFUSED:
        campaign.paused_reason, campaign.paused_at = PauseReason.NONE, None
    campaign.presaves.try_anew(due_at=_due_after_move(campaign, release_at))


def look_anew(campaign: Campaign) -> None:
    """Forget what looks found, and what they confirmed: the worker looks again at once, and saves
    nothing until then.
    """
    if campaign.state == CampaignState.RELEASING:
        campaign.state = CampaignState.OPEN
    campaign.next_check_at = None
    campaign.confirmed_uri, campaign.confirmed_at, campaign.confirmed_until = "", None, None
    campaign.confirmed_title = campaign.confirmed_artist = ""
    campaign.vanished_at = None
    campaign.shown_at = campaign.shown_since = campaign.watched_until = None
    campaign.shown_looks = 0
    campaign.shown_uri = campaign.shown_market = ""
    campaign.found_uri = campaign.found_title = campaign.found_artist = campaign.last_finding = ""
    campaign.candidates = []


def _due_after_move(campaign: Campaign, release_at: datetime) -> datetime | Combinable:
    """With local midnights fans keep their distance to the first one, as their zones are not kept:
    where one of the two days lies in summer time, theirs comes an hour early or late.
    """
    if not campaign.at_local_midnights:
        return release_at
    return F("due_at") + (release_at - campaign.release_at)


def _check_expiring(campaign: Campaign, release_at: datetime, agreed: int) -> None:
    expiring = _count_expiring(campaign, release_at)
    if expiring > max(agreed, _count_expiring(campaign, campaign.release_at)):
        pending = campaign.presaves.pending().count()
        raise PlanningError(Obstacle.PERMISSIONS_EXPIRE, expiring=expiring, pending=pending)


def _count_expiring(campaign: Campaign, release_at: datetime) -> int:
    """How many of the permissions expire before that time."""
    too_old = release_at - PERMISSION_LIFETIME
    return campaign.presaves.pending().filter(consented_at__lte=too_old).count()


def locked(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_for_update(no_key=True).get(id=campaign.id)
