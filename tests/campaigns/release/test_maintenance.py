"""Maintenance runs next to the saves, and no failure or delay of its holds them up."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event

import pytest
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.models import Campaign, CampaignState, Heartbeat
from campaigns.release import maintenance, worker
from campaigns.release.maintenance import MaintenanceThread, Shift
from tests.factory import make_campaign
from tests.nights.night import make_night, states, work
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]
SECOND = timedelta(seconds=1)


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(id=campaign.id)


def test_housework_that_fails_does_not_hold_the_saves_up(
    sandbox: Sandbox, keyring_dir: Path
) -> None:
    ended = make_campaign(state=CampaignState.CANCELLED)
    (keyring_dir / f"{ended.id}.key").unlink()
    (keyring_dir / f"{ended.id}.key").mkdir()
    campaign = make_night(sandbox)
    assert work() == 5
    assert fresh(campaign).state == CampaignState.FINISHED
    assert fresh(campaign).key_destroyed_at is not None
    assert fresh(ended).key_destroyed_at is None


def test_a_key_is_not_said_to_be_destroyed_before_the_permissions_under_it(
    sandbox: Sandbox,
) -> None:
    """Though both happen in one round, and what ends permissions takes its time."""
    now, seconds = timezone.now(), count()
    campaign = make_campaign(state=CampaignState.FINISHED)

    shift = Shift(now + timedelta(hours=1), Event(), lambda: now + next(seconds) * SECOND)
    maintenance.run_maintenance(shift)

    destroyed_at = fresh(campaign).key_destroyed_at
    assert destroyed_at
    assert destroyed_at > now


def test_slow_looks_into_the_catalogue_do_not_keep_a_worker_from_its_saves(
    sandbox: Sandbox,
) -> None:
    waiting = make_campaign(release_at=timezone.now() - timedelta(minutes=1))
    campaign = make_night(sandbox, fans=3)
    sandbox.fault("album", "timeout", times=None, seconds=0.1)

    def clock_that_a_look_moves_on() -> datetime:
        look = timedelta(minutes=1) if sandbox.calls("album") else timedelta()
        return database_now() + look

    a_shift = database_now() + timedelta(seconds=20)
    worker.work(a_shift, Event(), clock_that_a_look_moves_on)

    assert states(campaign) == {"sent": 3}
    waiting.refresh_from_db()
    assert waiting.state == CampaignState.OPEN


@pytest.mark.django_db(transaction=True)
def test_a_worker_in_the_midst_of_a_release_beats_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(maintenance, "MAINTENANCE_SECONDS", 0)
    now = database_now()
    with MaintenanceThread(Shift(now + 20 * SECOND, Event(), database_now)) as thread:
        thread.maybe_run()
    assert Heartbeat.objects.get().beat_at >= now
