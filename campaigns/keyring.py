"""Keys: the only module that touches `cryptography`.

Every campaign has an X25519 key pair. The public key stands in the campaign's row, so that the web
process can seal a permission (HPKE, RFC 9180) but never open it. The private key is a file in
KEYRING_DIR, wrapped by the master key, which only the worker can read. Deleting that file destroys
every permission of the campaign in every copy of the database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION: Final = 1
# RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
SUITE_ID: Final = 1
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_HEADER: Final = bytes([VERSION, SUITE_ID])

MASTER_KEY_BYTES: Final = 32
FINGERPRINT_BYTES: Final = 8
NONCE_BYTES: Final = 12
KEY_SUFFIX: Final = ".key"


class KeyringError(Exception):
    """A key is missing, wrong or unsafe to use.

    The text says which file and what to do; it never holds key material.
    """


class KeyFileError(KeyringError):
    """One campaign's key file is missing or unusable; the others may be fine."""


class UnreadablePermissionError(KeyringError):
    """A sealed permission does not open with its campaign's key: it was altered or belongs to
    another row.
    """


class Secret:
    """A value that prints, formats, compares by identity and refuses to be pickled or
    serialised.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret cannot be pickled.")


@dataclass(frozen=True)
class MasterKey:
    """A key that wraps key files. `fingerprint` identifies it without revealing it."""

    name: str
    fingerprint: bytes
    aead: AESGCM


class CampaignKey:
    """The private key of one campaign, opened. It lives in the worker's memory only."""

    def __init__(self, campaign_id: UUID, private_key: X25519PrivateKey) -> None:
        self._campaign_id = campaign_id
        self._private_key = private_key

    @property
    def public_bytes(self) -> bytes:
        return self._private_key.public_key().public_bytes_raw()

    def open(self, sealed: bytes, row_id: UUID) -> Secret:
        """Raises UnreadablePermissionError."""
        if sealed[:2] != _HEADER:
            raise UnreadablePermissionError(
                "This permission was sealed by an unknown version of Presave."
            )
        try:
            opened = _SUITE.decrypt(
                sealed[2:], self._private_key, info=_info(self._campaign_id, row_id)
            )
        except (InvalidTag, ValueError):
            raise UnreadablePermissionError(
                "This permission does not open with its campaign's key."
            ) from None
        return Secret(opened.decode())

    def __reduce__(self) -> NoReturn:
        raise TypeError("A CampaignKey cannot be pickled.")


def _info(campaign_id: UUID, row_id: UUID) -> bytes:
    return f"presave/{VERSION}|{campaign_id}|{row_id}".encode()


def seal(public_key: bytes, permission: Secret, campaign_id: UUID, row_id: UUID) -> bytes:
    """Seal a permission for one row of one campaign: it opens nowhere else."""
    recipient = X25519PublicKey.from_public_bytes(public_key)
    sealed = _SUITE.encrypt(
        permission.reveal().encode(), recipient, info=_info(campaign_id, row_id)
    )
    return _HEADER + sealed


def seal_cookie(secret_key: str, content: bytes) -> str:
    """Encrypt what a fan's browser carries to Spotify and back."""
    return _cookie_cipher(secret_key).encrypt(content).decode()


def open_cookie(secret_key: str, cookie: str) -> bytes | None:
    """The content, or None when the cookie is not ours or was altered."""
    try:
        return _cookie_cipher(secret_key).decrypt(cookie.encode())
    except (InvalidToken, ValueError):
        return None


def _cookie_cipher(secret_key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"presave/1|cookie")
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret_key.encode())))


class Keyring:
    """The directory of key files, as the worker sees it. Every method may raise KeyringError."""

    def __init__(self, directory: Path, master_key_file: Path) -> None:
        self._directory = directory
        self._master_keys = _read_master_keys(master_key_file)
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KeyringError(
                f"KEYRING_DIR {directory} cannot be used: {error.strerror}."
            ) from None

    @property
    def fingerprint(self) -> str:
        return self._master_keys[0].fingerprint.hex()

    def public_key(self, campaign_id: UUID) -> bytes:
        """The campaign's public key; its key file is made first if there is none. Safe to call
        from several workers.
        """
        if not os.path.exists(self._path(campaign_id)):
            self._create(campaign_id)
        return self.open(campaign_id).public_bytes

    def open(self, campaign_id: UUID) -> CampaignKey:
        path = self._path(campaign_id)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise KeyFileError(
                f"The key file of campaign {campaign_id} is missing from {self._directory}."
            ) from None
        except OSError as error:
            raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from None
        return CampaignKey(campaign_id, self._unwrap(campaign_id, content))

    def shred(self, campaign_id: UUID) -> None:
        """Destroy the campaign's key: from here on none of its permissions can be opened
        anywhere.
        """
        path = self._path(campaign_id)
        try:
            path.unlink(missing_ok=True)
            # A worker that died while it made the key may have left a second name of the file.
            for leftover in self._directory.glob(f".{campaign_id}.*"):
                leftover.unlink(missing_ok=True)
            _sync_directory(self._directory)
        except OSError as error:
            raise KeyringError(f"{path} cannot be deleted: {error.strerror}.") from None

    def campaign_ids(self) -> Iterator[UUID]:
        for path in sorted(self._directory.glob(f"*{KEY_SUFFIX}")):
            try:
                yield UUID(path.stem)
            except ValueError:
                continue  # a file that somebody else put here

    def _path(self, campaign_id: UUID) -> Path:
        return self._directory / f"{campaign_id}{KEY_SUFFIX}"

    def _create(self, campaign_id: UUID) -> None:
        # The file appears under its name whole or not at all, and never replaces another worker's.
        temporary = self._directory / f".{campaign_id}.{os.getpid()}.{os.urandom(4).hex()}"
        content = self._wrap(campaign_id, X25519PrivateKey.generate())
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(temporary, self._path(campaign_id))
            except FileExistsError:
                pass
            _sync_directory(self._directory)
        except OSError as error:
            raise KeyringError(
                f"KEYRING_DIR {self._directory} cannot be written: {error.strerror}."
            ) from None
        finally:
            temporary.unlink(missing_ok=True)

    def _wrap(self, campaign_id: UUID, private_key: X25519PrivateKey) -> bytes:
        master = self._master_keys[0]
        nonce = os.urandom(NONCE_BYTES)
        bound_to = _wrap_context(campaign_id, master)
        wrapped = master.aead.encrypt(nonce, private_key.private_bytes_raw(), bound_to)
        return bytes([VERSION]) + master.fingerprint + nonce + wrapped

    def _unwrap(self, campaign_id: UUID, content: bytes) -> X25519PrivateKey:
        if len(content) < 1 + FINGERPRINT_BYTES + NONCE_BYTES or content[0] != VERSION:
            raise _damaged(campaign_id)
        fingerprint = content[1 : 1 + FINGERPRINT_BYTES]
        nonce = content[1 + FINGERPRINT_BYTES : 1 + FINGERPRINT_BYTES + NONCE_BYTES]
        wrapped = content[1 + FINGERPRINT_BYTES + NONCE_BYTES :]
        master = next((key for key in self._master_keys if key.fingerprint == fingerprint), None)
        if master is None:
            raise KeyringError(
                f"The key file of campaign {campaign_id} was wrapped by the master key "
                f"{fingerprint.hex()}, but MASTER_KEY_FILE holds {self.fingerprint}. "
                "Put the right master key back; nothing was changed."
            )
        try:
            raw = master.aead.decrypt(nonce, wrapped, _wrap_context(campaign_id, master))
        except InvalidTag:
            raise _damaged(campaign_id) from None
        return X25519PrivateKey.from_private_bytes(raw)


def from_settings() -> Keyring:
    """The worker's keyring.

    Raises KeyringError in a process that may not read it, as the web process.
    """
    return Keyring(settings.KEYRING_DIR, settings.MASTER_KEY_FILE)


def _damaged(campaign_id: UUID) -> KeyFileError:
    return KeyFileError(
        f"The key file of campaign {campaign_id} is damaged. Restore it from the keyring's backup."
    )


def _wrap_context(campaign_id: UUID, master: MasterKey) -> bytes:
    return f"presave/{VERSION}|{campaign_id}|".encode() + master.fingerprint


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_master_keys(path: Path) -> list[MasterKey]:
    try:
        mode = path.stat().st_mode
        lines = path.read_text(encoding="ascii").split()
    except FileNotFoundError:
        raise KeyringError(
            f"MASTER_KEY_FILE {path} does not exist. `make secrets` makes one."
        ) from None
    except OSError as error:
        raise KeyringError(f"MASTER_KEY_FILE {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise KeyringError(
            f"MASTER_KEY_FILE {path} must hold lines of the form name:base64."
        ) from None
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise KeyringError(
            f"MASTER_KEY_FILE {path} can be read by every user of this machine. "
            f"Run: chmod 0400 {path}"
        )
    if not lines:
        raise KeyringError(f"MASTER_KEY_FILE {path} is empty.")
    return [_parse_master_key(path, line) for line in lines]


def _parse_master_key(path: Path, line: str) -> MasterKey:
    name, _, encoded = line.partition(":")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raw = b""
    if not name or len(raw) != MASTER_KEY_BYTES:
        raise KeyringError(
            f"MASTER_KEY_FILE {path} must hold lines of the form name:base64 of 32 random bytes."
        )
    fingerprint = hashlib.sha256(b"presave/master-key|" + raw).digest()[:FINGERPRINT_BYTES]
    return MasterKey(name, fingerprint, AESGCM(raw))
