"""A clip as players fetch it, and where pages show it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from campaigns.clips import files
from campaigns.models import CampaignState
from tests import factory

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

CLIP = bytes(range(200)) * 5


@pytest.fixture
def name(settings: Settings, tmp_path: Path) -> str:
    settings.ARTWORK_DIR = tmp_path
    return files.write(CLIP)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-1", 0, 1),  # what Safari asks before anything else
        ("bytes=0-", 0, 999),
        ("bytes=500-", 500, 999),
        ("bytes=990-4000", 990, 999),
        ("bytes=-10", 990, 999),
        ("bytes=-4000", 0, 999),
    ],
)
def test_a_player_gets_the_part_that_it_asks_for(
    client: Client, name: str, asked: str, first: int, last: int
) -> None:
    answer = client.get(f"/clips/{name}.mp3", headers={"Range": asked})

    assert answer.status_code == 206
    assert answer.content == CLIP[first : last + 1]
    assert answer["Content-Range"] == f"bytes {first}-{last}/1000"
    assert answer["Content-Type"] == "audio/mpeg"


@pytest.mark.parametrize("asked", ["", "bytes=-", "bytes=0-1,5-6", "items=0-1", "bytes=a-b"])
def test_else_it_gets_the_whole(client: Client, name: str, asked: str) -> None:
    answer = client.get(f"/clips/{name}.mp3", headers={"Range": asked} if asked else {})

    assert answer.status_code == 200
    assert answer.content == CLIP
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert not answer.cookies


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=5-4", "bytes=-0"])
def test_there_is_no_part_behind_the_end(client: Client, name: str, asked: str) -> None:
    answer = client.get(f"/clips/{name}.mp3", headers={"Range": asked})

    assert answer.status_code == 416
    assert answer["Content-Range"] == "bytes */1000"
    assert answer["Cache-Control"] == "no-store"


def test_who_has_it_is_told_so_and_a_part_of_another_file_is_not_added(
    client: Client, name: str
) -> None:
    path = f"/clips/{name}.mp3"
    etag = client.get(path)["ETag"]

    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    part = {"Range": "bytes=0-1"}
    assert client.get(path, headers={**part, "If-Range": etag}).status_code == 206
    assert client.get(path, headers={**part, "If-Range": '"other"'}).status_code == 200
    assert client.head(path, headers=part).status_code == 200


@pytest.mark.parametrize("wrong", ["0" * 32, "x"])
def test_what_is_not_there_is_not_found(client: Client, name: str, wrong: str) -> None:
    assert client.get(f"/clips/{wrong}.mp3").status_code == 404


@pytest.mark.parametrize(
    ("state", "is_shown"),
    [
        (CampaignState.OPEN, True),
        (CampaignState.RELEASING, True),
        (CampaignState.FINISHED, True),
        (CampaignState.CANCELLED, False),
    ],
)
@pytest.mark.parametrize("mode", ["extended", "development"])
def test_the_page_offers_it_before_and_after_the_release(
    client: Client, settings: Settings, mode: str, state: CampaignState, is_shown: bool
) -> None:
    settings.SPOTIFY_APP_MODE = mode
    campaign = factory.make_campaign(state=state, clip="0" * 32, clip_seconds=27)

    page = client.get(f"/{campaign.slug}").content.decode()

    assert page.count("<audio") == is_shown
    assert ("Listen to 27 seconds" in page) is is_shown
    assert ('preload="none"' in page) is is_shown
    assert "autoplay" not in page
    assert "<audio" not in client.get(f"/{factory.make_campaign().slug}").content.decode()
