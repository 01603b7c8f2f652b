"""A release without beat: `manage.py release_worker` needs no Redis."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from django.utils import timezone

from campaigns import keyring
from campaigns.models import Campaign, PreSave
from embedded import processes
from tests.factory import make_campaign, make_presaves
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.stack]

FANS = 50
DEADLINE_SECONDS = 60


def test_a_release_without_redis_is_finished_by_the_release_worker(
    transactional_db: None,
    sandbox: Sandbox,
    stack_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    sandbox.add_album()
    campaign = make_campaign(spotify_uri=ALBUM_URI, release_at=timezone.now())
    make_presaves(campaign, sandbox.permissions(FANS).values())
    nobody_listens = {**stack_environment, "REDIS_URL": "redis://127.0.0.1:1/0"}

    worker = processes.spawn(
        [sys.executable, "manage.py", "release_worker"],
        env=nobody_listens,
        log_path=tmp_path / "worker.log",
    )
    try:
        processes.wait_until(
            lambda: Campaign.objects.get(id=campaign.id).key_destroyed_at is not None,
            DEADLINE_SECONDS,
            "the end of the campaign",
            worker,
        )
    finally:
        worker.stop()

    assert sum(ALBUM_URI in library for library in sandbox.libraries().values()) == FANS
    assert not PreSave.objects.exclude(sealed=None).exists()
    assert campaign.id not in set(keyring.from_settings().campaign_ids())
