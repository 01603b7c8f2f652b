"""The sealed cookie of a fan on the way to Spotify: its fields, its life, opening it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings

from campaigns import keyring
from campaigns.keyring import Secret

COOKIE_MAX_AGE: Final = timedelta(minutes=10)
# The browser keeps it longer, so that who comes too late is told that and nothing else.
COOKIE_LIFETIME: Final = 2 * COOKIE_MAX_AGE
# 256 bits, so that a receipt's address cannot be guessed.
TOKEN_BYTES: Final = 32
_PURPOSE: Final = "consent"


@dataclass(frozen=True)
class PendingConsent:
    """What the sealed cookie holds."""

    state: str
    campaign_id: UUID
    slug: str
    at: int
    zone: str
    receipt: str

    @property
    def issued(self) -> IssuedReceipt:
        return IssuedReceipt(Secret(self.receipt), self.slug)


@dataclass(frozen=True)
class IssuedReceipt:
    """A fan who is in: the receipt's token, and the campaign's slug."""

    receipt: Secret
    slug: str


def opened(cookie: str) -> PendingConsent | None:
    content = keyring.open_cookie(settings.SECRET_KEY, cookie, _PURPOSE) if cookie else None
    if content is None:
        return None
    fields = json.loads(content)
    fields["campaign_id"] = UUID(fields.pop("campaign"))
    try:
        return PendingConsent(**fields)
    except TypeError:
        return None  # another version of Presave made it: one more tap
