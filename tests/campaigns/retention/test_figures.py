"""What is written down of an ended campaign: how long its fans waited, and why some got nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import (
    ROW_LIFETIME,
    Campaign,
    CampaignState,
    FinalFigures,
    PreSave,
    PreSaveState,
    Reason,
    midnights,
)
from campaigns.planning import moving
from campaigns.retention import deleting, figures
from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.nights.night import in_threads, make_night, work
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

NOT_WRITTEN = (None, None, None)


def make_ended(**fields: Any) -> Campaign:
    return make_campaign(**{"state": CampaignState.FINISHED, **fields})


def make_saved(campaign: Campaign, seconds: float, **fields: Any) -> PreSave:
    """A fan who was saved so many seconds after the own release moment."""
    due_at = fields.setdefault("due_at", campaign.release_at)
    settled_at = due_at + timedelta(seconds=seconds)
    return make_presave(campaign, state=PreSaveState.SAVED, settled_at=settled_at, **fields)


def figures_of(campaign: Campaign) -> tuple[int | None, int | None, dict[str, int] | None]:
    campaign.refresh_from_db()
    return campaign.delivery_p50, campaign.delivery_p95, campaign.failures


def written(campaign: Campaign) -> tuple[int | None, int | None]:
    """Both delays, just written down."""
    assert figures.write_down(timezone.now()) == 1
    return figures_of(campaign)[:2]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([7], (7, 7)),
        ([1, 9], (1, 9)),
        ([9, 1, 5], (5, 9)),
        (range(20, 0, -1), (10, 19)),
        (range(1, 22), (11, 20)),
        ([0, 0], (0, 0)),
        ([0.000001], (1, 1)),
        ([59.5], (60, 60)),
    ],
)
def test_the_delay_is_that_of_the_nearest_rank_rounded_up(seconds: Any, expected: Any) -> None:
    campaign = make_ended()
    for number in seconds:
        make_saved(campaign, number)
    make_saved(make_campaign(state=CampaignState.RELEASING), 1000)
    assert written(campaign) == expected


def test_a_fan_who_came_after_the_release_waited_from_the_consent_on() -> None:
    campaign = make_ended()
    late = campaign.release_at + timedelta(seconds=50)
    make_saved(campaign, 53, consented_at=late)
    assert written(campaign) == (3, 3)


def test_at_local_midnights_each_fan_waited_from_the_own_one_on() -> None:
    campaign = make_local_campaign(date(2026, 12, 4), state=CampaignState.FINISHED)
    for zone, seconds in (("Asia/Tokyo", 2), ("Europe/Berlin", 4), ("America/New_York", 6)):
        make_saved(campaign, seconds, due_at=midnights.due_at(campaign.release_at, zone))
    assert figures.write_down(campaign.release_at) == 1
    assert figures_of(campaign) == (4, 6, {})


def test_a_save_that_a_move_overtook_says_nothing() -> None:
    """It was on its way, and stands before the new moment of its row."""
    campaign = make_ended()
    make_saved(campaign, -3600)
    make_saved(campaign, 8)
    assert written(campaign) == (8, 8)


def test_after_a_move_each_fan_waited_from_the_moment_that_held_for_them() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_saved(campaign, 8)
    make_presave(campaign)
    moment = timezone.now() + timedelta(hours=1)
    moving.move_release(campaign, moment, campaign.release_zone, timezone.now())
    PreSave.objects.pending().end(PreSaveState.SAVED, Reason.NONE, moment + timedelta(seconds=4))
    Campaign.objects.update(state=CampaignState.FINISHED, finished_at=moment)
    assert written(campaign) == (4, 8)


def test_the_last_save_is_written_down_too() -> None:
    campaign = make_ended()
    for seconds in (1, 9, 3.5):
        make_saved(campaign, seconds)
    nobody = make_ended()
    figures.write_down(timezone.now())
    assert FinalFigures.objects.get(campaign=campaign).delivery_latest == 9
    assert FinalFigures.objects.get(campaign=nobody).delivery_latest is None


def test_cancellations_are_counted_by_reason() -> None:
    campaign = make_campaign(state=CampaignState.CANCELLED)
    for reason in (Reason.BY_FAN, Reason.BY_FAN, Reason.CAMPAIGN_CANCELLED):
        make_presave(campaign, state=PreSaveState.CANCELLED, reason=reason)
    make_presave(campaign, state=PreSaveState.FAILED, reason=Reason.REVOKED)
    figures.write_down(timezone.now())
    written_down = FinalFigures.objects.get().cancellations
    assert written_down == {"by_fan": 2, "campaign_cancelled": 1}


def test_it_is_written_down_in_which_hour_permissions_were_destroyed() -> None:
    """However they ended; the first and the last to the minute only."""
    campaign = make_ended()
    begun = datetime(2026, 12, 4, 23, 59, 30, 5, tzinfo=UTC)
    ended = (PreSaveState.SAVED, PreSaveState.CANCELLED, PreSaveState.FAILED)
    for state, minutes in zip(ended, (0, 10, 61), strict=True):
        make_presave(campaign, state=state, settled_at=begun + timedelta(minutes=minutes))
    figures.write_down(timezone.now())
    found = FinalFigures.objects.get()
    assert found.destroyed_by_hour == [
        ["2026-12-04T23:00:00+00:00", 1],
        ["2026-12-05T00:00:00+00:00", 1],
        ["2026-12-05T01:00:00+00:00", 1],
    ]
    assert found.first_destroyed_at == datetime(2026, 12, 4, 23, 59, tzinfo=UTC)
    assert found.last_destroyed_at == datetime(2026, 12, 5, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key_after", "last_after"),
    [(timedelta(seconds=20), timedelta(seconds=20)), (timedelta(hours=1), timedelta(seconds=30))],
    ids=["in the same minute", "later"],
)
@pytest.mark.parametrize("is_key_there", [False, True])
def test_no_permission_is_said_to_be_destroyed_after_the_key(
    key_after: timedelta, last_after: timedelta, is_key_there: bool
) -> None:
    """Nor is the last one said to be destroyed before it was. A key that could not be destroyed
    yet is so later.
    """
    settled_at = datetime(2026, 11, 30, 15, 38, 30, tzinfo=UTC)
    key_destroyed_at = settled_at + key_after
    ended = make_ended(key_destroyed_at=None if is_key_there else key_destroyed_at)
    make_presave(ended, state=PreSaveState.SAVED, settled_at=settled_at)
    figures.write_down(key_destroyed_at)
    assert FinalFigures.objects.get().last_destroyed_at == settled_at + last_after


def test_the_new_figures_of_one_that_had_the_old_ones_are_written_down() -> None:
    """As of a campaign that ended shortly before an upgrade."""
    campaign = make_ended(delivery_p50=8, delivery_p95=8, failures={})
    make_saved(campaign, 8)
    assert written(campaign) == (8, 8)
    assert FinalFigures.objects.get().delivery_latest == 8


@pytest.mark.django_db(transaction=True)
def test_workers_who_write_down_at_once_write_the_same() -> None:
    campaign = make_ended()
    make_saved(campaign, 8)
    in_threads(4, lambda _: figures.write_down(timezone.now()))
    assert FinalFigures.objects.get().delivery_latest == 8
    assert figures_of(campaign) == (8, 8, {})


def test_failures_are_counted_by_reason_and_cancellations_are_none() -> None:
    campaign = make_ended()
    for reason in (Reason.REVOKED, Reason.REVOKED, Reason.NOT_LISTED):
        make_presave(campaign, state=PreSaveState.FAILED, reason=reason)
    make_presave(campaign, state=PreSaveState.EXPIRED, reason=Reason.HARD_STOP)
    make_presave(campaign, state=PreSaveState.CANCELLED, reason=Reason.BY_FAN)
    figures.write_down(timezone.now())
    expected = {"revoked": 2, "not_listed": 1, "hard_stop": 1}
    assert figures_of(campaign) == (None, None, expected)


def test_a_cancelled_campaign_leaves_its_figures_too() -> None:
    campaign = make_campaign(state=CampaignState.CANCELLED)
    make_presave(campaign, state=PreSaveState.FAILED, reason=Reason.REVOKED)
    figures.write_down(timezone.now())
    assert figures_of(campaign) == (None, None, {"revoked": 1})


@pytest.mark.parametrize(
    "state", [CampaignState.DRAFT, CampaignState.OPEN, CampaignState.RELEASING]
)
def test_nothing_is_written_down_of_a_campaign_that_goes_on(state: CampaignState) -> None:
    campaign = make_campaign(state=state)
    assert figures.write_down(timezone.now()) == 0
    assert figures_of(campaign) == NOT_WRITTEN


def test_nothing_is_written_down_while_a_fan_is_pending() -> None:
    campaign = make_campaign(state=CampaignState.CANCELLED)
    make_presave(campaign)
    assert figures.write_down(timezone.now()) == 0
    assert figures_of(campaign) == NOT_WRITTEN


def test_it_is_done_once_and_stays_when_the_rows_are_gone() -> None:
    campaign = make_ended()
    make_saved(campaign, 8)
    assert written(campaign) == (8, 8)
    assert figures.write_down(timezone.now()) == 0
    assert deleting.delete_old_rows(campaign.release_at + ROW_LIFETIME) == 1
    assert figures.write_down(timezone.now()) == 0
    assert figures_of(campaign) == (8, 8, {})


def test_rows_that_may_be_deleted_already_are_not_counted() -> None:
    """An instance that is upgraded after years knows nothing of its old campaigns."""
    campaign = make_ended()
    make_saved(campaign, 8)
    assert figures.write_down(campaign.release_at + ROW_LIFETIME) == 0
    assert figures_of(campaign) == NOT_WRITTEN


def test_a_night_writes_its_figures(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=5)
    assert work() == 5
    p50, p95, failures = figures_of(campaign)
    assert failures == {}
    assert p50 is not None
    assert p95 is not None
    # The release was due a minute ago.
    assert 60 <= p50 <= p95 <= 120
