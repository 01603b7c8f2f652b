"""Keys: made when a campaign opens, checked at a start, destroyed at the end for good."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from pytest_django import Settings

from campaigns import keyring
from campaigns.keyring import KeyringError
from campaigns.keyring.durable import LOCK_NAME
from campaigns.models import HARD_STOP, Campaign, CampaignState, PauseReason, PreSave, PreSaveState
from campaigns.planning.obstacles import PlanningError
from campaigns.planning.transitions import cancel_campaign, open_campaign
from campaigns.retention import expiring, keys
from tests.factory import make_campaign, make_presave, master_key_line
from tests.nights.night import check_books, in_threads, states, work

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

SECOND = timedelta(seconds=1)


def key_files(directory: Path) -> list[str]:
    """And what else lies there, but for the tombstones and the lock."""
    found = directory.iterdir() if directory.exists() else []
    return sorted(path.stem for path in found if path.name not in ("tombstones", LOCK_NAME))


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
            except PlanningError:
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


# The end of a campaign.


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
    agreed = campaign.agreed_digest
    assert key.open(copy_in_a_backup, presave.id, agreed).reveal() == "the-token"
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
    assert key_files(keyring_dir) == []


# A keyring of another database, or none.


def test_a_worker_with_no_key_of_any_live_campaign_does_not_start(
    settings: Settings, tmp_path: Path
) -> None:
    make_campaign(slug="night-bus")
    settings.KEYRING_DIR = tmp_path / "not-mounted"
    with pytest.raises(KeyringError, match=r"no key of any live campaign \(1, as night-bus\)"):
        keys.refuse_strange_keyring()


def test_a_worker_with_one_key_starts_and_pauses_the_others(keyring_dir: Path) -> None:
    make_campaign()
    lost = make_campaign()
    keyring.from_settings().shred(lost.id)
    keys.refuse_strange_keyring()


def test_a_worker_starts_when_all_are_paused_for_that_already(keyring_dir: Path) -> None:
    lost = make_campaign(paused_reason=PauseReason.KEY_MISSING, paused_at=timezone.now())
    keyring.from_settings().shred(lost.id)
    keys.refuse_strange_keyring()


def test_a_worker_starts_without_campaigns(keyring_dir: Path) -> None:
    make_campaign(state=CampaignState.DRAFT)
    keys.refuse_strange_keyring()
