"""Receipts: a pre-save found by its unguessable address, cancelled there, and remembered by the
fan's own browser alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from campaigns import keyring
from campaigns.models import LONGEST_LEAD, ROW_LIFETIME, DailyCount, PreSave, PreSaveState, Reason

# As long as a receipt can last: from the day a campaign opens until its rows are deleted.
REMEMBERED_FOR: Final = LONGEST_LEAD + ROW_LIFETIME
# The newest ones; a cookie must stay below 4 KB.
REMEMBERED_AT_MOST: Final = 20
_PURPOSE: Final = "receipts"


def digest(token: str) -> bytes:
    """What is stored of a receipt's address: it finds the row, and the address cannot be read from
    it.
    """
    return hashlib.sha256(token.encode()).digest()


def find(token: str) -> PreSave | None:
    return PreSave.objects.select_related("campaign").filter(receipt_hash=digest(token)).first()


def standing(token: str) -> PreSave | None:
    """A pre-save that makes a second one needless: it waits, and Spotify has not refused it, or it
    was saved.
    """
    presave = find(token) if token else None
    if presave is None or presave.refused_at:
        return None
    return presave if presave.state in (PreSaveState.PENDING, PreSaveState.SAVED) else None


def cancel(presave_id: UUID, now: datetime) -> bool:
    """Erase the fan's permission at once; wins over a save in flight, whose claim no longer
    matches. A save that was sent cannot be taken back: the row keeps when that was.
    """
    with transaction.atomic():
        presave = PreSave.objects.pending().filter(id=presave_id)
        cancelled = presave.end(PreSaveState.CANCELLED, Reason.BY_FAN, now)
        if cancelled:
            campaign_id = PreSave.objects.values_list("campaign_id", flat=True).get(id=presave_id)
            DailyCount.objects.add(campaign_id, now, {"cancelled": 1})
    return bool(cancelled)


def remembered(cookie: str) -> dict[str, str]:
    """The receipts' tokens that a browser keeps, by the campaigns' slugs; nothing of a cookie that
    is not ours.
    """
    content = keyring.open_cookie(settings.SECRET_KEY, cookie, _PURPOSE) if cookie else None
    return json.loads(content) if content else {}


def remembering(kept: Mapping[str, str], slug: str, token: str) -> str:
    """The cookie that keeps one more."""
    others = [(other, receipt) for other, receipt in kept.items() if other != slug]
    newest = dict([*others, (slug, token)][-REMEMBERED_AT_MOST:])
    return keyring.seal_cookie(settings.SECRET_KEY, json.dumps(newest).encode(), _PURPOSE)
