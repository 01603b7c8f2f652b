"""The page of a campaign's clip, as an artist uses it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns.clips import files, mp3
from campaigns.models import Campaign, Label, Role
from tests import factory
from tests.log_ins import logged_in
from tools import sounds

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(label: Label, settings: Settings, tmp_path: Path) -> Campaign:
    settings.ARTWORK_DIR = tmp_path
    return factory.make_campaign(label=label)


def upload(dashboard: Client, campaign: Campaign, file: bytes, **given: Any) -> str:
    sound = SimpleUploadedFile("song.wav", file)
    data = {"campaign": campaign.id, "sound": sound, "start": "0:01", "rights": "on"}
    address = f"/dashboard/campaigns/{campaign.slug}/clip"
    answer = dashboard.post(address, data | given, follow=True)
    campaign.refresh_from_db()
    return answer.content.decode()


def test_an_artist_uploads_a_clip_hears_it_and_removes_it(
    dashboard: Client, campaign: Campaign
) -> None:
    page = upload(dashboard, campaign, sounds.wav(8))

    assert "Clip saved. It runs from 0:01 to 0:08 of your file." in page
    assert campaign.clip_seconds == 7
    assert mp3.seconds(files.read(campaign.clip) or b"") == pytest.approx(7, abs=0.1)
    player = f'src="/clips/{campaign.clip}.mp3"'
    for path in ("", "/clip"):
        shown = dashboard.get(f"/dashboard/campaigns/{campaign.slug}{path}").content.decode()
        assert player in shown
    assert player in dashboard.get(f"/dashboard/preview?campaign={campaign.id}").content.decode()

    removed = upload(dashboard, campaign, b"", remove="1")

    assert "Clip removed." in removed
    assert campaign.clip == ""


def test_what_is_refused_changes_nothing(dashboard: Client, campaign: Campaign) -> None:
    page = upload(dashboard, campaign, b"This is text.")

    assert "Save it as a WAV, FLAC, MP3 or M4A file." in page
    assert campaign.clip == ""


def test_a_viewer_hears_it_and_is_offered_no_change(campaign: Campaign, label: Label) -> None:
    viewer = logged_in(factory.make_member(label, role=Role.VIEWER))
    Campaign.objects.update(clip="0" * 32, clip_seconds=30)

    page = viewer.get(f"/dashboard/campaigns/{campaign.slug}").content.decode()

    assert "<audio" in page
    assert f"{campaign.slug}/clip" not in page
