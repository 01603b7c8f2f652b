"""The keyring's backup: brings back what is missing, and nothing that was destroyed."""

from __future__ import annotations

import io
import os
import shutil
import stat
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from campaigns.keyring import End, KeyFileError, Keyring, KeyringError, archive
from campaigns.keyring.master import MasterKeyFile
from tests.campaigns.keyring.conftest import CAMPAIGN, OTHER_CAMPAIGN
from tests.factory import master_key_line

NOW = datetime(2026, 12, 4, 12, tzinfo=UTC)
END = End("cancelled", NOW)


def backup_of(directory: Path) -> io.BytesIO:
    backup = io.BytesIO()
    archive.write(directory, backup)
    return io.BytesIO(backup.getvalue())


def bring_back(directory: Path, backup: io.BytesIO) -> archive.Restored:
    """Next to the directory lies the master key of the tests."""
    masters = MasterKeyFile(directory.parent / "master.key").read()
    return archive.read(directory, backup, masters)


def end(keyring_files: Keyring) -> None:
    keyring_files.tombstones.bury(CAMPAIGN, END, datetime.fromtimestamp(0, UTC))
    keyring_files.shred(CAMPAIGN)


def test_a_lost_keyring_comes_back_whole(keyring_files: Keyring, keyring_dir: Path) -> None:
    public = {keyring_files.public_key(one) for one in (CAMPAIGN, OTHER_CAMPAIGN)}
    keyring_files.tombstones.add_marks(CAMPAIGN, {b"a" * 32})
    (keyring_dir / f".{CAMPAIGN}.1.leftover").touch()
    backup = backup_of(keyring_dir)
    shutil.rmtree(keyring_dir)

    assert bring_back(keyring_dir, backup) == (2, 0)

    found = {keyring_files.open(one).public_bytes for one in (CAMPAIGN, OTHER_CAMPAIGN)}
    assert found == public
    assert keyring_files.tombstones.marks(CAMPAIGN) == {b"a" * 32}
    paths = [path for path in keyring_dir.rglob("[!.]*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert len(paths) == 3


def test_a_key_that_was_destroyed_since_stays_out(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keyring_files.public_key(CAMPAIGN)
    before = backup_of(keyring_dir)
    end(keyring_files)
    after = backup_of(keyring_dir)

    assert bring_back(keyring_dir, before) == (0, 1)
    assert list(keyring_files.campaign_ids()) == []

    shutil.rmtree(keyring_dir)
    bring_back(keyring_dir, after)
    before.seek(0)
    assert bring_back(keyring_dir, before) == (0, 1)
    assert keyring_files.tombstones.end_of(CAMPAIGN) == END


def test_what_is_there_stays_as_it_is(keyring_files: Keyring, keyring_dir: Path) -> None:
    keyring_files.public_key(CAMPAIGN)
    keyring_files.tombstones.add_marks(CAMPAIGN, {b"a" * 32})
    backup = backup_of(keyring_dir)
    keyring_files.rotate()
    keyring_files.rewrap()
    keyring_files.tombstones.add_marks(CAMPAIGN, {b"b" * 32})
    rewrapped = (keyring_dir / f"{CAMPAIGN}.key").read_bytes()

    assert bring_back(keyring_dir, backup) == (0, 0)

    assert (keyring_dir / f"{CAMPAIGN}.key").read_bytes() == rewrapped
    assert keyring_files.tombstones.marks(CAMPAIGN) == {b"a" * 32, b"b" * 32}


@pytest.mark.parametrize("name", ["*.key", "weekly-*"])
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x")])
def test_a_file_that_is_missing_or_damaged_is_replaced(
    keyring_files: Keyring,
    keyring_dir: Path,
    master_key: Path,
    name: str,
    damage: Callable[[Path], object],
) -> None:
    keyring_files.renew(NOW, timedelta(days=7))
    public = keyring_files.public_key(CAMPAIGN)
    backup = backup_of(keyring_dir)
    (path,) = keyring_dir.glob(name)
    damage(path)

    with pytest.raises(KeyFileError):
        Keyring(keyring_dir, master_key).open(CAMPAIGN)

    bring_back(keyring_dir, backup)

    assert Keyring(keyring_dir, master_key).open(CAMPAIGN).public_bytes == public


def test_a_weekly_key_that_nothing_needs_stays_destroyed(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    keyring_files.renew(NOW, timedelta(days=7))
    keyring_files.public_key(CAMPAIGN)
    backup = backup_of(keyring_dir)
    keyring_files.renew(NOW + timedelta(days=7), timedelta(days=7))
    (week,) = keyring_dir.glob("weekly-*")

    bring_back(keyring_dir, backup)

    assert list(keyring_dir.glob("weekly-*")) == [week]


def tar_of(name: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name))
        tar.addfile(tarfile.TarInfo("whole"))
    return content.getvalue()


@pytest.mark.usefixtures("master_key")
@pytest.mark.parametrize(
    "content",
    [b"", b"no tar", tar_of(f"../{CAMPAIGN}.key"), tar_of(f"/{CAMPAIGN}.key"), tar_of("notes")],
)
def test_another_file_is_refused_and_changes_nothing(content: bytes, keyring_dir: Path) -> None:
    with pytest.raises(KeyringError, match="no backup of the keyring"):
        bring_back(keyring_dir, io.BytesIO(content))
    assert not keyring_dir.exists()


def test_a_backup_that_was_cut_short_is_refused(
    keyring_files: Keyring, keyring_dir: Path, tmp_path: Path
) -> None:
    for campaign_id in (CAMPAIGN, OTHER_CAMPAIGN):
        keyring_files.public_key(campaign_id)
    whole = backup_of(keyring_dir).getvalue()
    for length in range(0, 2560, 128):
        with pytest.raises(KeyringError, match="no backup of the keyring"):
            bring_back(tmp_path / "new", io.BytesIO(whole[:length]))
    assert not (tmp_path / "new").exists()


def test_a_backup_whose_reader_is_slow_holds_nobody_up(
    keyring_files: Keyring, keyring_dir: Path
) -> None:
    """As one that is sent elsewhere, or whose command was stopped by Ctrl-Z."""
    keyring_files.public_key(CAMPAIGN)
    marks = {number.to_bytes(32, "big") for number in range(10_000)}
    keyring_files.tombstones.add_marks(CAMPAIGN, marks)
    read, write = os.pipe()

    def back_up() -> None:
        with open(write, "wb") as into:
            archive.write(keyring_dir, into)

    with ThreadPoolExecutor(1) as pool, open(read, "rb", buffering=0) as pipe:
        writing = pool.submit(back_up)
        assert pipe.read(1)  # what is left fills the pipe
        keyring_files.shred(CAMPAIGN)
        while pipe.read(65536):
            pass
        writing.result(60)


def test_keys_that_another_master_key_wraps_are_refused_and_nothing_is_changed(
    keyring_files: Keyring, keyring_dir: Path, tmp_path: Path
) -> None:
    """As those of another instance: with them here, no campaign would get a key."""
    another = tmp_path / "another"
    another.mkdir()
    (another / "master.key").touch(0o600)
    (another / "master.key").write_text(master_key_line("1"))
    theirs = Keyring(another / "keyring", another / "master.key")
    theirs.public_key(CAMPAIGN)
    theirs.tombstones.bury(OTHER_CAMPAIGN, END, datetime.fromtimestamp(0, UTC))
    backup = backup_of(another / "keyring")

    with pytest.raises(KeyringError, match=f"{theirs.fingerprint}.+Nothing was changed"):
        bring_back(keyring_dir, backup)
    assert list(keyring_dir.iterdir()) == []

    # A key that is here needs none of the backup, whatever wraps it there.
    backup.seek(0)
    keyring_files.public_key(CAMPAIGN)
    assert bring_back(keyring_dir, backup) == (0, 0)
