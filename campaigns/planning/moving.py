"""Moves a release to a new release time, and counts the permissions that would expire before it.

The campaign's row is moved first, and nobody is saved until its fans have followed. They do in
blocks, each a transaction of its own, so that no fan who pre-saves or cancels waits for a million
others; should this process die in between, workers take the others along.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
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

# So few that neither a fan who pre-saves nor a worker notices how long they take.
FANS_MOVED_AT_ONCE: Final = 1000
# So few that a round of maintenance is soon at its end, and so many that a release is not late.
BLOCKS_FINISHED_AT_ONCE: Final = 20
MOVING: Final = ("moved_from", "moved_until", "moved_past")


def check_release_time(release_at: datetime, now: datetime) -> None:
    """Raise PlanningError when fans could not be served at that time."""
    if release_at < now:
        raise PlanningError(Obstacle.PAST)
    if release_at > now + LONGEST_LEAD:
        raise PlanningError(Obstacle.TOO_FAR_AHEAD, possible_from=release_at - LONGEST_LEAD)


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
    return take_along(begin_to_move(take_along(campaign), release_at, zone, now, may_expire, by))


@transaction.atomic
def begin_to_move(
    campaign: Campaign,
    release_at: datetime,
    zone: str,
    now: datetime,
    may_expire: int = 0,
    by: User | None = None,
) -> Campaign:
    """As move_release, but for the fans: when this is committed, `take_along` has to follow."""
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
    while campaign.moved_from:  # another move, begun since the look before this one
        _take_some_along(campaign)
    consents = campaign.presaves.pending().aggregate(last=Max("consented_at"))
    if consents["last"]:
        campaign.moved_from = campaign.release_at
        campaign.moved_until, campaign.moved_past = max(consents["last"], now), None


def take_along(campaign: Campaign) -> Campaign:
    """Move the fans of a move that has been begun, those that a worker moves included."""
    while campaign.moved_from:
        _take_some_along_of(campaign.id)
        campaign.refresh_from_db(fields=MOVING)
    return campaign


def finish_moves() -> None:
    """Take along some blocks of fans of each campaign whose move is under way, or was cut short."""
    moving = Campaign.objects.exclude(moved_from=None).values_list("id", flat=True)
    for campaign_id in moving:
        for _ in range(BLOCKS_FINISHED_AT_ONCE):
            if not _take_some_along_of(campaign_id):
                break


@transaction.atomic
def _take_some_along_of(campaign_id: UUID) -> bool:
    """Whether the move is under way still."""
    # A consent and a cancellation of the campaign take the same lock.
    campaign = Campaign.objects.select_for_update(no_key=True).get(id=campaign_id)
    if campaign.moved_from:
        _take_some_along(campaign)
        campaign.save(update_fields=MOVING)
    return campaign.moved_from is not None


def _take_some_along(campaign: Campaign) -> None:
    """Move the next block of fans in the order of their consents, or end the move."""
    left = campaign.presaves.pending().filter(consented_at__lte=campaign.moved_until)
    if campaign.moved_past:
        left = left.filter(consented_at__gt=campaign.moved_past)
    consents = left.order_by("consented_at").values_list("consented_at", flat=True)
    block = list(consents[:FANS_MOVED_AT_ONCE])
    # Who erases a campaign that has ended takes its rows in another order.
    if campaign.has_ended or not block:
        campaign.moved_from = campaign.moved_until = campaign.moved_past = None
        return
    left.filter(consented_at__lte=block[-1]).try_anew(due_at=_due_after_move(campaign))
    campaign.moved_past = block[-1]


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


def _due_after_move(campaign: Campaign) -> datetime | Combinable:
    """With local midnights fans keep their distance to the first one, as their zones are not kept:
    where one of the two days lies in summer time, theirs comes an hour early or late.
    """
    if not (campaign.at_local_midnights and campaign.moved_from):
        return campaign.release_at
    return F("due_at") + (campaign.release_at - campaign.moved_from)


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
