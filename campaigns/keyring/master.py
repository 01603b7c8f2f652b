"""Master keys, which wrap the campaigns' key files, and the file that holds them."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from campaigns.keyring import durable
from campaigns.keyring.errors import KeyringError, MasterKeyFileReadOnlyError

MASTER_KEY_BYTES: Final = 32
FINGERPRINT_BYTES: Final = 8


@dataclass(frozen=True)
class MasterKey:
    """A key that wraps key files. `fingerprint` identifies it without revealing it."""

    name: str
    fingerprint: bytes
    aead: AESGCM


class MasterKeyFile:
    """Lines of `name:base64`, the current key first. Every method may raise KeyringError.

    It is read afresh each time, so that a worker follows a rotation without a restart.
    """

    def __init__(self, path: Path, secret_key: str = "") -> None:
        self.path = path
        self._secret_key = secret_key

    def read(self) -> list[MasterKey]:
        keys = [self._parse(line) for line in self._lines()]
        for key in keys:
            if sum(key.name == other.name for other in keys) > 1:
                raise KeyringError(
                    f"MASTER_KEY_FILE {self.path} names two keys {key.name}. Rename one of them."
                )
        return keys

    def put_in_front(self) -> MasterKey:
        """Make a key that wraps from now on. Raises MasterKeyFileReadOnlyError."""
        key = base64.b64encode(os.urandom(MASTER_KEY_BYTES)).decode()
        line = f"{next_name(self.read())}:{key}"
        self._replace([line, *self._lines()])
        return self._parse(line)

    def remove(self, name: str) -> None:
        """Raises MasterKeyFileReadOnlyError."""
        self._replace([line for line in self._lines() if line.partition(":")[0] != name])

    def _lines(self) -> list[str]:
        try:
            mode = self.path.stat().st_mode
            lines = durable.read(self.path).decode("utf-8-sig").split()
        except FileNotFoundError:
            raise KeyringError(
                f"MASTER_KEY_FILE {self.path} does not exist. `./presavectl setup` makes one."
            ) from None
        except OSError as error:
            raise KeyringError(
                f"MASTER_KEY_FILE {self.path} cannot be read: {error.strerror}."
            ) from None
        except UnicodeDecodeError:
            raise KeyringError(
                f"MASTER_KEY_FILE {self.path} must hold lines of the form name:base64."
            ) from None
        if mode & (stat.S_IRWXO | stat.S_IWGRP):
            raise KeyringError(
                f"MASTER_KEY_FILE {self.path} can be read by every user of this machine. "
                f"Run: chmod 0400 {self.path}"
            )
        if not lines:
            raise KeyringError(f"MASTER_KEY_FILE {self.path} is empty.")
        return lines

    def _parse(self, line: str) -> MasterKey:
        name, _, encoded = line.partition(":")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            raw = b""
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or len(raw) != MASTER_KEY_BYTES:
            raise KeyringError(
                f"MASTER_KEY_FILE {self.path} must hold lines of the form name:base64 of 32 random "
                "bytes, the name of letters, digits, - and _."
            )
        if _is_part_of(raw, self._secret_key):
            raise KeyringError(
                f"The master key {name} in MASTER_KEY_FILE {self.path} is also in SECRET_KEY, "
                "which the web process knows. Give each a key of its own."
            )
        fingerprint = hashlib.sha256(b"presave/master-key|" + raw).digest()[:FINGERPRINT_BYTES]
        return MasterKey(name, fingerprint, AESGCM(raw))

    def _replace(self, lines: list[str]) -> None:
        """All of the file at once, with the owner and the mode that it had."""
        content = "".join(f"{line}\n" for line in lines).encode()
        try:
            durable.replace(self.path, content, like=self.path.stat())
            durable.sync_directory(self.path.parent)
        except OSError as error:
            raise MasterKeyFileReadOnlyError(
                f"MASTER_KEY_FILE {self.path} cannot be replaced from here: {error.strerror}."
            ) from None


def next_name(keys: list[MasterKey]) -> str:
    numbers = [int(key.name) for key in keys if key.name.isdecimal()]
    return str(max(numbers, default=len(keys)) + 1)


def _is_part_of(raw: bytes, secret_key: str) -> bool:
    encoded = {base64.b64encode(raw), base64.urlsafe_b64encode(raw)}
    forms = {raw, raw.hex().encode(), *(text.rstrip(b"=") for text in encoded)}
    return any(form in secret_key.encode() for form in forms)
