"""What has ended stays ended, whatever an older database or keyring says."""

from __future__ import annotations

import logging
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from django.utils import timezone

from campaigns import keyring
from campaigns.consent import receipts
from campaigns.keyring import End, KeyFileError
from campaigns.keyring.sealing import MARK_BYTES
from campaigns.models import (
    PERMISSION_LIFETIME,
    Campaign,
    CampaignState,
    DailyCount,
    Message,
    PreSave,
    PreSaveState,
    Reason,
)
from campaigns.planning.transitions import cancel_campaign
from campaigns.release.maintenance import Shift, run_maintenance
from campaigns.retention import keys, tombstones
from campaigns.status import endings
from tests.factory import make_campaign, make_presave, make_presaves
from tests.nights.night import check_books, states

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]


def maintain() -> None:
    run_maintenance(Shift(timezone.now() + timedelta(seconds=20), Event(), timezone.now))


def take_back(row: PreSave) -> None:
    """To what an older database says of a fan who has cancelled."""
    before = {"state": PreSaveState.PENDING, "reason": Reason.NONE, "settled_at": None}
    PreSave.objects.filter(id=row.id).update(**before, sealed=row.sealed)
    DailyCount.objects.filter(campaign=row.campaign).update(cancelled=0)


def take_back_the_end(campaign: Campaign, rows: list[PreSave]) -> None:
    before = {"state": campaign.state, "finished_at": None, "cancelled_at": None}
    Campaign.objects.filter(id=campaign.id).update(**before, key_destroyed_at=None)
    for row in rows:
        take_back(row)


def test_a_fan_who_cancelled_is_cancelled_again_in_an_older_database() -> None:
    campaign = make_campaign()
    row, other = make_presaves(campaign, ["a", "b"])
    receipts.cancel(row.id, timezone.now())
    maintain()
    take_back(row)

    maintain()

    row.refresh_from_db()
    assert (row.state, row.reason, row.sealed) == ("cancelled", Reason.BY_FAN, None)
    other.refresh_from_db()
    assert other.is_pending
    check_books(campaign)


def test_a_worker_that_starts_on_an_older_database_cancels_before_it_claims() -> None:
    campaign = make_campaign()
    row = make_presave(campaign)
    receipts.cancel(row.id, timezone.now())
    maintain()
    take_back(row)
    tombstones._last_looks.clear()

    tombstones.begin(timezone.now())

    assert states(campaign) == {"cancelled": 1}


def test_a_cancellation_is_beside_the_keys_after_the_next_maintenance(keyring_dir: Path) -> None:
    campaign = make_campaign()
    rows = make_presaves(campaign, ["a", "b", "c"])
    files = keyring.from_settings()
    for number, row in enumerate(rows, 1):
        receipts.cancel(row.id, timezone.now())
        maintain()
        assert files.tombstones.number_of_marks(campaign.id) == number
    content = (keyring_dir / "tombstones" / f"{campaign.id}.cancelled").read_bytes()
    for row in rows:
        for told in (row.id.bytes, row.id.hex.encode(), bytes(row.receipt_hash)):
            assert told not in content
    assert files.tombstones.marks(campaign.id) == {
        files.open(campaign.id).mark(row.id) for row in rows
    }


def test_a_cancellation_dated_before_the_last_look_and_committed_after_it_is_not_missed() -> None:
    campaign = make_campaign()
    row = make_presave(campaign)
    before = timezone.now()
    maintain()
    receipts.cancel(row.id, before - timedelta(seconds=30))
    maintain()
    assert keyring.from_settings().tombstones.number_of_marks(campaign.id) == 1


def test_cancellations_wait_for_a_key_that_is_missing(keyring_dir: Path) -> None:
    campaign = make_campaign()
    row = make_presave(campaign)
    maintain()
    path = keyring_dir / f"{campaign.id}.key"
    key = path.read_bytes()
    path.unlink()
    receipts.cancel(row.id, timezone.now() - tombstones.LONGEST_COMMIT)
    maintain()
    path.write_bytes(key)
    maintain()
    assert keyring.from_settings().tombstones.number_of_marks(campaign.id) == 1


def test_marks_of_rows_that_are_in_no_database_are_looked_for_once(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    campaign = make_campaign()
    row = make_presave(campaign)
    receipts.cancel(row.id, timezone.now())
    maintain()
    PreSave.objects.all().delete()
    DailyCount.objects.all().delete()
    make_presave(campaign)
    tombstones.look(timezone.now())
    with django_assert_num_queries(4):  # type: ignore[operator]  # no query for the rows that wait
        tombstones.look(timezone.now())


@pytest.mark.parametrize("has_finished", [True, False])
def test_a_campaign_that_ended_ends_again_in_an_older_database(
    has_finished: bool, keyring_dir: Path
) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    rows = make_presaves(campaign, ["a", "b"])
    key = (keyring_dir / f"{campaign.id}.key").read_bytes()
    if has_finished:
        for row in rows:
            PreSave.objects.filter(id=row.id).end(PreSaveState.SAVED, Reason.NONE, timezone.now())
        ended = {"state": CampaignState.FINISHED, "finished_at": timezone.now()}
        Campaign.objects.filter(id=campaign.id).update(**ended)
    else:
        cancel_campaign(campaign, timezone.now())
    maintain()
    destroyed_at = Campaign.objects.get().key_destroyed_at
    take_back_the_end(campaign, rows)
    (keyring_dir / f"{campaign.id}.key").write_bytes(key)

    tombstones._last_looks.clear()
    tombstones.begin(timezone.now())

    restored = Campaign.objects.get()
    assert restored.state == (CampaignState.FINISHED if has_finished else CampaignState.CANCELLED)
    assert restored.key_destroyed_at == destroyed_at
    how = ("failed", Reason.RESTORED) if has_finished else ("cancelled", Reason.CAMPAIGN_CANCELLED)
    found = PreSave.objects.values_list("state", "reason", "sealed")
    assert [*found] == [(*how, None), (*how, None)]
    check_books(campaign)
    assert not (keyring_dir / f"{campaign.id}.key").exists()


def test_a_label_is_not_told_of_an_end_whose_outcome_was_lost() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign)
    tombstones.bury(keyring.from_settings(), campaign.id, timezone.now())
    path = keyring.from_settings().tombstones.directory / f"{campaign.id}.ended"
    path.write_bytes(bytes(keyring.End("finished", timezone.now())))
    maintain()
    ended = Campaign.objects.get()
    assert ended.failures == {Reason.RESTORED: 1}
    assert not Message.objects.exists()
    totals = DailyCount.objects.totals_of(campaign.id)
    assert endings.done(ended, totals, timezone.now()) == (
        "The campaign has ended. What became of 1 pre-save was lost when the database was restored "
        "from a backup."
    )


def test_a_draft_that_had_run_is_cancelled_in_a_database_from_before_it_opened() -> None:
    campaign = make_campaign()
    cancel_campaign(campaign, timezone.now())
    maintain()
    Campaign.objects.update(
        state=CampaignState.DRAFT, opened_at=None, scheduled_at=None, cancelled_at=None,
        public_key=None, key_destroyed_at=None,
    )  # fmt: skip
    maintain()
    assert Campaign.objects.get().state == CampaignState.CANCELLED


def test_a_key_that_came_back_after_its_tombstone_had_gone_is_destroyed_again(
    keyring_dir: Path,
) -> None:
    campaign = make_campaign(state=CampaignState.CANCELLED)
    Campaign.objects.filter(id=campaign.id).update(
        key_destroyed_at=timezone.now() - PERMISSION_LIFETIME
    )
    path = keyring_dir / f"{campaign.id}.key"
    path.touch()
    maintain()
    assert not path.exists()


def test_a_key_of_a_campaign_that_is_in_no_database_any_more_is_destroyed_again(
    keyring_dir: Path,
) -> None:
    ended, unknown = uuid4(), uuid4()
    files = keyring.from_settings()
    for campaign_id in (ended, unknown):
        files.public_key(campaign_id)
    files.tombstones.bury(ended, End("cancelled", timezone.now()), timezone.now())
    maintain()
    assert set(files.campaign_ids()) == {unknown}


def test_a_key_that_came_back_opens_nothing_and_is_destroyed_again(
    keyring_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_campaign()
    path = keyring_dir / f"{campaign.id}.key"
    key = path.read_bytes()
    cancel_campaign(campaign, timezone.now())
    assert keys.shred_ended(timezone.now()) == 1
    path.write_bytes(key)

    with pytest.raises(KeyFileError, match="was destroyed when the campaign ended"):
        keyring.from_settings().open(campaign.id)
    with caplog.at_level(logging.WARNING, logger="campaigns.retention.tombstones"):
        tombstones.look(timezone.now())

    assert not path.exists()
    assert f"key destroyed again campaign={campaign.id}" in caplog.text


def test_what_ended_before_there_were_tombstones_gets_one(keyring_dir: Path) -> None:
    now = timezone.now()
    campaign = make_campaign(state=CampaignState.CANCELLED, key_destroyed_at=now)
    old = make_campaign(state=CampaignState.CANCELLED, key_destroyed_at=now - PERMISSION_LIFETIME)
    tombstones.begin(now)
    files = keyring.from_settings().tombstones
    assert files.ended() == {campaign.id}
    assert files.end_of(campaign.id).state == "cancelled"
    assert not files.has_ended(old.id)


def test_a_damaged_tombstone_holds_nobody_else_up(
    keyring_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    campaign, other = make_campaign(), make_campaign()
    row = make_presave(other)
    files = keyring.from_settings()
    (keyring_dir / "tombstones").mkdir()
    (keyring_dir / "tombstones" / f"{campaign.id}.ended").write_bytes(b"what is this")
    receipts.cancel(row.id, timezone.now())
    maintain()
    assert "tombstone unusable" in caplog.text
    assert files.tombstones.number_of_marks(other.id) == 1
    with pytest.raises(KeyFileError):
        files.open(campaign.id)


def test_a_key_is_destroyed_where_no_tombstone_can_be_written(
    keyring_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_campaign()
    cancel_campaign(campaign, timezone.now())
    (keyring_dir / "tombstones").touch()  # in place of the directory
    assert keys.shred_ended(timezone.now()) == 0
    assert not (keyring_dir / f"{campaign.id}.key").exists()
    assert "key not destroyed" in caplog.text
    (keyring_dir / "tombstones").unlink()
    assert keys.shred_ended(timezone.now()) == 1
    assert keyring.from_settings().tombstones.has_ended(campaign.id)


def test_what_the_marks_say_counts_where_no_more_can_be_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    campaign = make_campaign()
    row, other = make_presaves(campaign, ["a", "b"])
    receipts.cancel(row.id, timezone.now())
    maintain()
    take_back(row)
    receipts.cancel(other.id, timezone.now())
    DailyCount.objects.filter(campaign=campaign).update(cancelled=0)
    PreSave.objects.filter(id=other.id).update(settled_at=timezone.now() - timedelta(hours=1))
    tombstones._last_looks.clear()
    with files_that_stop_growing_at(MARK_BYTES):
        tombstones.begin(timezone.now())
    row.refresh_from_db()
    assert row.state == PreSaveState.CANCELLED
    assert "cancellations not copied" in caplog.text
    assert keyring.from_settings().tombstones.number_of_marks(campaign.id) == 1

    maintain()
    assert keyring.from_settings().tombstones.number_of_marks(campaign.id) == 2


@contextmanager
def files_that_stop_growing_at(size: int) -> Iterator[None]:
    """As on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_nothing_happens_to_what_has_not_ended(keyring_dir: Path) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign)
    tombstones.begin(timezone.now())
    tombstones.look(timezone.now())
    assert states(campaign) == {"pending": 1}
    assert not (keyring_dir / "tombstones").exists()
    shutil.rmtree(keyring_dir)
