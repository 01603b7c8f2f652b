"""The weekly key: replaced when its week is over, by many at once, killed at any step; nothing that
lives is lost by it, and what it leaves opens nothing.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from campaigns.keyring import KeyFileError, Keyring, archive, wrapping
from campaigns.keyring.durable import LOCK_NAME
from campaigns.keyring.files import FILES_AT_ONCE
from campaigns.keyring.weekly import NO_WEEKLY_KEY, parse
from tests.campaigns.keyring.conftest import CAMPAIGN, OTHER_CAMPAIGN

NOW = datetime(2026, 12, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.fixture
def keyring_files(keyring_dir: Path, master_key: Path) -> Keyring:
    """In its first week with a weekly key."""
    keyring_files = Keyring(keyring_dir, master_key)
    assert keyring_files.renew(NOW, WEEK) == []
    return keyring_files


def make_keys(keyring_files: Keyring, number: int) -> dict[uuid.UUID, bytes]:
    return {id: keyring_files.public_key(id) for id in (uuid.uuid4() for _ in range(number))}


def opened(keyring_files: Keyring) -> dict[uuid.UUID, bytes]:
    return {id: keyring_files.open(id).public_bytes for id in keyring_files.campaign_ids()}


def weekly_files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*weekly-*"))


def numbers(directory: Path) -> list[int]:
    keys = [parse(path.read_bytes()) for path in weekly_files(directory)]
    return sorted(key.number for key in keys if key)


def weeks_in_use(keyring_files: Keyring) -> set[bytes]:
    return set(keyring_files.wrapped_in_week())


def test_a_new_keyring_begins_with_a_weekly_key(keyring_files: Keyring, keyring_dir: Path) -> None:
    keys = make_keys(keyring_files, 2)
    week = keyring_files.current_week
    assert week
    assert week.aead
    assert weeks_in_use(keyring_files) == {week.fingerprint}
    assert opened(keyring_files) == keys


def test_it_is_replaced_when_its_week_is_over_and_not_before(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keys = make_keys(keyring_files, 3)
    [first] = weekly_files(keyring_dir)
    assert keyring_files.renew(NOW + WEEK - SECOND, WEEK) == []
    assert weekly_files(keyring_dir) == [first]

    assert keyring_files.renew(NOW + WEEK, WEEK) == []

    [second] = weekly_files(keyring_dir)
    assert second != first
    assert keyring_files.current_week
    assert weeks_in_use(keyring_files) == {keyring_files.current_week.fingerprint}
    assert opened(keyring_files) == keys
    assert numbers(keyring_dir) == [2]


@pytest.mark.parametrize("wrong", [-400, 400])
def test_a_clock_that_went_wrong_for_once_stops_nothing(
    wrong: int, keyring_files: Keyring, keyring_dir: Path
) -> None:
    keys = make_keys(keyring_files, 1)
    keyring_files.renew(NOW + timedelta(days=wrong), WEEK)
    keyring_files.renew(NOW, WEEK)
    assert numbers(keyring_dir) == [3]
    keyring_files.renew(NOW, WEEK)
    assert numbers(keyring_dir) == [3]
    assert opened(keyring_files) == keys


def test_a_copy_from_before_opens_nothing_once_the_week_is_over(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    """Neither with the present keys nor with the master key, which stays for years."""
    public = keyring_files.public_key(CAMPAIGN)
    kept = (keyring_dir / f"{CAMPAIGN}.key").read_bytes()
    keyring_files.shred(CAMPAIGN)
    keyring_files.public_key(OTHER_CAMPAIGN)
    (keyring_dir / f"{CAMPAIGN}.key").write_bytes(kept)
    assert keyring_files.open(CAMPAIGN).public_bytes == public
    keyring_files.shred(CAMPAIGN)

    keyring_files.renew(NOW + WEEK, WEEK)

    (keyring_dir / f"{CAMPAIGN}.key").write_bytes(kept)
    with pytest.raises(KeyFileError, match="needs the file weekly-"):
        keyring_files.open(CAMPAIGN)


def test_what_was_there_is_overwritten(keyring_files: Keyring, keyring_dir: Path) -> None:
    """Seen through a second name of each file: weekly key, key file, and one that is shredded."""
    make_keys(keyring_files, 1)
    keyring_files.public_key(CAMPAIGN)
    kept = keyring_dir.parent / "kept"
    kept.mkdir()
    before = {path.name: path.read_bytes() for path in keyring_dir.iterdir()}
    for name in before:
        (kept / name).hardlink_to(keyring_dir / name)
    keyring_files.shred(CAMPAIGN)
    keyring_files.renew(NOW + WEEK, WEEK)
    for name, content in before.items():
        after = (kept / name).read_bytes()
        assert len(after) == len(content)
        assert not any(content[at : at + 8] in after for at in range(0, len(content) - 8, 8))


def test_a_file_that_only_its_owner_may_read_is_overwritten_too(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    master_key.chmod(0o400)
    kept = keyring_dir.parent / "kept"
    kept.hardlink_to(master_key)
    before = master_key.read_bytes()
    keyring_files.rotate()
    assert before[2:] not in kept.read_bytes()
    assert before in master_key.read_bytes()
    assert master_key.stat().st_mode & 0o777 == 0o400


def test_of_many_files_some_at_a_time_are_rewrapped(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keys = make_keys(keyring_files, FILES_AT_ONCE + 1)
    keyring_files.renew(NOW + WEEK, WEEK, at_most=1)
    assert len(weeks_in_use(keyring_files)) == 2
    assert numbers(keyring_dir) == [1, 2]
    keyring_files.renew(NOW + WEEK, WEEK, at_most=1)
    assert numbers(keyring_dir) == [2]
    assert opened(keyring_files) == keys


def test_a_weekly_key_that_a_file_may_need_is_not_destroyed(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keys = make_keys(keyring_files, 2)
    damaged = next(iter(keys))
    whole = (keyring_dir / f"{damaged}.key").read_bytes()
    (keyring_dir / f"{damaged}.key").write_bytes(b"damaged")
    [problem] = keyring_files.renew(NOW + WEEK, WEEK)
    assert str(damaged) in problem
    assert numbers(keyring_dir) == [1, 2]
    (keyring_dir / f"{damaged}.key").write_bytes(whole)
    assert keyring_files.renew(NOW + WEEK, WEEK) == []
    assert numbers(keyring_dir) == [2]
    assert opened(keyring_files) == keys


def test_a_weekly_key_that_is_missing_is_named_and_costs_its_files_alone(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keyring_files.public_key(CAMPAIGN)
    [week] = weekly_files(keyring_dir)
    content = week.read_bytes()
    week.unlink()
    keyring_files.renew(NOW, WEEK)
    keyring_files.public_key(OTHER_CAMPAIGN)
    with pytest.raises(KeyFileError, match=f"{week.name} .*Restore it from the keyring's backup"):
        keyring_files.open(CAMPAIGN)
    week.write_bytes(content)
    assert keyring_files.renew(NOW, WEEK) == []
    assert len(opened(keyring_files)) == 2
    assert len(weeks_in_use(keyring_files)) == 1


def test_a_copy_of_a_week_ago_is_restored_on_a_new_server_and_over_a_living_keyring(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path, tmp_path: Path
) -> None:
    keys, backup = make_keys(keyring_files, 2), io.BytesIO()
    archive.write(keyring_dir, backup)
    keyring_files.renew(NOW + WEEK, WEEK)
    (keyring_dir / f"{next(iter(keys))}.key").unlink()
    for directory in (tmp_path / "new", keyring_dir):
        backup.seek(0)
        archive.read(directory, backup, keyring_files.master_keys)
        restored = Keyring(directory, master_key)
        assert opened(restored) == keys
        assert restored.renew(NOW + WEEK, WEEK) == []
        assert opened(restored) == keys
        assert numbers(directory) == [2]


# A keyring of version 0.1.


@pytest.fixture
def older(keyring_dir: Path, master_key: Path) -> Keyring:
    older = Keyring(keyring_dir, master_key)
    older.public_key(CAMPAIGN)
    return older


def test_a_keyring_of_version_0_1_is_taken_over_and_stays_readable_for_a_week(
    older: Keyring, keyring_dir: Path
) -> None:
    before = (keyring_dir / f"{CAMPAIGN}.key").read_bytes()
    public = older.open(CAMPAIGN).public_bytes
    for days in (0, 3, 6):
        older.renew(NOW + timedelta(days=days), WEEK)
        older.public_key(OTHER_CAMPAIGN)
    assert (keyring_dir / f"{CAMPAIGN}.key").read_bytes() == before
    assert weeks_in_use(older) == {NO_WEEKLY_KEY}

    older.renew(NOW + WEEK, WEEK)

    assert older.current_week
    assert older.current_week.aead
    assert weeks_in_use(older) == {older.current_week.fingerprint}
    assert len(weekly_files(keyring_dir)) == 1
    assert older.open(CAMPAIGN).public_bytes == public


def test_a_file_of_version_0_1_that_comes_back_from_a_backup_is_wrapped_anew(
    older: Keyring, keyring_dir: Path
) -> None:
    path = keyring_dir / f"{CAMPAIGN}.key"
    public, kept = older.open(CAMPAIGN).public_bytes, path.read_bytes()
    older.renew(NOW, timedelta())
    path.write_bytes(kept)
    assert older.open(CAMPAIGN).public_bytes == public
    older.renew(NOW, WEEK)
    assert wrapping.read(path.read_bytes()).weekly != NO_WEEKLY_KEY  # type: ignore[union-attr]


# Next to others, and killed.


def _renew_until(step: int, directory: Path, master_key: Path) -> None:
    """Die at so-and-so many touches of a file, without any chance to clean up."""
    touched = 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal touched
        if event in ("open", "os.rename", "os.remove", "os.listdir", "os.scandir"):
            touched += 1
            if touched == step:
                os._exit(9)

    keyring_files = Keyring(directory, master_key)
    sys.addaudithook(count)
    keyring_files.renew(NOW, timedelta())
    os._exit(0)


def test_a_renewal_may_die_at_every_step_and_goes_on(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys = make_keys(keyring_files, 2)
    context, died, step = get_context("fork"), True, 0
    while died:
        step += 1
        child = context.Process(target=_renew_until, args=(step, keyring_dir, master_key))
        child.start()
        child.join()
        died = child.exitcode == 9
        again = Keyring(keyring_dir, master_key)
        assert opened(again) == keys
        assert again.renew(NOW, WEEK) == []
        assert opened(again) == keys
        assert len({*keyring_dir.iterdir()} - {keyring_dir / LOCK_NAME}) == 3
    assert step > 20


def _renew(directory: Path, master_key: Path) -> None:
    for _ in range(5):
        Keyring(directory, master_key).renew(NOW + WEEK, WEEK)


def test_of_many_workers_one_begins_the_week(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys = make_keys(keyring_files, 10)
    context = get_context("fork")
    workers = [context.Process(target=_renew, args=(keyring_dir, master_key)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert numbers(keyring_dir) == [2]
    assert opened(Keyring(keyring_dir, master_key)) == keys


def test_keys_are_opened_all_the_time_while_the_weekly_key_changes(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys, ended = make_keys(keyring_files, 10), Event()
    began_long_ago = Keyring(keyring_dir, master_key)

    def until_ended(act: Callable[[], Any]) -> int:
        done = 0
        while not ended.is_set():
            act()
            done += 1
        return done

    def open_all() -> None:
        worker = Keyring(keyring_dir, master_key)
        assert {key: worker.open(key).public_bytes for key in keys} == keys

    def open_as_before() -> None:
        assert {key: began_long_ago.open(key).public_bytes for key in keys} == keys

    with ThreadPoolExecutor(2) as pool:
        workers = [pool.submit(until_ended, act) for act in (open_all, open_as_before)]
        try:
            for _ in range(20):
                assert Keyring(keyring_dir, master_key).renew(NOW, timedelta()) == []
        finally:
            ended.set()
        assert all(worker.result(60) for worker in workers)


def test_a_backup_under_the_lock_is_whole_while_the_weekly_key_changes(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path, tmp_path: Path
) -> None:
    """With the command that the docs have for it."""
    keys, ended = make_keys(keyring_files, 10), Event()

    def renew() -> None:
        while not ended.is_set():
            Keyring(keyring_dir, master_key).renew(NOW, timedelta())

    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(renew)
        try:
            for number in range(5):
                copy = tmp_path / f"copy-{number}"
                copy.mkdir()
                tar = ["flock", f"{keyring_dir}/.lock", "tar", "-C", f"{keyring_dir}", "-c", "."]
                backup = subprocess.run(tar, check=True, capture_output=True).stdout
                subprocess.run(["tar", "-C", copy, "-x"], input=backup, check=True)
                assert opened(Keyring(copy, master_key)) == keys
        finally:
            ended.set()
        renewing.result(60)
