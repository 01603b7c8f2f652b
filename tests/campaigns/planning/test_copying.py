"""A campaign's copy: what an artist typed, and nothing that became of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from campaigns.artwork import files
from campaigns.models import (
    Accent,
    Campaign,
    CampaignState,
    DailyCount,
    Finding,
    PauseReason,
    midnights,
)
from campaigns.planning import copying, moving
from tests import factory, scenes
from tests.sandbox_process import ALBUM_URI

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
# What a copy has of its own, or begins without.
ITS_OWN = {
    *("id", "slug", "release_at", "artwork", "clip", "state"),
    *("version", "created_at", "archived_at"),
    *("agreed_title", "agreed_artist", "accepted_uri", "consent_version", "public_key"),
    *("found_uri", "found_title", "found_artist", "candidates", "last_finding", "next_check_at"),
    *("confirmed_uri", "confirmed_title", "confirmed_artist", "confirmed_at", "confirmed_until"),
    *("shown_uri", "shown_market", "shown_looks", "shown_since", "shown_at", "watched_until"),
    *(
        "vanished_at",
        "scheduled_at",
        *("moved_from", "moved_until", "moved_past"),
        "event_changed_at",
        "paused_reason",
        "paused_at",
        "codes_added_after_consent",
    ),
    *("opened_at", "finished_at", "cancelled_at", "key_destroyed_at", "rows_deleted_at"),
    *("delivery_p50", "delivery_p95", "failures", "report_nonce", "preview_nonce"),
    *("preview_until", "looked_up_at", "looked_up_finding"),
}


def test_of_every_column_it_is_said_whether_it_is_copied() -> None:
    columns = {field.name for field in Campaign._meta.fields}
    assert set(copying.COPIED) | ITS_OWN == columns
    assert set(copying.COPIED) & ITS_OWN == set()


def test_a_copy_is_a_draft_with_what_was_typed_alone(settings: Settings, tmp_path: Path) -> None:
    settings.ARTWORK_DIR = tmp_path
    typed = {
        "accent": Accent.TEAL,
        "links_before": ["https://b.example/"],
        "thanks": "See you there.",
        "links": ["https://a.example/"],
        "countdown_url": "https://open.spotify.com/prerelease/4aawyAB9vmqN3uQ7FjRGTy",
        "market": "NZ",
        **scenes.store_cover(scenes.small_picture(320)),
    }
    now = timezone.now()
    ended = factory.make_campaign(
        slug="night-bus",
        state=CampaignState.FINISHED,
        agreed_title="Night Bus",
        agreed_artist="Demo Artist",
        accepted_uri=ALBUM_URI,
        last_finding=Finding.FOUND_BY_CODE,
        paused_reason=PauseReason.APP_NOT_OPEN,
        delivery_p50=1,
        archived_at=now,
        version=7,
        **typed,
    )
    factory.make_presaves(ended, ["a", "b"])

    copy = copying.duplicate(ended, now)

    copy.refresh_from_db()
    blank = Campaign()
    for name in ITS_OWN - {"id", "slug", "release_at", "artwork", "created_at"}:
        assert getattr(copy, name) == getattr(blank, name), name
    for name in copying.COPIED:
        assert getattr(copy, name) == getattr(ended, name), name
    assert copy.slug == "night-bus-2"
    assert not DailyCount.objects.filter(campaign=copy).exists()
    assert not copy.presaves.exists()


def test_each_of_the_two_has_artwork_of_its_own(settings: Settings, tmp_path: Path) -> None:
    directory = settings.ARTWORK_DIR = tmp_path / "artwork"
    cover = scenes.store_cover(scenes.small_picture(320))
    copy = copying.duplicate(factory.make_campaign(**cover), NOW)
    names = {file.name for file in (directory / cover["artwork"]).iterdir()}
    files.discard(cover["artwork"])
    assert {file.name for file in (directory / copy.artwork).iterdir()} == names
    assert len(list(directory.iterdir())) == 1


def test_artwork_whose_files_are_gone_is_not_copied(settings: Settings, tmp_path: Path) -> None:
    settings.ARTWORK_DIR = tmp_path
    copy = copying.duplicate(factory.make_campaign(artwork="0" * 32, artwork_width=400), NOW)
    assert copy.artwork == ""


def test_a_release_time_to_come_stays() -> None:
    campaign = factory.make_campaign(release_at=NOW + timedelta(days=1), opened_at=NOW)
    assert copying.duplicate(campaign, NOW).release_at == NOW + timedelta(days=1)


def test_a_release_time_that_has_passed_becomes_the_same_weekday_and_hour_in_some_weeks() -> None:
    # Midnight of a Friday in Berlin, in summer.
    passed = datetime(2026, 7, 2, 22, tzinfo=UTC)
    campaign = factory.make_campaign(
        state=CampaignState.DRAFT, release_at=passed, release_zone="Europe/Berlin"
    )
    copy = copying.duplicate(campaign, NOW)
    assert copy.release_at == datetime(2026, 12, 17, 23, tzinfo=UTC)
    assert f"{copy.release_local:%A %H:%M}" == "Friday 00:00"
    moving.check_release_time(copy.release_at, NOW)


def test_a_day_that_has_passed_becomes_another_day() -> None:
    day = datetime(2026, 11, 6, tzinfo=UTC).date()
    campaign = factory.make_local_campaign(day, state=CampaignState.DRAFT)
    copy = copying.duplicate(campaign, NOW)
    assert copy.at_local_midnights
    assert copy.release_at == midnights.first_midnight(day + timedelta(weeks=6))
