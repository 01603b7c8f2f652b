"""Seven days after the release, or 180 after the consent, a permission ends: whatever is in the
way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from campaigns.gate import closing
from campaigns.models import (
    HALVES,
    HARD_STOP,
    LONGEST_LEAD,
    PERMISSION_LIFETIME,
    Campaign,
    CampaignState,
    ErrorReason,
    GateName,
    PauseReason,
    PreSave,
    PreSaveState,
    Reason,
)
from campaigns.planning import moving
from campaigns.retention import expiring, keys
from campaigns.spotify.answers import SpotifyError
from tests.factory import make_campaign, make_presave, make_presaves
from tests.nights.night import (
    check_books,
    claim,
    confirm_sent,
    make_night,
    record,
    save,
    states,
    work,
)
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

SECOND = timedelta(seconds=1)
THE_STOP = HARD_STOP.total_seconds()


def stopped(campaign: Campaign) -> None:
    """The campaign has ended, and nothing is left with which a library could be opened."""
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.FINISHED
    assert campaign.key_destroyed_at
    assert states(campaign) == {"expired": 3}
    assert not PreSave.objects.exclude(sealed=None).exists()
    check_books(campaign)


def make_unsaved(**fields: Any) -> Campaign:
    fields.setdefault("release_at", timezone.now())
    campaign = make_campaign(**fields)
    make_presaves(campaign, ["a", "b", "c"])
    return campaign


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
@pytest.mark.parametrize("reason", [*PauseReason])
def test_a_pause_does_not_stop_the_hard_stop(state: CampaignState, reason: PauseReason) -> None:
    campaign = make_unsaved(state=state, paused_reason=reason)
    work(THE_STOP + 1)
    stopped(campaign)


@pytest.mark.parametrize("half", HALVES)
def test_a_closed_gate_does_not_stop_it(half: GateName) -> None:
    campaign = make_unsaved(state=CampaignState.RELEASING)
    ban = SpotifyError(ErrorReason.QUOTA_EXCEEDED, half=half, retry_after=172_800)
    closing.close(ban, timezone.now() + HARD_STOP)
    work(THE_STOP + 1)
    stopped(campaign)


def remove_key(settings: Settings, keyring_dir: Path, campaign: Campaign) -> None:
    (keyring_dir / f"{campaign.id}.key").unlink()


def damage_key(settings: Settings, keyring_dir: Path, campaign: Campaign) -> None:
    (keyring_dir / f"{campaign.id}.key").write_bytes(b"damaged")


@pytest.mark.parametrize("spoil", [remove_key, damage_key])
@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_a_key_that_does_not_open_does_not_stop_it(
    spoil: Callable[..., None], state: CampaignState, settings: Settings, keyring_dir: Path
) -> None:
    campaign = make_unsaved(state=state)
    spoil(settings, keyring_dir, campaign)
    work(THE_STOP + 1)
    stopped(campaign)


def test_without_the_master_key_permissions_are_erased_all_the_same(
    settings: Settings, tmp_path: Path
) -> None:
    campaign = make_unsaved(state=CampaignState.RELEASING)
    settings.MASTER_KEY_FILE = tmp_path / "nowhere"
    work(THE_STOP + 1)
    assert states(campaign) == {"expired": 3}
    assert not PreSave.objects.exclude(sealed=None).exists()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.FINISHED


def test_a_lease_does_not_stop_it() -> None:
    campaign = make_unsaved(state=CampaignState.RELEASING)
    claim(campaign, later=THE_STOP - 1)
    work(THE_STOP + 1)
    stopped(campaign)


@pytest.mark.parametrize(
    "waits",
    [
        {"attempts": 40},
        {"reason": Reason.REVOKED, "refused_at": timezone.now()},
    ],
)
def test_a_fan_who_is_tried_again_does_not_stop_it(waits: dict[str, Any]) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presaves(campaign, ["a", "b", "c"], due_at=campaign.release_at + 2 * HARD_STOP, **waits)
    work(THE_STOP + 1)
    stopped(campaign)


def test_the_fence_decides_over_a_save_that_is_on_its_way(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    stop = campaign.release_at + HARD_STOP
    on_its_way = save(claim(campaign))
    assert expiring.expire(stop) == 3
    record(on_its_way)
    assert states(campaign) == {"expired": 3}
    check_books(campaign)


def test_a_save_that_was_recorded_before_it_stands(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    record(save(claim(campaign)))
    confirm_sent()
    assert expiring.expire(campaign.release_at + HARD_STOP) == 0
    assert states(campaign) == {"saved": 3}
    check_books(campaign)


def test_a_save_that_no_look_confirmed_is_given_up_as_well(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    record(save(claim(campaign)))
    assert expiring.expire(campaign.release_at + HARD_STOP) == 3
    assert states(campaign) == {"expired": 3}
    assert not PreSave.objects.filter(sent_at=None).exists()
    check_books(campaign)


def test_a_claim_that_comes_after_it_finds_nothing(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    claimed = claim(campaign)
    expiring.expire(campaign.release_at + HARD_STOP)
    assert save(claimed).outcome.sent == {}
    assert sandbox.libraries() == {}


# 180 days.


def test_a_permission_of_180_days_ends_though_its_release_was_moved_again_and_again() -> None:
    now = timezone.now()
    campaign = make_campaign(opened_at=now, scheduled_at=now, release_at=now + LONGEST_LEAD)
    oldest, younger = make_presave(campaign), make_presave(campaign)
    for days in (100, 170, 175):
        moment = now + timedelta(days=days)
        moving.move_release(campaign, moment + LONGEST_LEAD, "UTC", moment, may_expire=2)
    PreSave.objects.filter(id=younger.id).update(consented_at=oldest.consented_at + SECOND)
    due = oldest.consented_at + PERMISSION_LIFETIME
    assert expiring.expire(due - SECOND) == 0
    assert expiring.expire(due) == 1
    oldest.refresh_from_db()
    assert (oldest.state, oldest.reason) == (PreSaveState.EXPIRED, Reason.PERMISSION_AGE)
    assert states(campaign) == {"expired": 1, "pending": 1}
    check_books(campaign)


@pytest.mark.parametrize("reason", [*PauseReason])
def test_a_permission_of_180_days_ends_in_a_paused_campaign_too(reason: PauseReason) -> None:
    now = timezone.now()
    consented = now - PERMISSION_LIFETIME
    campaign = make_campaign(
        opened_at=consented, scheduled_at=now - timedelta(days=6), paused_reason=reason
    )
    make_presave(campaign, consented_at=consented, lease=campaign.id, lease_until=now + HARD_STOP)
    assert expiring.expire(now) == 1
    check_books(campaign)


def test_a_key_whose_deletion_fails_is_tried_again_and_told_to_the_operator(
    keyring_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_campaign(state=CampaignState.FINISHED)
    other = make_campaign(state=CampaignState.CANCELLED)
    path = keyring_dir / f"{campaign.id}.key"
    path.rename(keyring_dir / "elsewhere")
    path.mkdir()  # a directory cannot be unlinked, not even by root

    assert keys.shred_ended(timezone.now()) == 1

    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert f"key not destroyed campaign={campaign.id}" in record.message
    assert "cannot be deleted" in record.message
    other.refresh_from_db()
    campaign.refresh_from_db()
    assert other.key_destroyed_at
    assert campaign.key_destroyed_at is None
    path.rmdir()
    (keyring_dir / "elsewhere").rename(path)
    assert keys.shred_ended(timezone.now()) == 1
    assert not path.exists()


def expired(campaign: Campaign) -> set[str]:
    rows = PreSave.objects.filter(campaign=campaign, state=PreSaveState.EXPIRED)
    return set(rows.values_list("reason", flat=True))


def test_what_is_not_saved_in_seven_days_is_erased() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presaves(campaign, ["a", "b"])
    end = campaign.release_at + HARD_STOP
    assert expiring.expire(end - SECOND) == 0
    assert expiring.expire(end) == 2
    assert expired(campaign) == {Reason.HARD_STOP}
    check_books(campaign)
    assert expiring.expire(end + SECOND) == 0
    check_books(campaign)


def test_a_permission_of_180_days_is_erased_and_younger_ones_stay() -> None:
    now = timezone.now()
    campaign = make_campaign(opened_at=now, release_at=now + LONGEST_LEAD)
    old = make_presave(campaign)
    make_presave(campaign, consented_at=old.consented_at + SECOND)
    assert expiring.expire(old.consented_at + PERMISSION_LIFETIME - SECOND) == 0
    assert expiring.expire(old.consented_at + PERMISSION_LIFETIME) == 1
    assert expired(campaign) == {Reason.PERMISSION_AGE}
    assert states(campaign) == {"expired": 1, "pending": 1}
    check_books(campaign)


def test_a_row_that_a_worker_holds_expires_all_the_same() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    end = campaign.release_at + HARD_STOP
    make_presave(campaign, lease=campaign.id, lease_until=end + timedelta(minutes=1))
    assert expiring.expire(end) == 1
    check_books(campaign)


def test_settled_rows_do_not_expire() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    ended = [state for state in PreSaveState if state != PreSaveState.PENDING]
    for state in ended:
        make_presave(campaign, state=state)
    assert expiring.expire(campaign.release_at + timedelta(days=400)) == 0
    assert states(campaign) == dict.fromkeys(ended, 1)
    check_books(campaign)


def test_a_released_campaign_without_pending_fans_is_finished() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    pending = make_presave(campaign)
    now = timezone.now()
    assert expiring.finish_settled(now) == 0
    PreSave.objects.filter(id=pending.id).update(
        state=PreSaveState.SAVED, sealed=None, settled_at=now
    )
    assert expiring.finish_settled(now) == 1
    campaign.refresh_from_db()
    assert (campaign.state, campaign.finished_at) == ("finished", now)


def test_an_open_campaign_goes_on_though_it_has_no_fans() -> None:
    campaign = make_campaign()
    assert expiring.finish_settled(campaign.release_at) == 0
