"""The directory of key files: one for each campaign, its private key wrapped by the master key and
the week's.

A process that makes, rewraps or shreds a file holds the lock of the directory; reading needs none,
because a file changes all at once.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Set
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from campaigns.keyring import durable, wrapping
from campaigns.keyring.errors import KeyFileError, KeyringError
from campaigns.keyring.master import MasterKey, MasterKeyFile, next_name
from campaigns.keyring.sealing import CampaignKey
from campaigns.keyring.tombstones import Tombstones
from campaigns.keyring.weekly import NO_WEEKLY_KEY, WeeklyKey, WeeklyKeys
from campaigns.keyring.wrapping import Wrapped

KEY_SUFFIX: Final = ".key"
UNREADABLE: Final = b""
FILES_AT_ONCE: Final = 20


class UnknownMasterKeyError(KeyringError):
    """A key file was wrapped by a master key that MASTER_KEY_FILE does not hold."""


class Keyring:
    """The worker's keys. Every method may raise KeyringError."""

    def __init__(self, directory: Path, master_key_file: Path, secret_key: str = "") -> None:
        self._directory = directory
        self.tombstones = Tombstones(directory)
        self._master_key_file = MasterKeyFile(master_key_file, secret_key)
        self._weekly_key_files = WeeklyKeys(directory)
        self.master_keys = self._master_key_file.read()
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KeyringError(
                f"KEYRING_DIR {directory} cannot be used: {error.strerror}."
            ) from None
        self.weekly_keys = self._read_weekly_keys()

    @property
    def fingerprint(self) -> str:
        return self.current.fingerprint.hex()

    @property
    def current(self) -> MasterKey:
        """The master key that wraps what is made from now on."""
        return self.master_keys[0]

    @property
    def current_week(self) -> WeeklyKey | None:
        """The weekly key that wraps what is made from now on; None before the first one."""
        return next(iter(self.weekly_keys), None)

    @property
    def next_name(self) -> str:
        """What the next master key will be called."""
        return next_name(self.master_keys)

    def public_key(self, campaign_id: UUID) -> bytes:
        """The campaign's public key; its key file is made first if there is none. Safe to call
        from several workers.
        """
        self._refuse_a_destroyed_key(campaign_id)
        if not os.path.exists(self._path(campaign_id)):
            self._create(campaign_id)
        return self.open(campaign_id).public_bytes

    def open(self, campaign_id: UUID) -> CampaignKey:
        self._refuse_a_destroyed_key(campaign_id)
        try:
            return self._open(campaign_id)
        except KeyringError:
            if not os.path.exists(self._path(campaign_id)):
                raise
        # It may have been wrapped by newer keys since this keyring read them.
        with self._locked():
            self._read_keys()
            return self._open(campaign_id)

    def shred(self, campaign_id: UUID) -> None:
        """Destroy the campaign's key: from here on none of its permissions can be opened
        anywhere.
        """
        path = self._path(campaign_id)
        try:
            with durable.locked(self._directory):
                self._clear_leftovers({campaign_id})
                durable.destroy(path)
                durable.sync_directory(self._directory)
        except OSError as error:
            raise KeyringError(f"{path} cannot be deleted: {error.strerror}.") from None

    def campaign_ids(self) -> Iterator[UUID]:
        for name in sorted(path.stem for path in self._directory.glob(f"*{KEY_SUFFIX}")):
            try:
                yield UUID(name)
            except ValueError:
                continue  # a file that somebody else put here

    def wrapped_by(self) -> Counter[bytes]:
        """How many key files each master key wraps, by fingerprint, known or not; UNREADABLE counts
        those that do not tell.
        """
        return Counter(file.master if file else UNREADABLE for file in self._files())

    def wrapped_in_week(self) -> Counter[bytes]:
        """The same of the weekly keys."""
        return Counter(file.weekly if file else UNREADABLE for file in self._files())

    def _files(self) -> Iterator[Wrapped | None]:
        for campaign_id in self.campaign_ids():
            try:
                yield wrapping.read(durable.read(self._path(campaign_id)))
            except FileNotFoundError:
                continue  # shredded meanwhile
            except OSError:
                yield None

    def rotate(self) -> MasterKey:
        """Put a fresh master key in front; the others still open what they wrapped.

        Raises MasterKeyFileReadOnlyError.
        """
        with self._locked():
            key = self._master_key_file.put_in_front()
            self.master_keys = self._master_key_file.read()
        return key

    def rewrap(self, at_most: int | None = None) -> tuple[int, list[str]]:
        """Wrap every key file, or some that still need it, by the current master key and weekly
        key; returns how many were rewrapped, and what is wrong with those that were left alone. It
        may be cut short at any moment, and run again; workers may open, make and shred keys
        meanwhile.
        """
        campaign_ids = list(self.campaign_ids())
        rewrapped, problems = 0, list[str]()
        with self._locked():
            self._clear_leftovers(set(campaign_ids))
        # The lock is held for some files at a time, so that no worker waits for a thousand.
        for start in range(0, len(campaign_ids), FILES_AT_ONCE):
            if at_most is not None and rewrapped >= at_most:
                break
            with self._locked(), durable.replacing(self._directory) as put:
                self._read_keys()
                for campaign_id in campaign_ids[start : start + FILES_AT_ONCE]:
                    try:
                        rewrapped += self._rewrap(campaign_id, put)
                    except KeyringError as error:
                        problems.append(str(error))
        with self._locked():
            durable.sync_directory(self._directory)
        return rewrapped, problems

    def renew(self, now: datetime, lifetime: timedelta, at_most: int | None = None) -> list[str]:
        """Replace a weekly key that has had its time: a new one wraps every key file, and then the
        old one is destroyed. Returns what is wrong with the files that keep it from that.

        It may be cut short at any moment, and the next call goes on; several workers may call it at
        once.
        """
        self._read_keys()
        if self._is_fresh(now, lifetime) and not self._has_older_weeks():
            return []
        with self._locked():
            self._read_keys()
            if not self._is_fresh(now, lifetime):
                # The first week of a keyring of version 0.1 is without: that can still read it.
                is_taken_over = bool(lifetime) and self._is_of_an_older_version()
                self._weekly_key_files.begin(now, with_key=not is_taken_over)
        _, problems = self.rewrap(at_most)
        with self._locked():
            self._destroy_older_weeks()
        return problems

    def _is_fresh(self, now: datetime, lifetime: timedelta) -> bool:
        """Nor was it made by a clock that went wrong."""
        return self.current_week is not None and abs(now - self.current_week.began_at) < lifetime

    def _is_of_an_older_version(self) -> bool:
        needed = self.wrapped_in_week().keys() - {UNREADABLE}
        return self.current_week is None and needed == {NO_WEEKLY_KEY}

    def _has_older_weeks(self) -> bool:
        of_this_week = {self.current_week.fingerprint} if self.current_week else set[bytes]()
        needed = self.wrapped_in_week().keys() - {UNREADABLE}
        return self._weekly_key_files.count() > 1 or bool(needed - of_this_week)

    def _destroy_older_weeks(self) -> None:
        """Under the lock. A file that cannot be read may need any of them."""
        self._read_keys()
        needed = set(self.wrapped_in_week())
        if UNREADABLE in needed or self.current_week is None:
            return
        # Were the rewrapped files lost in a power cut, the key would be missed.
        durable.sync_directory(self._directory)
        self._weekly_key_files.destroy_all_but(needed | {self.current_week.fingerprint})
        self._read_keys()

    def _read_keys(self) -> None:
        self.master_keys = self._master_key_file.read()
        self.weekly_keys = self._read_weekly_keys()

    def _read_weekly_keys(self) -> list[WeeklyKey]:
        try:
            return self._weekly_key_files.read()
        except OSError as error:
            raise KeyringError(
                f"The weekly keys in KEYRING_DIR {self._directory} cannot be read: "
                f"{error.strerror}."
            ) from None

    def retire(self, name: str) -> None:
        """Take a master key away that wraps nothing any more.

        Raises MasterKeyFileReadOnlyError.
        """
        with self._locked():
            self.master_keys = self._master_key_file.read()
            self._check_unused(name)
            # Were the rewrapped files lost in a power cut, the key would be missed.
            durable.sync_directory(self._directory)
            self._master_key_file.remove(name)
            self.master_keys = self._master_key_file.read()

    def _check_unused(self, name: str) -> None:
        key = next((key for key in self.master_keys if key.name == name), None)
        if key is None:
            raise KeyringError(f"MASTER_KEY_FILE holds no master key {name}.")
        if key == self.current:
            raise KeyringError(
                f"The master key {name} is the current one. Run `manage.py keys rotate` first."
            )
        used = self.wrapped_by()
        if used[key.fingerprint]:
            raise KeyringError(
                f"The master key {name} still wraps {used[key.fingerprint]} of the key files. "
                "Run `manage.py keys rewrap` first."
            )
        if used[UNREADABLE]:
            raise KeyringError(
                f"{used[UNREADABLE]} of the key files in {self._directory} cannot be read, and "
                f"their backup may be wrapped by the master key {name}. Restore or delete them "
                "first; `manage.py keys rewrap` names them."
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with durable.locked(self._directory):
                yield
        except OSError as error:
            raise KeyringError(
                f"KEYRING_DIR {self._directory} cannot be written: {error.strerror}."
            ) from None

    def _path(self, campaign_id: UUID) -> Path:
        return self._directory / f"{campaign_id}{KEY_SUFFIX}"

    def _clear_leftovers(self, campaign_ids: Set[UUID]) -> None:
        """Under the lock, what somebody who died left behind while writing these keys' files."""
        names = {str(campaign_id) for campaign_id in campaign_ids}
        for leftover in self._directory.glob(".*.*.*"):
            name = leftover.name.split(".")[1]
            if name not in names:
                continue
            path = self._path(UUID(name))
            if path.exists() and leftover.samefile(path):
                # Version 0.1 gave a new file two names for an instant.
                leftover.unlink()  # nosemgrep: key-file-touched-plainly -- the other name stays
            else:
                durable.destroy(leftover)

    def _create(self, campaign_id: UUID) -> None:
        with self._locked():
            # Read again under the lock: a key wrapped by one that was retired a moment ago would
            # be lost.
            self._read_keys()
            self._refuse_a_strangers_keyring()
            if not os.path.exists(self._path(campaign_id)):  # or another worker was faster
                content = self._wrap(campaign_id, X25519PrivateKey.generate())
                durable.replace(self._path(campaign_id), content)
            durable.sync_directory(self._directory)

    def _refuse_a_strangers_keyring(self) -> None:
        """No key is made by a master key that does not belong to the other key files: with the
        right one back, it could not be opened.
        """
        known = {key.fingerprint for key in self.master_keys}
        if strangers := self.wrapped_by().keys() - known - {UNREADABLE}:
            raise KeyringError(
                f"KEYRING_DIR {self._directory} holds key files of the master key "
                f"{min(strangers).hex()}, but MASTER_KEY_FILE holds {self.fingerprint}. "
                "Put the right master key back; no key was made."
            )

    def _refuse_a_destroyed_key(self, campaign_id: UUID) -> None:
        if self.tombstones.has_ended(campaign_id):
            raise KeyFileError(
                f"The key of campaign {campaign_id} was destroyed when the campaign ended. A file "
                "that came back, as from a backup, is not used."
            )

    def _rewrap(self, campaign_id: UUID, put: durable.Put) -> bool:
        """Under the lock. False when nothing had to be changed."""
        path = self._path(campaign_id)
        if not os.path.exists(path):
            return False  # shredded meanwhile, and it stays so
        file, week = self._read(campaign_id), self.current_week
        of_this_week = week.fingerprint if week else NO_WEEKLY_KEY
        if (file.master, file.weekly) == (self.current.fingerprint, of_this_week):
            return False
        put(path, self._wrap(campaign_id, self._unwrap(campaign_id, file)), None)
        return True

    def _open(self, campaign_id: UUID) -> CampaignKey:
        return CampaignKey(campaign_id, self._unwrap(campaign_id, self._read(campaign_id)))

    def _read(self, campaign_id: UUID) -> Wrapped:
        path = self._path(campaign_id)
        try:
            file = wrapping.read(durable.read(path))
        except FileNotFoundError:
            raise KeyFileError(
                f"The key file of campaign {campaign_id} is missing from {self._directory}."
            ) from None
        except OSError as error:
            raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from None
        if file is None:
            raise _damaged(campaign_id)
        return file

    def _wrap(self, campaign_id: UUID, private_key: X25519PrivateKey) -> bytes:
        return wrapping.wrap(campaign_id, private_key, self.current, self.current_week)

    def _unwrap(self, campaign_id: UUID, file: Wrapped) -> X25519PrivateKey:
        master = next((key for key in self.master_keys if key.fingerprint == file.master), None)
        if master is None:
            raise UnknownMasterKeyError(
                f"The key file of campaign {campaign_id} was wrapped by the master key "
                f"{file.master.hex()}, but MASTER_KEY_FILE holds {self.fingerprint}. "
                "Put the right master key back; nothing was changed."
            )
        weekly = next((key for key in self.weekly_keys if key.fingerprint == file.weekly), None)
        if weekly is None and file.weekly != NO_WEEKLY_KEY:
            raise KeyFileError(
                f"The key file of campaign {campaign_id} needs the file weekly-{file.weekly.hex()} "
                f"in {self._directory}, which is missing or damaged. Restore it from the keyring's "
                "backup."
            )
        try:
            return wrapping.unwrap(campaign_id, file, master, weekly)
        except InvalidTag:
            raise _damaged(campaign_id) from None


def _damaged(campaign_id: UUID) -> KeyFileError:
    return KeyFileError(
        f"The key file of campaign {campaign_id} is damaged. Restore it from the keyring's backup."
    )
