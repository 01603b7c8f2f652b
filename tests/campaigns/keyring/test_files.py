"""Key files and the master key: who reads them, what is refused untouched, what is destroyed."""

from __future__ import annotations

import base64
import fcntl
import os
import stat
import subprocess
import traceback
import uuid
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path, PosixPath
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from campaigns import keyring
from campaigns.keyring import (
    CampaignKey,
    Keyring,
    KeyringError,
    Secret,
    UnreadablePermissionError,
    durable,
)
from tests.campaigns.keyring.conftest import AGREED, CAMPAIGN, OTHER_CAMPAIGN, ROW, TOKEN
from tests.factory import master_key_line

if TYPE_CHECKING:
    from pytest_django import Settings


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.glob("[!.]*")}


def seal(key: CampaignKey, campaign: uuid.UUID = CAMPAIGN, row: uuid.UUID = ROW) -> bytes:
    return keyring.seal(key.public_bytes, Secret(TOKEN), campaign, row, AGREED)


# Key files.


def test_a_key_file_can_be_read_by_its_owner_alone(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keyring_files.public_key(CAMPAIGN)
    (path,) = keyring_dir.glob("[!.]*")
    assert path.name == f"{CAMPAIGN}.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keyring_dir.stat().st_mode) == 0o700


def test_a_key_file_holds_no_bare_key(keyring_files: Keyring, keyring_dir: Path) -> None:
    keyring_files.public_key(CAMPAIGN)
    private = keyring_files.open(CAMPAIGN)._private_key.private_bytes_raw()
    assert private not in files(keyring_dir)[f"{CAMPAIGN}.key"]


def test_the_public_key_stays_the_same(keyring_files: Keyring, keyring_dir: Path) -> None:
    first = keyring_files.public_key(CAMPAIGN)
    before = files(keyring_dir)
    assert keyring_files.public_key(CAMPAIGN) == keyring_files.open(CAMPAIGN).public_bytes == first
    assert files(keyring_dir) == before
    assert keyring_files.public_key(OTHER_CAMPAIGN) != first


def test_a_key_that_another_worker_made_meanwhile_is_not_replaced(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keyring_files.public_key(CAMPAIGN)
    before = files(keyring_dir)
    keyring_files._create(CAMPAIGN)  # as a worker that saw no file a moment ago
    assert files(keyring_dir) == before


def test_threads_that_race_make_one_key(keyring_files: Keyring, keyring_dir: Path) -> None:
    barrier = Barrier(8)

    def make(_: int) -> bytes:
        barrier.wait()
        return keyring_files.public_key(CAMPAIGN)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1
    assert list(files(keyring_dir)) == [f"{CAMPAIGN}.key"]


def _make_in_a_process(directory: Path, master: Path, answers: Any) -> None:
    answers.put(Keyring(directory, master).public_key(CAMPAIGN))


def test_processes_that_race_make_one_key(keyring_dir: Path, master_key: Path) -> None:
    context = get_context("fork")
    answers = context.Queue()
    workers = [
        context.Process(target=_make_in_a_process, args=(keyring_dir, master_key, answers))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    made = {answers.get(timeout=30) for _ in workers}
    for worker in workers:
        worker.join()
    assert len(made) == 1
    assert list(files(keyring_dir)) == [f"{CAMPAIGN}.key"]


def test_after_shredding_nothing_opens(
    keyring_files: Keyring, key: CampaignKey, keyring_dir: Path
) -> None:
    sealed = seal(key)
    keyring_files.shred(CAMPAIGN)
    assert files(keyring_dir) == {}
    with pytest.raises(KeyringError, match=f"campaign {CAMPAIGN} is missing"):
        keyring_files.open(CAMPAIGN)
    keyring_files.public_key(CAMPAIGN)
    with pytest.raises(UnreadablePermissionError):
        keyring_files.open(CAMPAIGN).open(sealed, ROW, AGREED)


def test_shredding_again_changes_nothing(keyring_files: Keyring) -> None:
    keyring_files.public_key(OTHER_CAMPAIGN)
    keyring_files.shred(CAMPAIGN)
    keyring_files.shred(CAMPAIGN)
    assert list(keyring_files.campaign_ids()) == [OTHER_CAMPAIGN]


def test_a_key_that_cannot_be_deleted_is_not_said_to_be_gone(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    (keyring_dir / f"{CAMPAIGN}.key").mkdir()
    with pytest.raises(KeyringError, match="cannot be deleted"):
        keyring_files.shred(CAMPAIGN)


def test_a_keyring_that_vanished_is_reported(keyring_files: Keyring, keyring_dir: Path) -> None:
    keyring_dir.rmdir()
    with pytest.raises(KeyringError, match="KEYRING_DIR"):
        keyring_files.public_key(CAMPAIGN)


def test_a_key_file_of_another_campaign_is_refused(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keyring_files.public_key(CAMPAIGN)
    (keyring_dir / f"{CAMPAIGN}.key").rename(keyring_dir / f"{OTHER_CAMPAIGN}.key")
    with pytest.raises(KeyringError, match="damaged"):
        keyring_files.open(OTHER_CAMPAIGN)


@pytest.mark.parametrize("damage", [b"", b"\x01", b"\x02" + b"x" * 80, b"x" * 69])
def test_a_damaged_key_file_is_refused_and_left_alone(
    damage: bytes, keyring_files: Keyring, keyring_dir: Path
) -> None:
    keyring_files.public_key(CAMPAIGN)
    (keyring_dir / f"{CAMPAIGN}.key").write_bytes(damage)
    with pytest.raises(KeyringError, match=f"campaign {CAMPAIGN} is damaged"):
        keyring_files.public_key(CAMPAIGN)
    assert files(keyring_dir) == {f"{CAMPAIGN}.key": damage}


def test_every_altered_byte_of_a_key_file_is_noticed(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keyring_files.public_key(CAMPAIGN)
    path = keyring_dir / f"{CAMPAIGN}.key"
    content = path.read_bytes()
    for position in range(len(content)):
        altered = bytearray(content)
        altered[position] ^= 1
        path.write_bytes(altered)
        with pytest.raises(KeyringError):
            keyring_files.open(CAMPAIGN)


def test_a_stray_file_does_not_hide_the_keys(keyring_files: Keyring, keyring_dir: Path) -> None:
    keyring_files.public_key(CAMPAIGN)
    (keyring_dir / "README.key").write_text("kept by hand")
    (keyring_dir / "lost+found").mkdir()
    assert list(keyring_files.campaign_ids()) == [CAMPAIGN]


class ReplacedOnceOpened(PosixPath):
    """A file that somebody replaces just when it was opened."""

    contents: tuple[bytes, ...] = (b"second", b"third")

    def open(self, *arguments: Any, **options: Any) -> Any:
        file = super().open(*arguments, **options)
        for content in self.contents[:1]:
            durable.replace(Path(self), content)
        type(self).contents = self.contents[1:]
        return file


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    """Of the one that was opened, nothing may be left."""
    durable.replace(tmp_path / "file", b"first")
    assert durable.read(ReplacedOnceOpened(tmp_path / "file")) == b"third"


# Master keys.


def test_a_wrong_master_key_is_refused_with_both_fingerprints(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    keyring_files.public_key(CAMPAIGN)
    before = files(keyring_dir)
    master_key.write_text(master_key_line("1"))
    wrong = Keyring(keyring_dir, master_key)
    with pytest.raises(KeyringError) as caught:
        wrong.public_key(CAMPAIGN)
    assert keyring_files.fingerprint in str(caught.value)
    assert wrong.fingerprint in str(caught.value)
    assert keyring_files.fingerprint != wrong.fingerprint
    assert files(keyring_dir) == before


def test_an_older_master_key_on_a_later_line_still_opens(
    keyring_files: Keyring, keyring_dir: Path, master_key: Path
) -> None:
    public = keyring_files.public_key(CAMPAIGN)
    older = master_key.read_text()
    master_key.write_text(master_key_line("2") + older)
    rotated = Keyring(keyring_dir, master_key)
    assert rotated.open(CAMPAIGN).public_bytes == public
    assert rotated.fingerprint != keyring_files.fingerprint
    rotated.public_key(OTHER_CAMPAIGN)
    master_key.write_text(older)
    with pytest.raises(KeyringError):
        Keyring(keyring_dir, master_key).open(OTHER_CAMPAIGN)


def test_a_missing_master_key_is_refused(keyring_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="does not exist"):
        Keyring(keyring_dir, tmp_path / "nowhere")
    assert not keyring_dir.exists()


ENCODED = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (ENCODED.encode(), "name:base64"),
        (f":{ENCODED}".encode(), "name:base64"),
        (b"1:", "name:base64"),
        (b"1:not base64", "name:base64"),
        (b"1:" + base64.b64encode(bytes(31)), "name:base64"),
        (b"1:" + base64.b64encode(bytes(33)), "name:base64"),
        (f"1:{ENCODED}\n2:short".encode(), "name:base64"),
        (b"\xff\xfe\x00", "name:base64"),
    ],
)
def test_a_malformed_master_key_is_refused_with_a_sentence(
    content: bytes, sentence: str, keyring_dir: Path, master_key: Path
) -> None:
    master_key.write_bytes(content)
    with pytest.raises(KeyringError, match=sentence) as caught:
        Keyring(keyring_dir, master_key)
    assert str(master_key) in str(caught.value)
    assert ENCODED not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602, 0o666])
def test_a_master_key_that_others_can_read_is_refused(
    mode: int, keyring_dir: Path, master_key: Path
) -> None:
    master_key.chmod(mode)
    with pytest.raises(KeyringError, match=f"chmod 0400 {master_key}"):
        Keyring(keyring_dir, master_key)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440])
def test_a_master_key_of_owner_and_group_is_taken(
    mode: int, keyring_dir: Path, master_key: Path
) -> None:
    master_key.chmod(mode)
    assert Keyring(keyring_dir, master_key).fingerprint


def test_a_keyring_that_is_no_directory_is_refused(master_key: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyringError, match="KEYRING_DIR"):
        Keyring(tmp_path / "file" / "keyring", master_key)


# The web side.


def test_the_web_side_needs_neither_keyring_nor_master_key(
    key: CampaignKey, settings: Settings
) -> None:
    settings.KEYRING_DIR = settings.MASTER_KEY_FILE = Path("/nonexistent/file")
    sealed = seal(key)
    cookie = keyring.seal_cookie("a-secret-key", b"content", "consent")
    assert keyring.open_cookie("a-secret-key", cookie, "consent") == b"content"
    assert key.open(sealed, ROW, AGREED).reveal() == TOKEN
    with pytest.raises(KeyringError):
        keyring.from_settings()


@pytest.mark.parametrize("owner", [0, 12345])
def test_the_lock_is_one_that_nfs_knows_and_of_the_directorys_owner(
    tmp_path: Path, owner: int
) -> None:
    """Linux keeps the lock of a directory, or of a file that is open for reading, on one host."""
    if os.geteuid() != 0 and owner:
        pytest.skip("Only root gives files away")
    if owner:
        os.chown(tmp_path, owner, owner)
    try_to_lock = ["flock", "--nonblock", str(tmp_path / durable.LOCK_NAME), "true"]
    with durable.locked(tmp_path):
        assert subprocess.run(try_to_lock, check=False).returncode == 1
        opened = [
            fcntl.fcntl(int(one.name), fcntl.F_GETFL)
            for one in Path("/proc/self/fd").iterdir()
            if one.exists() and one.samefile(tmp_path / durable.LOCK_NAME)
        ]
        assert [flags & os.O_ACCMODE for flags in opened] == [os.O_RDWR]
    assert subprocess.run(try_to_lock, check=False).returncode == 0
    assert (tmp_path / durable.LOCK_NAME).stat().st_uid == (owner or os.geteuid())
