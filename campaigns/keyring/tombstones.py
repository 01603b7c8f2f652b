"""Tombstones: what has ended, kept next to the key files, so that neither an older database nor an
older key file brings it back.

An ended campaign leaves a small file. A fan who cancels leaves a mark in a file of the campaign:
see CampaignKey.mark. Those marks go with the campaign's key, without which they tell nobody
anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from campaigns.keyring import durable
from campaigns.keyring.errors import KeyringError
from campaigns.keyring.sealing import MARK_BYTES

DIRECTORY: Final = "tombstones"
ENDED_SUFFIX: Final = ".ended"
CANCELLED_SUFFIX: Final = ".cancelled"


class End(NamedTuple):
    """How a campaign ended, as its state says, and when its key was destroyed for that."""

    state: str
    at: datetime

    @classmethod
    def parse(cls, content: bytes) -> End:
        """Raises ValueError."""
        state, at = content.decode().split()
        return cls(state, datetime.fromisoformat(at))

    def __bytes__(self) -> bytes:
        return f"{self.state} {self.at.isoformat()}\n".encode()


class Tombstones:
    """Every method may raise KeyringError. The directory is made with the first tombstone."""

    def __init__(self, keyring_directory: Path) -> None:
        self.directory = keyring_directory / DIRECTORY

    def bury(self, campaign_id: UUID, end: End, outdated_before: datetime) -> None:
        """Note that the campaign has ended, for good; the first time counts. What was noted before
        `outdated_before` is of no use to anybody, and goes.
        """
        with self._changing():
            self._clear(outdated_before)
            path = self._path(campaign_id, ENDED_SUFFIX)
            if not path.exists():
                durable.replace(path, bytes(end))
            self._path(campaign_id, CANCELLED_SUFFIX).unlink(missing_ok=True)

    def has_ended(self, campaign_id: UUID) -> bool:
        return os.path.exists(self._path(campaign_id, ENDED_SUFFIX))

    def end_of(self, campaign_id: UUID) -> End:
        """Of a campaign that has ended."""
        path = self._path(campaign_id, ENDED_SUFFIX)
        try:
            return End.parse(path.read_bytes())
        except OSError as error:
            raise KeyringError(f"{path} cannot be read: {error.strerror}.") from None
        except ValueError:
            raise KeyringError(f"{path} is damaged. Restore it from a backup.") from None

    def ended(self) -> set[UUID]:
        return set(self._campaigns_with(ENDED_SUFFIX))

    def marks(self, campaign_id: UUID) -> set[bytes]:
        """The marks of the fans who cancelled."""
        path = self._path(campaign_id, CANCELLED_SUFFIX)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise KeyringError(f"{path} cannot be read: {error.strerror}.") from None
        return whole_marks(content)

    def number_of_marks(self, campaign_id: UUID) -> int:
        try:
            return self._path(campaign_id, CANCELLED_SUFFIX).stat().st_size // MARK_BYTES
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise KeyringError(f"The tombstones cannot be read: {error.strerror}.") from None

    def add_marks(self, campaign_id: UUID, marks: Set[bytes]) -> int:
        """Keep those that are not kept yet; returns how many. None of a campaign that has ended."""
        if marks <= self.marks(campaign_id):
            return 0
        with self._changing():
            if self.has_ended(campaign_id):
                return 0
            new = marks - self.marks(campaign_id)
            if new:
                self._append(self._path(campaign_id, CANCELLED_SUFFIX), b"".join(sorted(new)))
        return len(new)

    def _append(self, path: Path, content: bytes) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            size = os.fstat(descriptor).st_size
            # A mark that a crash cut short is written over: it comes again.
            file.seek(size - size % MARK_BYTES)
            file.write(content)
            file.flush()
            os.fsync(descriptor)

    def _clear(self, outdated_before: datetime) -> None:
        for path in {*self.directory.iterdir()} - {self.directory / durable.LOCK_NAME}:
            if path.stat().st_mtime < outdated_before.timestamp():
                path.unlink(missing_ok=True)

    def _campaigns_with(self, suffix: str) -> Iterator[UUID]:
        try:
            names = sorted(self.directory.glob(f"*{suffix}"))
        except OSError as error:
            raise KeyringError(f"The tombstones cannot be read: {error.strerror}.") from None
        for name in names:
            try:
                yield UUID(name.stem)
            except ValueError:
                continue  # a file that somebody else put here

    def _path(self, campaign_id: UUID, suffix: str) -> Path:
        return self.directory / f"{campaign_id}{suffix}"

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Alone, and on the disk when it is done."""
        try:
            self.directory.mkdir(mode=0o700, exist_ok=True)
            with durable.locked(self.directory):
                yield
                durable.sync_directory(self.directory)
                durable.sync_directory(self.directory.parent)
        except OSError as error:
            raise KeyringError(
                f"The tombstones in {self.directory} cannot be written: {error.strerror}."
            ) from None


def whole_marks(content: bytes) -> set[bytes]:
    """Without what a crash cut short."""
    ends = range(MARK_BYTES, len(content) + 1, MARK_BYTES)
    return {content[end - MARK_BYTES : end] for end in ends}
