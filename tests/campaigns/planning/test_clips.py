"""A campaign's clip: stored, replaced, removed, and what becomes of its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaigns.clips import files
from campaigns.clips.decoding import Clip
from campaigns.models import Campaign, CampaignState, HistoryEntry
from campaigns.planning import archiving, clips, copying
from campaigns.planning.obstacles import Obstacle, PlanningError
from tests import factory
from tests.campaigns.planning.test_copying import NOW

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def directory(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTWORK_DIR = tmp_path
    return tmp_path / "clips"


def store(campaign: Campaign, file: bytes = b"sound", seconds: int = 30) -> Campaign:
    clips.store(campaign, Clip(file, seconds))
    campaign.refresh_from_db()
    return campaign


def kept(directory: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in directory.iterdir())


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.OPEN, CampaignState.FINISHED])
def test_a_clip_is_the_campaigns_from_then_on(state: CampaignState) -> None:
    artist = factory.make_user()
    campaign = factory.make_campaign(state=state)

    clips.store(campaign, Clip(b"sound", 27), artist)

    campaign.refresh_from_db()
    assert files.read(campaign.clip) == b"sound"
    assert campaign.clip_seconds == 27
    entry = HistoryEntry.objects.get()
    assert (entry.event, entry.details["fields"]) == ("edited", ["clip"])


def test_what_is_replaced_or_removed_is_deleted_after_the_commit(
    directory: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    campaign = store(factory.make_campaign(), b"first")

    with django_capture_on_commit_callbacks(execute=True):
        store(campaign, b"second")
        assert kept(directory) == [b"first", b"second"]
    assert kept(directory) == [b"second"]
    with django_capture_on_commit_callbacks(execute=True):
        clips.remove(campaign)
    assert kept(directory) == []
    campaign.refresh_from_db()
    assert (campaign.clip, campaign.clip_seconds) == ("", 0)


def test_removing_what_is_not_there_is_no_change() -> None:
    clips.remove(factory.make_campaign())
    assert not HistoryEntry.objects.exists()


def test_a_full_disk_is_told_and_changes_nothing(directory: Path) -> None:
    campaign = store(factory.make_campaign())
    before = campaign.clip
    directory.rename(directory.with_name("elsewhere"))
    directory.write_bytes(b"")  # no directory any more

    with pytest.raises(PlanningError) as error:
        clips.store(campaign, Clip(b"more", 30))

    assert error.value.obstacle is Obstacle.CLIP_NOT_STORED
    campaign.refresh_from_db()
    assert campaign.clip == before


def test_a_clip_whose_campaign_is_gone_leaves_no_file(directory: Path) -> None:
    campaign = factory.make_campaign()
    Campaign.objects.all().delete()

    with pytest.raises(Campaign.DoesNotExist):
        clips.store(campaign, Clip(b"sound", 30))

    assert kept(directory) == []


def test_a_copy_has_a_clip_of_its_own(directory: Path) -> None:
    campaign = store(factory.make_campaign(), seconds=27)

    copy = copying.duplicate(campaign, NOW)

    assert copy.clip not in ("", campaign.clip)
    assert copy.clip_seconds == 27
    files.discard(campaign.clip)
    assert files.read(copy.clip) == b"sound"


def test_a_deleted_draft_takes_its_clip_along(
    directory: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    campaign = store(factory.make_campaign(state=CampaignState.DRAFT))

    with django_capture_on_commit_callbacks(execute=True):
        archiving.delete_draft(campaign)

    assert kept(directory) == []


@pytest.mark.parametrize("name", ["", "../secret", "0" * 31, "A" * 32, "0" * 32 + "\n"])
def test_a_name_that_is_not_ours_is_no_file(directory: Path, name: str) -> None:
    directory.mkdir()
    (directory.parent / "secret.mp3").write_bytes(b"secret")

    assert files.read(name) is None
    assert files.copy(name) == ""
    files.discard(name)
    assert (directory.parent / "secret.mp3").exists()
