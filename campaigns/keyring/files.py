"""The directory of key files: one for each campaign, its private key wrapped by a master key.

A process that makes, rewraps or shreds a file holds the lock of the directory; reading needs none,
because a file changes all at once.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from campaigns.keyring import durable
from campaigns.keyring.errors import KeyFileError, KeyringError
from campaigns.keyring.master import FINGERPRINT_BYTES, MasterKey, MasterKeyFile, next_name
from campaigns.keyring.sealing import CampaignKey

NONCE_BYTES: Final = 12
KEY_SUFFIX: Final = ".key"
_FINGERPRINT: Final = slice(1, 1 + FINGERPRINT_BYTES)
_NONCE: Final = slice(_FINGERPRINT.stop, _FINGERPRINT.stop + NONCE_BYTES)
UNREADABLE: Final = b""
# Of the key files, and apart from that of sealed permissions.
VERSION: Final = 1


class UnknownMasterKeyError(KeyringError):
    """A key file was wrapped by a master key that MASTER_KEY_FILE does not hold."""


class Keyring:
    """The worker's keys. Every method may raise KeyringError."""

    def __init__(self, directory: Path, master_key_file: Path, secret_key: str = "") -> None:
        self._directory = directory
        self._master_key_file = MasterKeyFile(master_key_file, secret_key)
        self.master_keys = self._master_key_file.read()
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KeyringError(
                f"KEYRING_DIR {directory} cannot be used: {error.strerror}."
            ) from None

    @property
    def fingerprint(self) -> str:
        return self.current.fingerprint.hex()

    @property
    def current(self) -> MasterKey:
        """The master key that wraps what is made from now on."""
        return self.master_keys[0]

    @property
    def next_name(self) -> str:
        """What the next master key will be called."""
        return next_name(self.master_keys)

    def public_key(self, campaign_id: UUID) -> bytes:
        """The campaign's public key; its key file is made first if there is none. Safe to call
        from several workers.
        """
        if not os.path.exists(self._path(campaign_id)):
            self._create(campaign_id)
        return self.open(campaign_id).public_bytes

    def open(self, campaign_id: UUID) -> CampaignKey:
        try:
            return self._open(campaign_id)
        except UnknownMasterKeyError:
            # It may have been rotated and rewrapped since this keyring was made.
            self.master_keys = self._master_key_file.read()
            return self._open(campaign_id)

    def shred(self, campaign_id: UUID) -> None:
        """Destroy the campaign's key: from here on none of its permissions can be opened
        anywhere.
        """
        path = self._path(campaign_id)
        try:
            with durable.locked(self._directory):
                path.unlink(missing_ok=True)
                self._clear_leftovers({campaign_id})
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
        found: Counter[bytes] = Counter()
        for campaign_id in self.campaign_ids():
            try:
                with self._path(campaign_id).open("rb", buffering=0) as file:
                    content = file.read(_NONCE.stop)
            except FileNotFoundError:
                continue  # shredded meanwhile
            except OSError:
                content = b""
            found[content[_FINGERPRINT] if _is_whole(content) else UNREADABLE] += 1
        return found

    def rotate(self) -> MasterKey:
        """Put a fresh master key in front; the others still open what they wrapped.

        Raises MasterKeyFileReadOnlyError.
        """
        with self._locked():
            key = self._master_key_file.put_in_front()
            self.master_keys = self._master_key_file.read()
        return key

    def rewrap(self) -> tuple[int, list[str]]:
        """Wrap every key file by the current master key; returns how many were rewrapped, and what
        is wrong with those that were left alone. It may be cut short at any moment, and run again;
        workers may open, make and shred keys meanwhile.
        """
        campaign_ids = list(self.campaign_ids())
        rewrapped, problems = 0, list[str]()
        with self._locked():
            self._clear_leftovers(set(campaign_ids))
        # The lock is held for one file at a time, so that no worker waits for a thousand.
        for campaign_id in campaign_ids:
            with self._locked():
                self.master_keys = self._master_key_file.read()
                try:
                    rewrapped += self._rewrap(campaign_id)
                except KeyringError as error:
                    problems.append(str(error))
        with self._locked():
            durable.sync_directory(self._directory)
        return rewrapped, problems

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
            if leftover.name.split(".")[1] in names:
                leftover.unlink(missing_ok=True)

    def _create(self, campaign_id: UUID) -> None:
        self._refuse_a_strangers_keyring()
        with self._locked():
            # Read again under the lock: a key wrapped by a master key that was retired a moment
            # ago would be lost.
            self.master_keys = self._master_key_file.read()
            if not os.path.exists(self._path(campaign_id)):  # or another worker was faster
                content = self._wrap(campaign_id, X25519PrivateKey.generate())
                durable.replace(self._path(campaign_id), content)
            durable.sync_directory(self._directory)

    def _refuse_a_strangers_keyring(self) -> None:
        """No key is made by a master key that does not belong to the other key files: with the
        right one back, it could not be opened.
        """
        known = {key.fingerprint for key in self._master_key_file.read()}
        if strangers := self.wrapped_by().keys() - known - {UNREADABLE}:
            raise KeyringError(
                f"KEYRING_DIR {self._directory} holds key files of the master key "
                f"{min(strangers).hex()}, but MASTER_KEY_FILE holds {self.fingerprint}. "
                "Put the right master key back; no key was made."
            )

    def _rewrap(self, campaign_id: UUID) -> bool:
        """Under the lock. False when nothing had to be changed."""
        path = self._path(campaign_id)
        if not os.path.exists(path):
            return False  # shredded meanwhile, and it stays so
        content = self._read(campaign_id)
        if _is_whole(content) and content[_FINGERPRINT] == self.current.fingerprint:
            return False
        durable.replace(path, self._wrap(campaign_id, self._unwrap(campaign_id, content)))
        return True

    def _open(self, campaign_id: UUID) -> CampaignKey:
        return CampaignKey(campaign_id, self._unwrap(campaign_id, self._read(campaign_id)))

    def _read(self, campaign_id: UUID) -> bytes:
        path = self._path(campaign_id)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise KeyFileError(
                f"The key file of campaign {campaign_id} is missing from {self._directory}."
            ) from None
        except OSError as error:
            raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from None

    def _wrap(self, campaign_id: UUID, private_key: X25519PrivateKey) -> bytes:
        master = self.current
        nonce = os.urandom(NONCE_BYTES)
        bound_to = _wrap_context(campaign_id, master)
        wrapped = master.aead.encrypt(nonce, private_key.private_bytes_raw(), bound_to)
        return bytes([VERSION]) + master.fingerprint + nonce + wrapped

    def _unwrap(self, campaign_id: UUID, content: bytes) -> X25519PrivateKey:
        if not _is_whole(content):
            raise _damaged(campaign_id)
        fingerprint = content[_FINGERPRINT]
        master = next((key for key in self.master_keys if key.fingerprint == fingerprint), None)
        if master is None:
            raise UnknownMasterKeyError(
                f"The key file of campaign {campaign_id} was wrapped by the master key "
                f"{fingerprint.hex()}, but MASTER_KEY_FILE holds {self.fingerprint}. "
                "Put the right master key back; nothing was changed."
            )
        try:
            wrapped, bound_to = content[_NONCE.stop :], _wrap_context(campaign_id, master)
            raw = master.aead.decrypt(content[_NONCE], wrapped, bound_to)
        except InvalidTag:
            raise _damaged(campaign_id) from None
        return X25519PrivateKey.from_private_bytes(raw)


def _is_whole(content: bytes) -> bool:
    return len(content) >= _NONCE.stop and content[0] == VERSION


def _damaged(campaign_id: UUID) -> KeyFileError:
    return KeyFileError(
        f"The key file of campaign {campaign_id} is damaged. Restore it from the keyring's backup."
    )


def _wrap_context(campaign_id: UUID, master: MasterKey) -> bytes:
    return f"presave/{VERSION}|{campaign_id}|".encode() + master.fingerprint
