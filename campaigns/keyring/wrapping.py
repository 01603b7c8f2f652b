"""What a key file holds: a campaign's private key, wrapped by a master key and a weekly key.

It opens with both alone, and for its own campaign alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from campaigns.keyring.master import FINGERPRINT_BYTES, MasterKey
from campaigns.keyring.weekly import NO_WEEKLY_KEY, WeeklyKey

NONCE_BYTES: Final = 12
# Of the key files, and apart from that of sealed permissions.
VERSION: Final = 2
# Wrapped by the master key alone, as version 0.1 of Presave has it.
WITHOUT_WEEKLY_KEY: Final = 1
_KEY_AND_TAG: Final = 32 + 16
_LENGTHS: Final = {
    WITHOUT_WEEKLY_KEY: 1 + FINGERPRINT_BYTES + NONCE_BYTES + _KEY_AND_TAG,
    VERSION: 1 + 2 * FINGERPRINT_BYTES + NONCE_BYTES + _KEY_AND_TAG + 16,
}


@dataclass(frozen=True)
class Wrapped:
    """A key file, read and not opened: which keys it needs, by fingerprint."""

    version: int
    master: bytes
    weekly: bytes
    nonce: bytes
    ciphertext: bytes


def read(content: bytes) -> Wrapped | None:
    """None when the file is damaged."""
    if not content or len(content) != _LENGTHS.get(content[0]):
        return None
    version, master = content[0], content[1 : 1 + FINGERPRINT_BYTES]
    rest = content[1 + FINGERPRINT_BYTES :]
    weekly = NO_WEEKLY_KEY
    if version == VERSION:
        weekly, rest = rest[:FINGERPRINT_BYTES], rest[FINGERPRINT_BYTES:]
    return Wrapped(version, master, weekly, rest[:NONCE_BYTES], rest[NONCE_BYTES:])


def wrap(
    campaign_id: UUID, private_key: X25519PrivateKey, master: MasterKey, weekly: WeeklyKey | None
) -> bytes:
    """Without a weekly key, or in the week before the first one, the master key wraps alone."""
    nonce, raw = os.urandom(NONCE_BYTES), private_key.private_bytes_raw()
    if weekly is None or weekly.aead is None:
        bound_to = _context(WITHOUT_WEEKLY_KEY, campaign_id, master.fingerprint)
        head = bytes([WITHOUT_WEEKLY_KEY]) + master.fingerprint
        return head + nonce + master.aead.encrypt(nonce, raw, bound_to)
    bound_to = _context(VERSION, campaign_id, master.fingerprint + weekly.fingerprint)
    inner = master.aead.encrypt(nonce, raw, bound_to)
    head = bytes([VERSION]) + master.fingerprint + weekly.fingerprint
    return head + nonce + weekly.aead.encrypt(nonce, inner, bound_to)


def unwrap(
    campaign_id: UUID, wrapped: Wrapped, master: MasterKey, weekly: WeeklyKey | None
) -> X25519PrivateKey:
    """The keys are those that it names. Raises InvalidTag."""
    ciphertext = wrapped.ciphertext
    fingerprints = wrapped.master + (wrapped.weekly if wrapped.version == VERSION else b"")
    bound_to = _context(wrapped.version, campaign_id, fingerprints)
    if wrapped.version == VERSION and weekly is not None and weekly.aead is not None:
        ciphertext = weekly.aead.decrypt(wrapped.nonce, ciphertext, bound_to)
    raw = master.aead.decrypt(wrapped.nonce, ciphertext, bound_to)
    return X25519PrivateKey.from_private_bytes(raw)


def _context(version: int, campaign_id: UUID, fingerprints: bytes) -> bytes:
    return f"presave/{version}|{campaign_id}|".encode() + fingerprints
