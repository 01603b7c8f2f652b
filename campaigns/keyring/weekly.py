"""Weekly keys: the half of what wraps key files that the worker replaces by itself.

They are kept next to the key files, so that a copy of KEYRING_DIR and the master key, which is kept
elsewhere, open what they opened when the copy was made. When a week is over, its key is overwritten
and removed, and no remnant of a key file that it wrapped can be opened any more.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from campaigns.keyring import durable

FINGERPRINT_BYTES: Final = 8
PREFIX: Final = "weekly-"
_KEY_BYTES: Final = 32
# The number of the week and when it began, in seconds; then the key.
_HEAD: Final = struct.Struct(">QQ")


@dataclass(frozen=True)
class WeeklyKey:
    """`number` counts the weeks. Without `aead` there is no key: the week before the first one, in
    which the master key wraps alone, as version 0.1 had it.
    """

    number: int
    began_at: datetime
    fingerprint: bytes
    aead: AESGCM | None = field(repr=False)


def _fingerprint(raw: bytes) -> bytes:
    return hashlib.sha256(b"presave/weekly-key|" + raw).digest()[:FINGERPRINT_BYTES]


# What a key file says that no weekly key wraps.
NO_WEEKLY_KEY: Final = _fingerprint(b"")


class WeeklyKeys:
    """The files `weekly-<fingerprint>` of a directory. Every method may raise OSError; those that
    write want the directory's lock.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self) -> list[WeeklyKey]:
        """The current one first. Those that were overwritten half-way are none."""
        found = [key for path in self._paths() if (key := _read(path))]
        return sorted(found, key=lambda key: (key.number, key.fingerprint), reverse=True)

    def begin(self, now: datetime, with_key: bool = True) -> None:
        """Begin a week, from now on the current one."""
        number = max((key.number for key in self.read()), default=0) + 1
        raw = os.urandom(_KEY_BYTES) if with_key else b""
        path = self._directory / _name(_fingerprint(raw))
        durable.replace(path, _HEAD.pack(number, int(now.timestamp())) + raw)
        durable.sync_directory(self._directory)

    def destroy_all_but(self, needed: set[bytes]) -> None:
        """Destroy every weekly key but these, and what somebody who died while writing one left
        behind.
        """
        for leftover in self._directory.glob(f".{PREFIX}*.*.*"):
            durable.destroy(leftover)
        for path in self._paths():
            if path.name not in {_name(fingerprint) for fingerprint in needed}:
                durable.destroy(path)
        durable.sync_directory(self._directory)

    def count(self) -> int:
        """How many files there are, whole or not, and begun or not."""
        return len(list(self._directory.glob(f"*{PREFIX}*")))

    def _paths(self) -> Iterator[Path]:
        return self._directory.glob(f"{PREFIX}*")


def parse(content: bytes) -> WeeklyKey | None:
    """None when this is no weekly key."""
    raw = content[_HEAD.size :]
    if len(content) < _HEAD.size or len(raw) not in (0, _KEY_BYTES):
        return None
    number, began_at = _HEAD.unpack_from(content)
    try:
        began = datetime.fromtimestamp(began_at, UTC)
    except (OverflowError, OSError, ValueError):
        return None  # noise has the right length, too
    return WeeklyKey(number, began, _fingerprint(raw), AESGCM(raw) if raw else None)


def _read(path: Path) -> WeeklyKey | None:
    content = b""
    with suppress(FileNotFoundError):  # destroyed meanwhile
        content = path.read_bytes()
    key = parse(content)
    # What was overwritten does not fit its name any more.
    return key if key and path.name == _name(key.fingerprint) else None


def _name(fingerprint: bytes) -> str:
    return f"{PREFIX}{fingerprint.hex()}"
