"""How long things are kept, and that their end is the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.utils import timezone
from pytest_django import Settings

from campaigns import keyring
from campaigns.consent import oauth_state
from campaigns.keyring import KeyringError
from campaigns.models import (
    HARD_STOP,
    LONGEST_LEAD,
    PERMISSION_LIFETIME,
    Campaign,
    CampaignState,
    PauseReason,
    PreSave,
    PreSaveState,
    Reason,
    SpentState,
)
from campaigns.planning import moving
from campaigns.planning.moving import PublishingError
from campaigns.planning.transitions import cancel_campaign, open_campaign
from campaigns.retention import deleting, expiring, keys
from tests.factory import make_campaign, make_presave, make_presaves, master_key_line
from tests.nights.night import check_books, in_threads, states, work

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

SECOND = timedelta(seconds=1)


def key_files(directory: Path) -> list[str]:
    return sorted(path.stem for path in directory.iterdir()) if directory.exists() else []


def expired(campaign: Campaign) -> set[str]:
    rows = PreSave.objects.filter(campaign=campaign, state=PreSaveState.EXPIRED)
    return set(rows.values_list("reason", flat=True))


# Making keys.


def test_an_opened_campaign_gets_its_key_and_goes_live(keyring_dir: Path) -> None:
    campaign = make_campaign(state=CampaignState.DRAFT)
    open_campaign(campaign, timezone.now())
    assert not Campaign.objects.accepting_consents().filter(id=campaign.id).exists()
    assert keys.make_keys() == 1
    campaign.refresh_from_db()
    assert campaign.public_key is not None
    assert keyring.from_settings().open(campaign.id).public_bytes == bytes(campaign.public_key)
    assert Campaign.objects.accepting_consents().filter(id=campaign.id).exists()
    assert key_files(keyring_dir) == [str(campaign.id)]
    assert keys.make_keys() == 0


def test_a_draft_gets_no_key(keyring_dir: Path) -> None:
    make_campaign(state=CampaignState.DRAFT)
    assert keys.make_keys() == 0
    assert key_files(keyring_dir) == []


def test_a_key_whose_row_was_not_written_is_taken_up_again() -> None:
    """The worker died between the file and the commit."""
    campaign = make_campaign(public_key=None)
    public = keyring.from_settings().public_key(campaign.id)
    assert keys.make_keys() == 1
    campaign.refresh_from_db()
    assert bytes(campaign.public_key or b"") == public


def test_a_key_that_cannot_be_made_does_not_hold_others_up(keyring_dir: Path) -> None:
    first, second = make_campaign(public_key=None), make_campaign(public_key=None)
    keyring_dir.mkdir()
    (keyring_dir / f"{first.id}.key").write_bytes(b"damaged")
    assert keys.make_keys() == 1
    second.refresh_from_db()
    assert second.public_key is not None
    assert (keyring_dir / f"{first.id}.key").read_bytes() == b"damaged"


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_that_races_the_key_leaves_no_key_behind(keyring_dir: Path) -> None:
    campaigns = [make_campaign(public_key=None) for _ in range(8)]

    def act(number: int) -> None:
        if number % 2:
            keys.make_keys()
        for campaign in campaigns if number % 2 == 0 else []:
            try:
                cancel_campaign(campaign, timezone.now())
            except PublishingError:
                pass  # the other canceller was there first

    in_threads(4, act)
    assert set(Campaign.objects.values_list("state", flat=True)) == {"cancelled"}
    assert keys.shred_ended(timezone.now()) == 8
    assert keys.make_keys() == 0
    assert key_files(keyring_dir) == []


@pytest.mark.django_db(transaction=True)
def test_a_key_waits_for_a_cancellation_that_came_first(keyring_dir: Path) -> None:
    if connection.vendor == "sqlite":
        return  # there one transaction at a time writes, from its beginning
    campaign = make_campaign(public_key=None)

    def make() -> int:
        try:
            return keys.make_keys()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            cancel_campaign(campaign, timezone.now())
            making = pool.submit(make)
            while not _somebody_waits_for_a_lock():
                assert not making.done()
        assert making.result() == 0
    campaign.refresh_from_db()
    assert campaign.public_key is None
    assert key_files(keyring_dir) == []


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


# Expiry.


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


# The end of a campaign.


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


def test_a_release_that_never_appeared_ends_with_its_key(keyring_dir: Path) -> None:
    campaign = make_campaign(release_at=timezone.now())
    presave = make_presave(campaign)
    sealed = bytes(presave.sealed or b"")
    end = campaign.release_at + HARD_STOP
    _run(end - SECOND)
    assert key_files(keyring_dir) == [str(campaign.id)]
    _run(end)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.FINISHED
    assert campaign.key_destroyed_at == end
    assert states(campaign) == {"expired": 1}
    check_books(campaign)
    assert key_files(keyring_dir) == []
    assert sealed


def _run(now: datetime) -> None:
    expiring.expire(now)
    expiring.finish_settled(now)
    keys.shred_ended(now)


def test_a_cancelled_campaigns_permissions_never_open_again(keyring_dir: Path) -> None:
    campaign = make_campaign()
    presave = make_presave(campaign, "the-token")
    copy_in_a_backup = bytes(presave.sealed or b"")
    key = keyring.from_settings().open(campaign.id)
    assert key.open(copy_in_a_backup, presave.id).reveal() == "the-token"
    cancel_campaign(campaign, timezone.now())
    assert keys.shred_ended(timezone.now()) == 1
    check_books(campaign)
    assert key_files(keyring_dir) == []
    with pytest.raises(KeyringError):
        keyring.from_settings().open(campaign.id)


def test_the_keys_of_living_campaigns_are_not_shredded(keyring_dir: Path) -> None:
    living = [make_campaign(), make_campaign(state=CampaignState.RELEASING)]
    make_campaign(state=CampaignState.FINISHED)
    assert keys.shred_ended(timezone.now()) == 1
    assert key_files(keyring_dir) == sorted(str(campaign.id) for campaign in living)
    assert keys.shred_ended(timezone.now()) == 0


def test_a_shredding_that_was_cut_short_is_done_again(keyring_dir: Path) -> None:
    """The worker died between the file and the row."""
    campaign = make_campaign(state=CampaignState.FINISHED)
    (keyring_dir / f"{campaign.id}.key").unlink()
    assert keys.shred_ended(timezone.now()) == 1
    campaign.refresh_from_db()
    assert campaign.key_destroyed_at is not None


# Checking keys at a start.


def test_keys_that_fit_are_no_problem() -> None:
    make_campaign()
    make_campaign(state=CampaignState.RELEASING)
    make_campaign(state=CampaignState.DRAFT)
    make_campaign(public_key=None)
    make_campaign(state=CampaignState.FINISHED)
    assert keys.verify_keys() == []


def test_a_wrong_master_key_is_refused_and_nothing_changed(
    settings: Settings, keyring_dir: Path, tmp_path: Path
) -> None:
    campaign = make_campaign()
    presave = make_presave(campaign)
    before = (keyring_dir / f"{campaign.id}.key").read_bytes()
    settings.MASTER_KEY_FILE = tmp_path / "another.key"
    settings.MASTER_KEY_FILE.touch(0o600)
    settings.MASTER_KEY_FILE.write_text(master_key_line())
    with pytest.raises(KeyringError, match="Put the right master key back"):
        keys.verify_keys()
    assert (keyring_dir / f"{campaign.id}.key").read_bytes() == before
    presave.refresh_from_db()
    assert presave.is_pending


def test_a_campaigns_broken_key_pauses_it_alone_until_the_key_is_back(
    keyring_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fine, campaign = make_campaign(), make_campaign()
    path = keyring_dir / f"{campaign.id}.key"
    path.rename(keyring_dir / "elsewhere")
    (problem,) = keys.verify_keys()
    assert str(campaign.id) in problem

    keys.check_keys(timezone.now())

    assert problem in caplog.text
    assert list(Campaign.objects.accepting_consents()) == [fine]
    campaign.refresh_from_db()
    assert campaign.paused_reason == PauseReason.KEY_MISSING
    (keyring_dir / "elsewhere").rename(path)
    work()
    assert Campaign.objects.accepting_consents().count() == 2


def test_a_key_of_another_database_does_not_fit(keyring_dir: Path) -> None:
    campaign = make_campaign()
    (keyring_dir / f"{campaign.id}.key").unlink()
    keyring.from_settings().public_key(campaign.id)
    (problem,) = keys.verify_keys()
    assert f"{campaign.slug} does not fit" in problem


def test_a_key_that_was_half_made_is_destroyed_too(keyring_dir: Path) -> None:
    """The worker died after it had given the file its name and before it took the other away."""
    campaign = make_campaign()
    (keyring_dir / f".{campaign.id}.123.abcd").hardlink_to(keyring_dir / f"{campaign.id}.key")
    cancel_campaign(campaign, timezone.now())
    assert keys.shred_ended(timezone.now()) == 1
    assert list(keyring_dir.iterdir()) == []


# Spent states.


def test_spent_states_are_forgotten_when_their_cookie_is_too_old() -> None:
    now = timezone.now()
    for minutes in (1, 9, 11, 30):
        digest = bytes([minutes]) * 32
        SpentState.objects.create(digest=digest, spent_at=now - timedelta(minutes=minutes))
    assert oauth_state.forget_spent_states(now) == 1
    kept = [bytes(state.digest)[0] for state in SpentState.objects.order_by("-spent_at")]
    assert kept == [1, 9, 11]


# Log-ins.


def test_sessions_and_counts_of_attempts_are_deleted_when_they_have_run_out() -> None:
    now = timezone.now()
    session = SessionStore()
    session.create()
    cache.set("attempts:192.0.2.1", 3, timeout=300)
    deleting.forget_log_ins(now + timedelta(minutes=4))
    assert count_of_attempts() == 1
    deleting.forget_log_ins(now + timedelta(minutes=6))
    assert count_of_attempts() == 0
    assert Session.objects.filter(pk=session.session_key).exists()
    deleting.forget_log_ins(now + timedelta(days=15))
    assert not Session.objects.exists()


def count_of_attempts() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM presave_cache")
        return int(cursor.fetchone()[0])


# An artist's acts, where they touch what is kept.


def test_a_moved_release_moves_its_fans_with_it() -> None:
    campaign = make_campaign()
    presave = make_presave(campaign)
    later = campaign.release_at + timedelta(days=3)
    moving.move_release(campaign, later, "Europe/Berlin", timezone.now())
    presave.refresh_from_db()
    assert presave.due_at == later


@pytest.mark.parametrize("state", [CampaignState.FINISHED, CampaignState.CANCELLED])
def test_an_ended_campaign_is_not_cancelled_again(state: Any) -> None:
    with pytest.raises(PublishingError):
        cancel_campaign(make_campaign(state=state), timezone.now())


def test_a_secret_is_never_what_a_row_holds() -> None:
    presave = make_presave(make_campaign(), "the-token")
    assert presave.sealed
    assert b"the-token" not in bytes(presave.sealed)
