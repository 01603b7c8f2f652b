"""Replacing the master key: rotate, rewrap, retire, beside workers that open, make and shred keys,
and cut short at any moment.
"""

from __future__ import annotations

import base64
import os
import random
import stat
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from campaigns.keyring import Keyring, KeyringError, MasterKeyFileReadOnlyError
from campaigns.keyring.durable import LOCK_NAME
from tests.factory import master_key_line


@pytest.fixture
def master_key(tmp_path: Path) -> Path:
    path = tmp_path / "master" / "master.key"
    path.parent.mkdir()
    path.touch(0o600)
    path.write_text(master_key_line("1"))
    path.chmod(0o400)
    return path


@pytest.fixture
def keyring_files(keyring_dir: Path, master_key: Path) -> Keyring:
    return Keyring(keyring_dir, master_key)


def make_keys(keyring_files: Keyring, count: int) -> dict[uuid.UUID, bytes]:
    ids = [uuid.uuid4() for _ in range(count)]
    return {campaign_id: keyring_files.public_key(campaign_id) for campaign_id in ids}


def opened(keyring_files: Keyring) -> dict[uuid.UUID, bytes]:
    return {key: keyring_files.open(key).public_bytes for key in keyring_files.campaign_ids()}


def names(keyring_files: Keyring) -> list[str]:
    return [key.name for key in keyring_files.master_keys]


# Rotate.


def test_rotating_puts_a_fresh_key_in_front_and_keeps_the_others(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys, old = make_keys(keyring_files, 2), keyring_files.current
    new = keyring_files.rotate()
    again = Keyring(keyring_dir, master_key)
    assert names(again) == names(keyring_files) == ["2", "1"]
    assert again.current.fingerprint == new.fingerprint != old.fingerprint
    assert opened(again) == keys
    assert again.wrapped_by() == {old.fingerprint: 2}
    keys |= make_keys(again, 1)
    assert again.wrapped_by() == {old.fingerprint: 2, new.fingerprint: 1}
    assert opened(keyring_files) == keys


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600])
def test_the_file_keeps_its_mode_and_nothing_stays_beside_it(
    mode: int, keyring_files: Keyring, master_key: Path
) -> None:
    master_key.chmod(mode)
    keyring_files.rotate()
    assert stat.S_IMODE(master_key.stat().st_mode) == mode
    assert os.listdir(master_key.parent) == [master_key.name]


def test_a_new_name_is_one_that_is_not_taken(keyring_files: Keyring, master_key: Path) -> None:
    master_key.chmod(0o600)
    master_key.write_text(master_key_line("9") + master_key_line("old-one") + master_key_line("10"))
    assert keyring_files.rotate().name == "11"
    master_key.chmod(0o600)
    master_key.write_text(master_key_line("summer"))
    assert keyring_files.rotate().name == "2"


def test_a_file_that_cannot_be_replaced_stays_as_it_is(
    keyring_files: Keyring, master_key: Path
) -> None:
    """As a secret of docker compose; here its name leaves no room for another beside it."""
    fixed = master_key.rename(master_key.with_name("m" * 245))
    keyring_files = Keyring(keyring_files._directory, fixed)
    before = fixed.read_bytes()
    with pytest.raises(MasterKeyFileReadOnlyError) as caught:
        keyring_files.rotate()
    assert str(fixed) in str(caught.value)
    assert fixed.read_bytes() == before
    assert os.listdir(fixed.parent) == [fixed.name]
    assert names(keyring_files) == ["1"]


# Rewrap.


def test_rewrapping_wraps_every_file_by_the_current_key(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keys = make_keys(keyring_files, 5)
    new = keyring_files.rotate()
    assert keyring_files.rewrap() == (5, [])
    assert keyring_files.wrapped_by() == {new.fingerprint: 5}
    assert opened(keyring_files) == keys
    assert {path.suffix for path in keyring_dir.iterdir()} == {".key", ""}
    assert {stat.S_IMODE(path.stat().st_mode) for path in keyring_dir.iterdir()} == {0o600}


def test_rewrapping_again_changes_nothing(keyring_files: Keyring, keyring_dir: Path) -> None:
    make_keys(keyring_files, 3)
    keyring_files.rotate()
    keyring_files.rewrap()
    before = {path: path.read_bytes() for path in keyring_dir.iterdir()}
    assert keyring_files.rewrap() == (0, [])
    assert {path: path.read_bytes() for path in keyring_dir.iterdir()} == before


def test_a_file_that_cannot_be_rewrapped_is_named_and_holds_no_other_up(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys = make_keys(keyring_files, 3)
    damaged, folder, *_ = keys
    (keyring_dir / f"{damaged}.key").write_bytes(b"damaged")
    (keyring_dir / f"{folder}.key").unlink()
    (keyring_dir / f"{folder}.key").mkdir()
    keyring_files.rotate()
    rewrapped, problems = keyring_files.rewrap()
    assert rewrapped == 1
    assert [str(id) in "".join(problems) for id in keys] == [True, True, False]
    assert (keyring_dir / f"{damaged}.key").read_bytes() == b"damaged"


def test_what_a_killed_worker_left_behind_is_cleared(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    (campaign_id,) = make_keys(keyring_files, 1)
    (keyring_dir / f".{campaign_id}.123.abcd").write_bytes(b"half a file")
    (keyring_dir / ".kept.by.hand").write_bytes(b"not ours")
    keyring_files.rewrap()
    left = {path.name for path in keyring_dir.iterdir()}
    assert left == {f"{campaign_id}.key", ".kept.by.hand", LOCK_NAME}


def _rewrap_until(step: int, directory: Path, master_key: Path) -> None:
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
    keyring_files.rewrap()
    os._exit(0)


def test_a_rewrap_may_die_at_every_step_and_is_run_again(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys = make_keys(keyring_files, 2)
    context, died, step = get_context("fork"), True, 0
    while died:
        step += 1
        keyring_files.rotate()
        child = context.Process(target=_rewrap_until, args=(step, keyring_dir, master_key))
        child.start()
        child.join()
        died = child.exitcode == 9
        assert opened(Keyring(keyring_dir, master_key)) == keys
        again = Keyring(keyring_dir, master_key)
        again.rewrap()
        assert again.wrapped_by() == {again.current.fingerprint: 2}
        assert len({*keyring_dir.iterdir()} - {keyring_dir / LOCK_NAME}) == 2
        again.retire(again.master_keys[1].name)
    assert step > 10


# Retire.


def test_a_master_key_that_wraps_nothing_is_retired(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys = make_keys(keyring_files, 2)
    keyring_files.rotate()
    keyring_files.rewrap()
    keyring_files.retire("1")
    assert names(keyring_files) == names(Keyring(keyring_dir, master_key)) == ["2"]
    assert stat.S_IMODE(master_key.stat().st_mode) == 0o400
    assert opened(Keyring(keyring_dir, master_key)) == keys


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("1", "still wraps 2 of the key files"),
        ("2", "is the current one"),
        ("3", "holds no master key 3"),
        ("", "holds no master key"),
    ],
)
def test_a_master_key_that_is_needed_is_not_retired(
    name: str, sentence: str, keyring_files: Keyring, master_key: Path
) -> None:
    make_keys(keyring_files, 2)
    keyring_files.rotate()
    before = master_key.read_bytes()
    with pytest.raises(KeyringError, match=sentence):
        keyring_files.retire(name)
    assert master_key.read_bytes() == before


def test_no_master_key_is_retired_while_a_file_does_not_tell_which_wraps_it(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    (campaign_id,) = make_keys(keyring_files, 1)
    (keyring_dir / f"{campaign_id}.key").write_bytes(b"damaged")
    keyring_files.rotate()
    with pytest.raises(KeyringError, match=r"1 of the key files .* cannot be read"):
        keyring_files.retire("1")


# Beside workers.


def test_a_worker_that_began_before_a_rotation_opens_everything_after_two(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys = make_keys(keyring_files, 3)
    for _ in range(2):
        operator = Keyring(keyring_dir, master_key)
        retired = operator.current.name
        operator.rotate()
        operator.rewrap()
        operator.retire(retired)
    assert opened(keyring_files) == keys


def test_a_key_made_by_a_worker_that_began_before_is_wrapped_by_the_current_key(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    operator = Keyring(keyring_dir, master_key)
    operator.rotate()
    operator.retire("1")
    keys = make_keys(keyring_files, 1)
    assert opened(Keyring(keyring_dir, master_key)) == keys


def test_no_key_is_made_by_a_master_key_that_the_others_do_not_know(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys = make_keys(keyring_files, 1)
    right = master_key.read_bytes()
    master_key.chmod(0o600)
    master_key.write_text(master_key_line("1"))
    wrong = Keyring(keyring_dir, master_key)
    with pytest.raises(KeyringError, match="no key was made") as caught:
        wrong.public_key(uuid.uuid4())
    assert keyring_files.fingerprint in str(caught.value)
    master_key.write_bytes(right)
    assert opened(Keyring(keyring_dir, master_key)) == keys


def test_a_shredded_key_stays_shredded_beside_a_rewrap(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys = make_keys(keyring_files, 60)
    kept = set(list(keys)[::3])
    doomed = [key for key in keys if key not in kept]
    random.shuffle(doomed)
    ended = Event()

    def rotate() -> int:
        rounds = 0
        while not ended.is_set() or not rounds:
            operator = Keyring(keyring_dir, master_key)
            operator.rotate()
            assert not operator.rewrap()[1]
            rounds += 1
        return rounds

    with ThreadPoolExecutor(3) as pool:
        rotating = pool.submit(rotate)
        for campaign_id in doomed:
            Keyring(keyring_dir, master_key).shred(campaign_id)
            assert not (keyring_dir / f"{campaign_id}.key").exists()
        ended.set()
        assert rotating.result(60)
    assert opened(Keyring(keyring_dir, master_key)) == {key: keys[key] for key in kept}


def test_keys_are_made_and_opened_all_the_time_while_the_master_key_changes(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keys, ended = make_keys(keyring_files, 20), Event()

    def until_ended(act: Callable[[], Any]) -> int:
        done = 0
        while not ended.is_set():
            act()
            done += 1
        return done

    def open_all() -> None:
        # As a worker does: the master keys are read first, the files later.
        worker = Keyring(keyring_dir, master_key)
        assert {key: worker.open(key).public_bytes for key in keys} == keys

    def make_one() -> None:
        # An older one goes, so that the keyring does not grow with the speed of this machine.
        made.update(make_keys(keyring_files, 1))
        if len(made) > 20:
            keyring_files.shred(next(iter(made)))
            del made[next(iter(made))]

    made: dict[uuid.UUID, bytes] = {}
    with ThreadPoolExecutor(3) as pool:
        workers = [pool.submit(until_ended, act) for act in (open_all, open_all, make_one)]
        try:
            for _ in range(10):
                operator = Keyring(keyring_dir, master_key)
                retired = operator.current.name
                operator.rotate()
                operator.rewrap()
                operator.retire(retired)
        finally:
            ended.set()
        assert all(worker.result(60) for worker in workers)
    assert opened(Keyring(keyring_dir, master_key)) == keys | made


# What a master key may not be.


def test_the_mark_that_editors_put_in_front_is_left_out(
    keyring_dir: Path, master_key: Path
) -> None:
    master_key.chmod(0o600)
    line = master_key.read_text()
    keys = opened(Keyring(keyring_dir, master_key))
    master_key.write_text(f"\ufeff{line}", encoding="utf-8")
    assert opened(Keyring(keyring_dir, master_key)) == keys
    master_key.write_text(f"{line}2:é\n", encoding="utf-8")
    with pytest.raises(KeyringError, match="lines of the form"):
        Keyring(keyring_dir, master_key)


def test_two_keys_of_one_name_are_refused(keyring_dir: Path, master_key: Path) -> None:
    master_key.chmod(0o600)
    master_key.write_text(master_key_line("1") + master_key_line("1"))
    with pytest.raises(KeyringError, match="names two keys 1"):
        Keyring(keyring_dir, master_key)


RAW = bytes(range(65, 97))


@pytest.mark.parametrize(
    "secret_key",
    [
        base64.b64encode(RAW).decode(),
        base64.urlsafe_b64encode(RAW).decode().rstrip("="),
        RAW.hex(),
        RAW.decode(),
    ],
)
def test_a_master_key_that_is_secret_key_too_is_refused(
    secret_key: str, keyring_dir: Path, master_key: Path
) -> None:
    """The web process knows SECRET_KEY, and may not be able to open a key file."""
    master_key.chmod(0o600)
    master_key.write_text(f"1:{base64.b64encode(RAW).decode()}")
    with pytest.raises(KeyringError, match="is also in SECRET_KEY") as caught:
        Keyring(keyring_dir, master_key, f"{secret_key}-and-more")
    assert secret_key not in str(caught.value)
    assert names(Keyring(keyring_dir, master_key, "another-secret-key")) == ["1"]
