"""An artist's acts: open, cancel, resume; and what each refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaigns.consent import wordings
from campaigns.models import (
    LONGEST_LEAD,
    Campaign,
    CampaignState,
    DailyCount,
    PauseReason,
    PreSave,
    PreSaveState,
    Reason,
)
from campaigns.planning import transitions
from campaigns.planning.obstacles import Obstacle, PlanningError
from tests import factory

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
RELEASE = NOW + timedelta(days=90)


def make_draft(release_at: datetime = RELEASE) -> Campaign:
    return factory.make_campaign(state=CampaignState.DRAFT, release_at=release_at)


def make_open(release_at: datetime = RELEASE) -> Campaign:
    return factory.make_campaign(release_at=release_at, opened_at=NOW - timedelta(days=1))


# Opening


def test_opening_a_draft_waits_for_the_workers_key() -> None:
    campaign = make_draft()
    Campaign.objects.update(consent_version=0)

    transitions.open_campaign(campaign, NOW)

    campaign.refresh_from_db()
    assert campaign.is_opening
    assert campaign.opened_at == campaign.scheduled_at == NOW
    assert campaign.consent_version == wordings.CURRENT_VERSION
    assert not Campaign.objects.accepting_consents().exists()


@pytest.mark.parametrize("client_id", ["", "4aawyAB9"])
def test_with_a_spotify_app_a_release_is_named_before_it_opens(
    settings: Settings, client_id: str
) -> None:
    settings.SPOTIFY_CLIENT_ID = client_id
    draft = factory.make_campaign(state=CampaignState.DRAFT, release_at=RELEASE, spotify_uri="")

    if client_id:
        with pytest.raises(PlanningError, match=Obstacle.NOT_NAMED):
            transitions.open_campaign(draft, NOW)
    else:
        transitions.open_campaign(draft, NOW)

    draft.refresh_from_db()
    assert draft.state == (CampaignState.DRAFT if client_id else CampaignState.OPEN)


@pytest.mark.parametrize("state", sorted({*CampaignState} - {CampaignState.DRAFT}))
def test_only_a_draft_can_be_opened(state: CampaignState) -> None:
    campaign = factory.make_campaign(state=state)
    before = Campaign.objects.values().get()

    with pytest.raises(PlanningError, match=Obstacle.NOT_A_DRAFT):
        transitions.open_campaign(campaign, NOW)

    assert Campaign.objects.values().get() == before


def test_a_campaign_opens_175_days_before_its_release_and_not_a_second_earlier() -> None:
    transitions.open_campaign(make_draft(NOW + LONGEST_LEAD), NOW)

    too_early = make_draft(NOW + LONGEST_LEAD + timedelta(seconds=1))
    with pytest.raises(PlanningError, match=Obstacle.TOO_FAR_AHEAD) as caught:
        transitions.open_campaign(too_early, NOW)

    assert caught.value.possible_from == NOW + timedelta(seconds=1)
    too_early.refresh_from_db()
    assert too_early.state == CampaignState.DRAFT


@pytest.mark.parametrize("ago", [timedelta(seconds=1), timedelta(days=1)])
def test_a_draft_whose_release_time_has_passed_cannot_be_opened(ago: timedelta) -> None:
    with pytest.raises(PlanningError, match=Obstacle.PAST):
        transitions.open_campaign(make_draft(NOW - ago), NOW)


# Cancelling and resuming


def test_cancelling_erases_every_permission_and_counts_them() -> None:
    campaign = make_open()
    factory.make_presaves(campaign, ["canary-1", "canary-2"])
    saved = factory.make_presave(campaign, state=PreSaveState.SAVED)
    other = factory.make_presave(make_open())

    erased = transitions.cancel_campaign(campaign, NOW)

    assert erased == 2
    assert Campaign.objects.get(id=campaign.id).cancelled_at == NOW
    ended = campaign.presaves.exclude(id=saved.id)
    assert {(row.state, row.reason, row.sealed, row.settled_at) for row in ended} == {
        (PreSaveState.CANCELLED, Reason.CAMPAIGN_CANCELLED, None, NOW),
    }
    totals = DailyCount.objects.totals_of(campaign.id)
    assert (totals.presaves, totals.saved, totals.cancelled, totals.pending) == (3, 1, 2, 0)
    assert PreSave.objects.get(id=other.id).is_pending


def test_cancelling_a_draft_needs_no_key() -> None:
    campaign = make_draft()

    assert transitions.cancel_campaign(campaign, NOW) == 0

    assert not Campaign.objects.awaiting_shredding().exists()


@pytest.mark.parametrize("state", [CampaignState.FINISHED, CampaignState.CANCELLED])
def test_what_has_ended_is_not_cancelled(state: CampaignState) -> None:
    campaign = factory.make_campaign(state=state)

    with pytest.raises(PlanningError, match=Obstacle.ENDED):
        transitions.cancel_campaign(campaign, NOW)


def test_a_resumed_campaign_looks_at_once() -> None:
    campaign = factory.make_campaign(
        paused_reason=PauseReason.RELEASE_REFUSED, paused_at=NOW, next_check_at=RELEASE
    )

    transitions.resume(campaign)

    resumed = Campaign.objects.get()
    assert not resumed.is_paused
    assert (resumed.paused_at, resumed.next_check_at) == (None, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": CampaignState.RELEASING},
        {"state": CampaignState.RELEASING, "paused_reason": PauseReason.KEY_MISSING},
        {"state": CampaignState.CANCELLED, "paused_reason": PauseReason.RELEASE_REFUSED},
    ],
)
def test_only_a_pause_that_people_can_fix_is_resumed(fields: dict[str, Any]) -> None:
    campaign = factory.make_campaign(next_check_at=RELEASE, **fields)
    before = Campaign.objects.values().get()

    with pytest.raises(PlanningError, match=Obstacle.NOTHING_TO_RESUME):
        transitions.resume(campaign)

    assert Campaign.objects.values().get() == before
