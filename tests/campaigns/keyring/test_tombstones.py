"""Tombstones on the disk: whole after a crash, private, and no more of them than are of use."""

from __future__ import annotations

import os
import stat
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from campaigns.keyring import CampaignKey, End, Keyring, KeyringError, Tombstones
from campaigns.keyring.durable import LOCK_NAME
from tests.campaigns.keyring.conftest import CAMPAIGN, OTHER_CAMPAIGN, OTHER_ROW, ROW

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
END = End("finished", NOW)


@pytest.fixture
def tombstones(keyring_dir: Path) -> Tombstones:
    keyring_dir.mkdir()
    return Tombstones(keyring_dir)


def test_a_mark_is_the_same_under_every_master_key_and_of_one_campaign_alone(
    keyring_files: Keyring, key: CampaignKey
) -> None:
    mark = key.mark(ROW)
    keyring_files.rotate()
    keyring_files.rewrap()
    assert keyring_files.open(CAMPAIGN).mark(ROW) == mark
    keyring_files.public_key(OTHER_CAMPAIGN)
    others = {key.mark(OTHER_ROW), keyring_files.open(OTHER_CAMPAIGN).mark(ROW)}
    assert len(others | {mark}) == 3


def test_marks_are_kept_once_and_go_with_the_campaign(tombstones: Tombstones) -> None:
    marks = {bytes([number]) * 32 for number in range(3)}
    assert tombstones.add_marks(CAMPAIGN, marks) == 3
    assert tombstones.add_marks(CAMPAIGN, {*marks, b"x" * 32}) == 1
    assert tombstones.marks(CAMPAIGN) == {*marks, b"x" * 32}
    assert tombstones.number_of_marks(CAMPAIGN) == 4
    assert tombstones.marks(OTHER_CAMPAIGN) == set()

    tombstones.bury(CAMPAIGN, END, NOW - DAY)

    assert tombstones.marks(CAMPAIGN) == set()
    assert tombstones.add_marks(CAMPAIGN, marks) == 0
    assert tombstones.ended() == {CAMPAIGN}
    assert tombstones.end_of(CAMPAIGN) == END


def test_a_mark_that_a_crash_cut_short_is_written_over(tombstones: Tombstones) -> None:
    tombstones.add_marks(CAMPAIGN, {b"a" * 32})
    with (tombstones.directory / f"{CAMPAIGN}.cancelled").open("ab") as file:
        file.write(b"b" * 17)
    assert tombstones.marks(CAMPAIGN) == {b"a" * 32}
    tombstones.add_marks(CAMPAIGN, {b"c" * 32})
    assert tombstones.marks(CAMPAIGN) == {b"a" * 32, b"c" * 32}


def test_the_first_end_counts(tombstones: Tombstones) -> None:
    tombstones.bury(CAMPAIGN, END, NOW - DAY)
    tombstones.bury(CAMPAIGN, End("cancelled", NOW + DAY), NOW - DAY)
    assert tombstones.end_of(CAMPAIGN) == END


def test_tombstones_go_when_no_permission_of_their_time_can_be_alive(
    tombstones: Tombstones,
) -> None:
    long_ago = (NOW - 2 * DAY).timestamp()
    for campaign_id in (CAMPAIGN, OTHER_CAMPAIGN):
        tombstones.bury(campaign_id, END, NOW - DAY)
    lock = tombstones.directory / LOCK_NAME
    for path in (tombstones.directory / f"{CAMPAIGN}.ended", lock):
        os.utime(path, (long_ago, long_ago))
    new = uuid.uuid4()
    tombstones.bury(new, END, NOW - DAY)
    assert tombstones.ended() == {OTHER_CAMPAIGN, new}
    # Without its name it would hold nobody off.
    assert lock.exists()


def test_only_the_worker_can_read_them(tombstones: Tombstones) -> None:
    tombstones.add_marks(CAMPAIGN, {b"a" * 32})
    tombstones.bury(OTHER_CAMPAIGN, END, NOW - DAY)
    assert stat.S_IMODE(tombstones.directory.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tombstones.directory.iterdir()}
    assert modes == {0o600}


def test_a_damaged_tombstone_is_said_to_be_one(tombstones: Tombstones) -> None:
    tombstones.bury(CAMPAIGN, END, NOW - DAY)
    (tombstones.directory / f"{CAMPAIGN}.ended").write_bytes(b"\xff")
    with pytest.raises(KeyringError, match="damaged"):
        tombstones.end_of(CAMPAIGN)
    assert tombstones.has_ended(CAMPAIGN)
