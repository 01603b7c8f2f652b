"""A release without beat: `manage.py release_worker` needs no Redis."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.utils import timezone

from campaigns import keyring
from campaigns.models import PreSave
from tests.factory import make_campaign, make_presaves
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.stack]

FANS = 50


def test_a_release_without_redis_is_finished_by_the_release_worker(
    transactional_db: None, sandbox: Sandbox, stack_environment: dict[str, str]
) -> None:
    sandbox.add_album()
    campaign = make_campaign(spotify_uri=ALBUM_URI, release_at=timezone.now())
    make_presaves(campaign, sandbox.permissions(FANS).values())
    nobody_listens = {**stack_environment, "REDIS_URL": "redis://127.0.0.1:1/0"}

    for _ in range(3):  # confirm and save, finish, shred: each run does what is due then
        subprocess.run(
            [sys.executable, "manage.py", "release_worker", "--once"],
            env=nobody_listens,
            check=True,
            timeout=60,
        )

    assert sum(ALBUM_URI in library for library in sandbox.libraries().values()) == FANS
    assert not PreSave.objects.exclude(sealed=None).exists()
    assert campaign.id not in set(keyring.from_settings().campaign_ids())
