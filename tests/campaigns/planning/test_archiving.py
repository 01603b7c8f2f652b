"""Campaigns that are put aside, and drafts that are deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.models import Campaign, CampaignState
from campaigns.planning import archiving, transitions
from campaigns.planning.editing import free_slug
from campaigns.planning.obstacles import Obstacle, PlanningError
from tests import factory, scenes

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

pytestmark = pytest.mark.django_db

RUNNING = (CampaignState.OPEN, CampaignState.RELEASING)
AT_REST = tuple(state for state in CampaignState if state not in RUNNING)


@pytest.mark.parametrize("state", AT_REST)
def test_what_does_not_run_is_archived_and_comes_back(state: CampaignState) -> None:
    campaign, now = factory.make_campaign(state=state), timezone.now()
    archiving.archive(campaign, now)
    assert Campaign.objects.get().archived_at == now
    archiving.archive(campaign, timezone.now())
    assert Campaign.objects.get().archived_at == now
    archiving.unarchive(campaign)
    assert Campaign.objects.get().archived_at is None


@pytest.mark.parametrize("state", RUNNING)
def test_what_runs_stays_in_the_list(state: CampaignState) -> None:
    campaign = factory.make_campaign(state=state)
    with pytest.raises(PlanningError) as error:
        archiving.archive(campaign, timezone.now())
    assert error.value.obstacle is Obstacle.RUNS_STILL
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.update(archived_at=timezone.now())
    assert Campaign.objects.get().archived_at is None


def test_an_archived_draft_that_is_opened_is_in_the_list_again() -> None:
    draft = factory.make_campaign(state=CampaignState.DRAFT, archived_at=timezone.now())
    transitions.open_campaign(draft, timezone.now())
    assert Campaign.objects.get().archived_at is None


def test_a_deleted_draft_leaves_neither_its_address_nor_its_artwork(
    settings: Settings,
    tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    cover = scenes.store_cover(scenes.small_picture(320))
    draft = factory.make_campaign(state=CampaignState.DRAFT, slug="night-bus", **cover)
    draft.history.create(at=timezone.now(), event="edited")
    assert free_slug("night-bus") == "night-bus-2"
    with django_capture_on_commit_callbacks(execute=True):
        archiving.delete_draft(draft)
    assert not Campaign.objects.exists()
    assert free_slug("night-bus") == "night-bus"
    assert list((tmp_path / "artwork").iterdir()) == []


@pytest.mark.parametrize("state", [*CampaignState][1:])
def test_only_drafts_are_deleted(state: CampaignState) -> None:
    campaign = factory.make_campaign(state=state)
    with pytest.raises(PlanningError) as error:
        archiving.delete_draft(campaign)
    assert error.value.obstacle is Obstacle.ONLY_DRAFTS_ARE_DELETED
    assert Campaign.objects.get() == campaign
