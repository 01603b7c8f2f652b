from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import keyring, stats
from campaigns.models import Campaign, CampaignState, PreSave
from embedded.stack import Stack
from tests.factory import make_campaign, make_presaves
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.stack]

FANS = 2000
# The lease of what the killed worker held has to run out first.
LEASE_AND_REST = 120


def consented_campaign(sandbox: Sandbox, fan_count: int) -> Campaign:
    """An open campaign with as many real permissions, its release not due yet."""
    sandbox.add_album()
    campaign = make_campaign(
        spotify_uri=ALBUM_URI,
        state=CampaignState.OPEN,
        release_at=timezone.now() + timedelta(days=1),
    )
    make_presaves(campaign, sandbox.permissions(fan_count).values())
    return campaign


def release_now(campaign: Campaign) -> None:
    now = timezone.now()
    PreSave.objects.filter(campaign=campaign).update(due_at=now)
    Campaign.objects.filter(id=campaign.id).update(
        opened_at=now, scheduled_at=now, release_at=now, next_check_at=None
    )


def is_in_the_middle(campaign: Campaign, sandbox: Sandbox) -> bool:
    """A quarter is saved, and Spotify has saved fans of whom our rows do not know it yet."""
    saved = stats.totals(campaign.id).saved
    return saved >= FANS // 4 and sandbox.get("summary")["saved"] > saved


def test_a_worker_killed_in_the_middle_loses_nobody(
    stack: Stack, sandbox: Sandbox, eventually: Callable[..., None]
) -> None:
    campaign = consented_campaign(sandbox, FANS)
    sandbox.set(latency_ms={"library": 100})
    release_now(campaign)

    eventually(lambda: is_in_the_middle(campaign, sandbox), "a block on its way at Spotify")
    stack.worker.kill9()
    held_at_death = PreSave.objects.pending().exclude(lease=None).count()
    assert held_at_death, "the worker held nothing when it was killed: this would prove nothing"
    stack.start_worker()

    eventually(
        lambda: Campaign.objects.get(id=campaign.id).key_destroyed_at is not None,
        "the end of the release",
        LEASE_AND_REST,
    )
    libraries = sandbox.libraries()
    assert sum(ALBUM_URI in library for library in libraries.values()) == FANS
    assert stats.totals(campaign.id) == stats.Totals(consented=FANS, saved=FANS)
    assert not PreSave.objects.exclude(sealed=None).exists()
    assert campaign.id not in set(keyring.from_settings().campaign_ids())


def test_a_release_without_redis_is_finished_by_the_release_worker(
    transactional_db: None, sandbox: Sandbox, stack_environment: dict[str, str]
) -> None:
    campaign = consented_campaign(sandbox, 50)
    release_now(campaign)
    nobody_listens = {**stack_environment, "REDIS_URL": "redis://127.0.0.1:1/0"}

    for _ in range(3):  # confirm and save, finish, shred: each run does what is due then
        subprocess.run(
            [sys.executable, "manage.py", "release_worker", "--once"],
            env=nobody_listens,
            check=True,
            timeout=60,
        )

    assert sum(ALBUM_URI in library for library in sandbox.libraries().values()) == 50
    assert not PreSave.objects.exclude(sealed=None).exists()
    assert campaign.id not in set(keyring.from_settings().campaign_ids())
