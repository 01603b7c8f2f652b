"""The keyring's backup: one tar of key files, which the master key still wraps, of what else they
need, and of tombstones.

What is brought back adds to what is there. It replaces no file but a damaged one, takes no
tombstone away, and leaves out every key that was destroyed.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple
from uuid import UUID

from campaigns.keyring import durable, weekly, wrapping
from campaigns.keyring.errors import KeyringError
from campaigns.keyring.files import KEY_SUFFIX
from campaigns.keyring.master import MasterKey
from campaigns.keyring.tombstones import (
    CANCELLED_SUFFIX,
    DIRECTORY,
    ENDED_SUFFIX,
    End,
    Tombstones,
    whole_marks,
)
from campaigns.keyring.weekly import WeeklyKeys
from campaigns.keyring.wrapping import Wrapped

_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY: Final = re.compile(f"({_UUID}){re.escape(KEY_SUFFIX)}")
_ENDED: Final = re.compile(f"{DIRECTORY}/({_UUID}){re.escape(ENDED_SUFFIX)}")
_CANCELLED: Final = re.compile(f"{DIRECTORY}/({_UUID}){re.escape(CANCELLED_SUFFIX)}")
# Weekly keys, which are kept among the key files and wrap them together with the master key.
_WEEKLY: Final = re.compile("weekly-[0-9a-f]{16}")
# Comes last: a tar that was cut short does not always look so.
_WHOLE: Final = "whole"
_BEGINNING: Final = datetime.fromtimestamp(0, UTC)


class Restored(NamedTuple):
    """How many keys were brought back, and how many were refused as they had been destroyed."""

    keys: int
    refused: int


def write(directory: Path, archive: BinaryIO) -> None:
    """Raises KeyringError."""
    try:
        # Nothing is wrapped anew or destroyed meanwhile. Who takes the archive may be slow.
        with durable.locked(directory):
            contents = [(path, _content(path)) for path in _files(directory)]
        with tarfile.open(fileobj=archive, mode="w|") as tar:
            for path, content in contents:
                _add(tar, str(path.relative_to(directory)), content)
            tar.addfile(tarfile.TarInfo(_WHOLE))
    except OSError as error:
        raise KeyringError(f"KEYRING_DIR cannot be backed up: {error.strerror}.") from None


def _files(directory: Path) -> Iterator[Path]:
    yield from sorted(path for path in directory.iterdir() if _is_key(path.name))
    for suffix in (ENDED_SUFFIX, CANCELLED_SUFFIX):
        yield from sorted((directory / DIRECTORY).glob(f"*{suffix}"))


def _is_key(name: str) -> bool:
    return bool(_KEY.fullmatch(name) or _WEEKLY.fullmatch(name))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None  # destroyed meanwhile


def _add(tar: tarfile.TarFile, name: str, content: bytes | None) -> None:
    if content is not None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), 0o600
        tar.addfile(entry, io.BytesIO(content))


def read(directory: Path, archive: BinaryIO, master_keys: Sequence[MasterKey]) -> Restored:
    """Bring back what is missing or damaged. Raises KeyringError, before anything is changed if the
    archive is not whole, or none of these keys opens what would be brought back.
    """
    entries = _entries(archive)
    try:
        _refuse_a_strangers(directory, entries, master_keys)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        tombstones = Tombstones(directory)
        for pattern, bring_back in ((_ENDED, _bury), (_CANCELLED, _mark)):
            for campaign_id, content in _matching(entries, pattern):
                bring_back(tombstones, campaign_id, content)
        return _bring_keys_back(directory, tombstones, entries)
    except OSError as error:
        raise KeyringError(f"KEYRING_DIR cannot be written: {error.strerror}.") from None


def _entries(archive: BinaryIO) -> dict[str, bytes]:
    found = {}
    try:
        with tarfile.open(fileobj=archive, mode="r|") as tar:
            for entry in tar:
                file = tar.extractfile(entry)
                found[entry.name] = file.read() if file else b""
    except (tarfile.TarError, OSError):
        raise KeyringError("This is no backup of the keyring, or it is damaged.") from None
    if found.pop(_WHOLE, None) is None:
        raise KeyringError("This is no backup of the keyring, or it was cut short.")
    for name in found:
        if not (_is_key(name) or _ENDED.fullmatch(name) or _CANCELLED.fullmatch(name)):
            raise KeyringError(f"This is no backup of the keyring: it holds {name!r}.")
    return found


def _refuse_a_strangers(
    directory: Path, entries: Mapping[str, bytes], master_keys: Sequence[MasterKey]
) -> None:
    """Next to a key file that cannot be opened no new key is made."""
    known = {key.fingerprint for key in master_keys}
    for campaign_id, content in _matching(entries, _KEY):
        file, here = wrapping.read(content), directory / f"{campaign_id}{KEY_SUFFIX}"
        is_left_out = _wrapped_in(here) or Tombstones(directory).has_ended(campaign_id)
        if file and file.master not in known and not is_left_out:
            raise KeyringError(
                f"The key file of campaign {campaign_id} in this backup was wrapped by the master "
                f"key {file.master.hex()}, which MASTER_KEY_FILE does not hold. It is the backup "
                "of another instance, or the master key was replaced since: then put its line "
                "back from your offline copy. Nothing was changed."
            )


def _matching(
    entries: Mapping[str, bytes], pattern: re.Pattern[str]
) -> Iterator[tuple[UUID, bytes]]:
    for name, content in entries.items():
        if match := pattern.fullmatch(name):
            yield UUID(match[1]), content


def _bury(tombstones: Tombstones, campaign_id: UUID, content: bytes) -> None:
    try:
        end = End.parse(content)
    except ValueError:
        raise KeyringError(f"The tombstone of campaign {campaign_id} is damaged.") from None
    tombstones.bury(campaign_id, end, _BEGINNING)


def _mark(tombstones: Tombstones, campaign_id: UUID, content: bytes) -> None:
    tombstones.add_marks(campaign_id, whole_marks(content))


def _bring_keys_back(
    directory: Path, tombstones: Tombstones, entries: Mapping[str, bytes]
) -> Restored:
    wanted = dict[Path, bytes]()
    refused = 0
    with durable.locked(directory):
        for campaign_id, content in _matching(entries, _KEY):
            path = directory / f"{campaign_id}{KEY_SUFFIX}"
            if tombstones.has_ended(campaign_id):
                refused += 1
            elif _wrapped_in(path) is None:
                wanted[path] = content
        _bring_back_what_wraps(directory, [*wanted.values()], entries)
        for path, content in wanted.items():
            durable.replace(path, content)
        durable.sync_directory(directory)
    return Restored(len(wanted), refused)


def _bring_back_what_wraps(
    directory: Path, brought_back: Sequence[bytes], entries: Mapping[str, bytes]
) -> None:
    """The weekly keys of these key files, and of those that are there."""
    files = [wrapping.read(content) for content in brought_back]
    files += [_wrapped_in(path) for path in directory.glob(f"*{KEY_SUFFIX}")]
    needed = {file.weekly for file in files if file}
    whole = {key.fingerprint for key in WeeklyKeys(directory).read()}
    for name, content in entries.items():
        week = weekly.parse(content) if _WEEKLY.fullmatch(name) else None
        if week and week.fingerprint in needed - whole:
            durable.replace(directory / name, content)


def _wrapped_in(path: Path) -> Wrapped | None:
    """None when the key file is missing or damaged."""
    try:
        return wrapping.read(durable.read(path))
    except FileNotFoundError:
        return None
