"""Moving a release: who goes along, what is refused, and when the artist is asked first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.models import (
    LONGEST_LEAD,
    PERMISSION_LIFETIME,
    Campaign,
    CampaignState,
    PauseReason,
    PreSave,
    PreSaveState,
    Reason,
)
from campaigns.planning import moving
from campaigns.planning.obstacles import Obstacle, PlanningError
from tests import factory
from tests.factory import make_campaign, make_presave, make_presaves
from tests.nights.night import clock_ahead

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
RELEASE = NOW + timedelta(days=90)


def later(seconds: float = 3600) -> datetime:
    return clock_ahead(seconds)()


def move(campaign: Campaign, to: datetime, at: float = 0, agreed: int = 0) -> Campaign:
    """Move the release, `at` so many seconds from now."""
    moving.move_release(campaign, to, campaign.release_zone, clock_ahead(at)(), agreed)
    campaign.refresh_from_db()
    return campaign


def begin_now(campaign: Campaign, at: float = 0) -> None:
    now = clock_ahead(at)()
    moving.move_release(campaign, now, campaign.release_zone, now)


def test_a_release_that_has_begun_is_not_moved_to_the_past_or_to_now() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    before = Campaign.objects.values().get()

    with pytest.raises(PlanningError, match=Obstacle.BEGUN):
        begin_now(campaign)
    with pytest.raises(PlanningError, match=Obstacle.BEGUN):
        move(campaign, later(-3600))

    assert Campaign.objects.values().get() == before


def test_the_zone_alone_changes_nothing_about_a_release_that_has_begun() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)

    moving.move_release(campaign, campaign.release_at, "Europe/Paris", later(0))

    campaign.refresh_from_db()
    assert (campaign.state, campaign.release_zone) == (CampaignState.RELEASING, "Europe/Paris")


@pytest.mark.parametrize(
    ("reason", "afterwards"),
    [
        (PauseReason.RELEASE_REFUSED, PauseReason.NONE),
        (PauseReason.KEY_MISSING, PauseReason.KEY_MISSING),
        (PauseReason.APP_NOT_OPEN, PauseReason.APP_NOT_OPEN),
        (PauseReason.RELEASE_CHANGED, PauseReason.RELEASE_CHANGED),
    ],
)
def test_a_new_moment_tries_anew_what_spotify_refused(reason: str, afterwards: str) -> None:
    campaign = make_campaign(
        state=CampaignState.RELEASING, paused_reason=reason, paused_at=later(0)
    )
    make_presave(campaign, attempts=9, refused_at=later(0), reason=Reason.REVOKED)

    move(campaign, later())

    row = PreSave.objects.get()
    assert (campaign.state, campaign.paused_reason) == (CampaignState.OPEN, afterwards)
    assert (row.attempts, row.refused_at, row.reason) == (0, None, "")


def make_old(fans: int, **fields: Any) -> tuple[Campaign, datetime]:
    """A campaign whose fans consented 100 days ago, and a moment at which they have lapsed."""
    long_ago = later(0) - timedelta(days=100)
    campaign = make_campaign(opened_at=long_ago, **fields)
    make_presaves(campaign, ["a-token"] * fans, consented_at=long_ago)
    return campaign, long_ago + PERMISSION_LIFETIME


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_a_move_by_which_permissions_would_lapse_asks_first(state: CampaignState) -> None:
    campaign, moment = make_old(2, state=state)
    make_presave(campaign, consented_at=later(0))
    move(campaign, moment - timedelta(microseconds=1))
    before = Campaign.objects.values().get()

    for agreed in (0, 1):
        with pytest.raises(PlanningError, match=Obstacle.PERMISSIONS_EXPIRE) as caught:
            move(campaign, moment, agreed=agreed)
        assert (caught.value.expiring, caught.value.pending) == (2, 3)
        assert Campaign.objects.values().get() == before

    assert move(campaign, moment, agreed=2).release_at == moment
    assert set(PreSave.objects.values_list("due_at", flat=True)) == {moment}


def test_who_agreed_is_asked_again_only_when_the_number_has_grown() -> None:
    campaign, moment = make_old(2)
    make_presave(campaign, consented_at=moment - PERMISSION_LIFETIME)

    with pytest.raises(PlanningError, match=Obstacle.PERMISSIONS_EXPIRE) as caught:
        move(campaign, moment, agreed=2)
    assert (caught.value.expiring, caught.value.pending) == (3, 3)

    PreSave.objects.first().delete()  # type: ignore[union-attr]
    move(campaign, moment, agreed=3)


def test_a_move_by_which_no_further_permission_lapses_asks_nothing() -> None:
    campaign, moment = make_old(1)
    move(campaign, moment + timedelta(days=1), agreed=1)

    move(campaign, moment + timedelta(days=2))
    move(campaign, moment)


def make_draft(release_at: datetime = RELEASE) -> Campaign:
    return factory.make_campaign(state=CampaignState.DRAFT, release_at=release_at)


def make_open(release_at: datetime = RELEASE) -> Campaign:
    return factory.make_campaign(release_at=release_at, opened_at=NOW - timedelta(days=1))


def test_moving_the_release_takes_the_waiting_pre_saves_along() -> None:
    campaign = make_open()
    waiting = factory.make_presave(campaign)
    gone = factory.make_presave(campaign, state=PreSaveState.CANCELLED, reason=Reason.BY_FAN)
    later = RELEASE + timedelta(days=7)

    moving.move_release(campaign, later, "Asia/Tokyo", NOW)

    campaign.refresh_from_db()
    assert (campaign.release_at, campaign.release_zone) == (later, "Asia/Tokyo")
    assert campaign.scheduled_at == NOW
    assert PreSave.objects.get(id=waiting.id).due_at == later
    assert PreSave.objects.get(id=gone.id).due_at == RELEASE


def test_moving_makes_the_next_look_into_the_catalogue_due_at_once() -> None:
    campaign = make_open()
    Campaign.objects.update(next_check_at=RELEASE + timedelta(hours=1))

    moving.move_release(campaign, RELEASE - timedelta(days=1), "UTC", NOW)

    assert Campaign.objects.get().next_check_at is None


@pytest.mark.parametrize(
    "moment",
    [
        NOW - timedelta(seconds=1),
        NOW - timedelta(days=1),
        NOW + LONGEST_LEAD + timedelta(seconds=1),
    ],
)
def test_an_open_campaign_is_not_moved_to_where_no_fan_can_be_served(moment: datetime) -> None:
    campaign = make_open()
    presave = factory.make_presave(campaign)

    with pytest.raises(PlanningError):
        moving.move_release(campaign, moment, "UTC", NOW)

    assert Campaign.objects.get().release_at == RELEASE
    assert PreSave.objects.get(id=presave.id).due_at == RELEASE


def test_a_draft_is_moved_freely() -> None:
    campaign = make_draft()

    moving.move_release(campaign, NOW + timedelta(days=400), "UTC", NOW)

    moved = Campaign.objects.get()
    assert moved.release_at == NOW + timedelta(days=400)
    assert moved.scheduled_at is None


@pytest.mark.parametrize("state", [CampaignState.FINISHED, CampaignState.CANCELLED])
def test_what_has_ended_is_not_moved(state: CampaignState) -> None:
    campaign = factory.make_campaign(state=state)

    with pytest.raises(PlanningError, match=Obstacle.ENDED):
        moving.move_release(campaign, NOW + timedelta(days=9), "UTC", NOW)
