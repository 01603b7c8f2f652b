"""Sealing a permission to a campaign's public key, opening it with the private one; and the cookie
of a consent, whose key comes from SECRET_KEY.
"""

from __future__ import annotations

import base64
import hmac
from functools import cached_property
from typing import Final, NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from campaigns.keyring.errors import UnreadablePermissionError
from campaigns.keyring.secret import Secret

# Version 2 is bound to what the fan agreed to, too.
VERSION: Final = 2
UNBOUND_VERSION: Final = 1
# RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
SUITE_ID: Final = 1
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_HEADER: Final = bytes([VERSION, SUITE_ID])
_UNBOUND_HEADER: Final = bytes([UNBOUND_VERSION, SUITE_ID])
MARK_BYTES: Final = 32


class CampaignKey:
    """The private key of one campaign, opened. It lives in the worker's memory only."""

    def __init__(self, campaign_id: UUID, private_key: X25519PrivateKey) -> None:
        self._campaign_id = campaign_id
        self._private_key = private_key

    @property
    def public_bytes(self) -> bytes:
        return self._private_key.public_key().public_bytes_raw()

    def open(self, sealed: bytes, row_id: UUID, agreed: bytes | None) -> Secret:
        """`agreed` is the digest of what the campaign's fans agree to: a permission that was given
        for something else does not open. Raises UnreadablePermissionError.
        """
        header = sealed[:2]
        if header not in (_HEADER, _UNBOUND_HEADER):
            raise UnreadablePermissionError(
                "This permission was sealed by an unknown version of Presave."
            )
        info = _info(self._campaign_id, row_id, agreed if header == _HEADER else None)
        try:
            opened = _SUITE.decrypt(sealed[2:], self._private_key, info=info)
            # The public key seals anything, not permissions alone.
            return Secret(opened.decode())
        except (InvalidTag, ValueError):
            raise UnreadablePermissionError(
                "This permission does not open with its campaign's key."
            ) from None

    def mark(self, row_id: UUID) -> bytes:
        """What a fan who cancelled leaves among the tombstones: only this key tells whose it is."""
        return hmac.digest(self._marking_key, row_id.bytes, "sha256")

    @cached_property
    def _marking_key(self) -> bytes:
        info = f"presave/1|cancelled|{self._campaign_id}".encode()
        derived = HKDF(algorithm=SHA256(), length=MARK_BYTES, salt=None, info=info)
        return derived.derive(self._private_key.private_bytes_raw())

    def __reduce__(self) -> NoReturn:
        raise TypeError("A CampaignKey cannot be pickled.")


def _info(campaign_id: UUID, row_id: UUID, agreed: bytes | None) -> bytes:
    if agreed is None:
        return f"presave/{UNBOUND_VERSION}|{campaign_id}|{row_id}".encode()
    return f"presave/{VERSION}|{campaign_id}|{row_id}|{agreed.hex()}".encode()


def seal(
    public_key: bytes, permission: Secret, campaign_id: UUID, row_id: UUID, agreed: bytes | None
) -> bytes:
    """Seal a permission for one row of one campaign and the digest of what the fan agreed to: it
    opens nowhere else. None is for rows from before that was kept.
    """
    recipient = X25519PublicKey.from_public_bytes(public_key)
    info = _info(campaign_id, row_id, agreed)
    sealed = _SUITE.encrypt(permission.reveal().encode(), recipient, info=info)
    return (_UNBOUND_HEADER if agreed is None else _HEADER) + sealed


def seal_cookie(secret_key: str, content: bytes, purpose: str) -> str:
    """Encrypt what a fan's browser keeps for us. A cookie opens for its own purpose alone."""
    return _cookie_cipher(secret_key, purpose).encrypt(content).decode()


def open_cookie(secret_key: str, cookie: str, purpose: str) -> bytes | None:
    """The content, or None when the cookie is not ours or was altered."""
    try:
        return _cookie_cipher(secret_key, purpose).decrypt(cookie.encode())
    except (InvalidToken, ValueError):
        return None


def _cookie_cipher(secret_key: str, purpose: str) -> Fernet:
    info = f"presave/1|cookie|{purpose}".encode()
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=info)
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret_key.encode())))
