"""The sealed cookie of a fan on the way to Spotify: fields, life, sealing and opening."""

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
_PURPOSE: Final = "consent"


@dataclass(frozen=True)
class IssuedReceipt:
    """A fan who is in: the receipt's token, and the campaign's slug."""

    token: Secret
    slug: str


@dataclass(frozen=True)
class PendingConsent:
    """A consent between the tap and the receipt, as the fan's browser carries it."""

    state: str
    campaign_id: UUID
    slug: str
    at: int
    zone: str
    token: Secret
    # The digest of what the page showed at the tap, in hex; version 0.1 put none into the cookie.
    agreed: str = ""
    # Where the fan came from; counted with the pre-save, and not kept with it.
    source: str = ""
    # Whether the browser was asked to wait on its return, and its place in the line, if it has one.
    has_come_back: bool = False
    place: int = 0

    @property
    def receipt(self) -> IssuedReceipt:
        return IssuedReceipt(self.token, self.slug)


def sealed(pending: PendingConsent) -> str:
    readable = {"campaign_id": str(pending.campaign_id), "token": pending.token.reveal()}
    content = json.dumps({**vars(pending), **readable}).encode()
    return keyring.seal_cookie(settings.SECRET_KEY, content, _PURPOSE)


def opened(cookie: str) -> PendingConsent | None:
    content = keyring.open_cookie(settings.SECRET_KEY, cookie, _PURPOSE) if cookie else None
    if content is None:
        return None
    fields = json.loads(content)
    try:
        campaign_id, token = UUID(fields.pop("campaign_id")), Secret(fields.pop("token"))
        return PendingConsent(campaign_id=campaign_id, token=token, **fields)
    except (KeyError, TypeError):
        return None  # another version of Presave made it: one more tap
