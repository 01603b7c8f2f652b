"""Somebody reads the whole disk, block by block, and has the present keys too: what is destroyed
stays so.

On a loop device with ext4, which is carved raw. That takes root, or sudo without a password; else
every file that ever had a name in the keyring is kept by another name and read instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import pytest
from cryptography.exceptions import InvalidTag
from django.utils import timezone

from campaigns import keyring
from campaigns.keyring import CampaignKey, Keyring, weekly, wrapping
from campaigns.keyring.weekly import WeeklyKey
from campaigns.models import WEEKLY_KEY_LIFETIME, Campaign, PreSave
from campaigns.planning.transitions import cancel_campaign
from campaigns.retention import keys
from tests.factory import make_campaign, make_presave, master_key_line

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = [pytest.mark.django_db]

SECTOR: Final = 512
NEEDED: Final = (
    "The carving drill needs mkfs.ext4 and a loop device that it may mount: run it as root, or "
    "where sudo asks for no password."
)


class Disk(Protocol):
    directory: Path

    def raw(self) -> bytes: ...


class LoopDevice:
    def __init__(self, directory: Path) -> None:
        self._sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        self.directory, image = directory / "mounted", directory / "image"
        image.write_bytes(bytes(4 * 1024 * 1024))
        self._device = self._run("losetup", "--find", "--show", str(image)).decode().strip()
        try:
            self._run("mkfs.ext4", "-q", self._device)
            self.directory.mkdir()
            self._mount()
            self._run("chown", str(os.geteuid()), str(self.directory))
        except BaseException:
            self.remove()
            raise

    def raw(self) -> bytes:
        """Every byte of the device, once all that was written has reached it."""
        self._run("umount", str(self.directory))
        content = self._run("cat", self._device)
        self._mount()
        return content

    def remove(self) -> None:
        subprocess.run([*self._sudo, "umount", str(self.directory)], check=False)
        self._run("losetup", "--detach", self._device)

    def _mount(self) -> None:
        self._run("mount", self._device, str(self.directory))

    def _run(self, *command: str) -> bytes:
        return subprocess.run([*self._sudo, *command], check=True, capture_output=True).stdout


class KeptFiles:
    def __init__(self, directory: Path) -> None:
        self.directory, self._kept = directory / "files", directory / "kept"
        self.directory.mkdir()
        self._kept.mkdir()

    def raw(self) -> bytes:
        for path in self.directory.rglob("*"):
            by_inode = self._kept / str(path.stat().st_ino)
            if path.is_file() and not by_inode.exists():
                by_inode.hardlink_to(path)
        contents = [path.read_bytes() for path in self._kept.iterdir()]
        return b"".join(content.ljust(SECTOR, b"\0") for content in contents)


@pytest.fixture
def disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Disk]:
    try:
        device = LoopDevice(tmp_path)
    except (OSError, subprocess.CalledProcessError) as error:
        if "CI" in os.environ:
            pytest.fail(f"{NEEDED} ({error})")
        with capsys.disabled():
            sys.stderr.write(f"\n{NEEDED} Here it reads files instead of blocks.\n")
        yield KeptFiles(tmp_path)
        return
    yield device
    device.remove()


@pytest.fixture
def keyring_files(disk: Disk, settings: Settings) -> Keyring:
    """All of it on that disk, the master key too."""
    settings.KEYRING_DIR = disk.directory / "keyring"
    settings.MASTER_KEY_FILE = disk.directory / "master.key"
    settings.MASTER_KEY_FILE.touch(0o600)
    settings.MASTER_KEY_FILE.write_text(master_key_line())
    return keyring.from_settings()


def carve(raw: bytes) -> set[str]:
    """The permissions that open with what the disk holds and with the present master keys."""
    offsets = range(0, len(raw), SECTOR)
    masters = {key.fingerprint: key for key in keyring.from_settings().master_keys}
    weeklies = weekly_keys_in(raw)
    opened = set()
    for length in (69, 93):
        for offset in offsets:
            file = wrapping.read(raw[offset : offset + length])
            if file and file.master in masters:
                master, week = masters[file.master], weeklies.get(file.weekly)
                for campaign in Campaign.objects.all():
                    try:
                        private_key = wrapping.unwrap(campaign.id, file, master, week)
                    except InvalidTag:
                        continue
                    opened |= permissions_of(campaign, CampaignKey(campaign.id, private_key))
    return opened


def weekly_keys_in(raw: bytes) -> dict[bytes, WeeklyKey]:
    found = {}
    for offset in range(0, len(raw), SECTOR):
        if key := weekly.parse(raw[offset : offset + 48]):
            found[key.fingerprint] = key
    return found


SEALED: dict[Campaign, PreSave] = {}


def permissions_of(campaign: Campaign, key: CampaignKey) -> set[str]:
    """From a copy of the rows that somebody took in time."""
    row = SEALED[campaign]
    return {key.open(bytes(row.sealed or b""), row.id, campaign.agreed_digest).reveal()}


@pytest.fixture(autouse=True)
def nothing_is_sealed_yet() -> None:
    SEALED.clear()


def make_campaigns(*tokens: str) -> list[Campaign]:
    campaigns = [make_campaign() for _ in tokens]
    for campaign, token in zip(campaigns, tokens, strict=True):
        SEALED[campaign] = make_presave(campaign, token)
    return campaigns


def end(campaign: Campaign, now: datetime) -> None:
    cancel_campaign(campaign, now)
    assert keys.shred_ended(now) == 1


@pytest.mark.parametrize("of_version_0_1", [False, True])
def test_a_key_file_is_overwritten_where_it_lies(
    of_version_0_1: bool, disk: Disk, keyring_files: Keyring
) -> None:
    now = timezone.now()
    if not of_version_0_1:
        keys.renew_weekly_key(now)
    ended, _ = make_campaigns("ended", "living")
    assert carve(disk.raw()) == {"ended", "living"}

    end(ended, now)

    assert carve(disk.raw()) == {"living"}


def test_what_overwriting_does_not_reach_opens_nothing_after_a_week(
    disk: Disk, keyring_files: Keyring
) -> None:
    """A snapshot, or a block that an SSD or a copy-on-write file system put aside."""
    now = timezone.now()
    keys.renew_weekly_key(now)
    ended, _ = make_campaigns("ended", "living")
    shutil.copy(keyring_files._path(ended.id), disk.directory / "put aside")
    [old_week] = keyring.from_settings().weekly_keys
    assert old_week.fingerprint in weekly_keys_in(disk.raw())
    end(ended, now)
    keys.renew_weekly_key(now + WEEKLY_KEY_LIFETIME - timedelta(seconds=1))
    assert carve(disk.raw()) == {"ended", "living"}, "this is why the weekly key is replaced"

    keys.renew_weekly_key(now + WEEKLY_KEY_LIFETIME)

    after = disk.raw()
    assert carve(after) == {"living"}
    assert old_week.fingerprint not in weekly_keys_in(after)


def test_a_retired_master_key_is_nowhere_on_the_disk(disk: Disk, keyring_files: Keyring) -> None:
    make_campaigns("living")
    retired = (disk.directory / "master.key").read_bytes()[2:]
    assert retired in disk.raw()
    keyring_files.rotate()
    keyring_files.rewrap()
    keyring_files.retire("1")
    raw = disk.raw()
    assert retired not in raw
    assert carve(raw) == {"living"}
