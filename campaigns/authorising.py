"""The fan's consent: the state that goes to Spotify and back, the code exchange, the scope
check, sealing, the receipt.
"""

from __future__ import annotations

import enum
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from campaigns import keyring, pacing, spotify, stats
from campaigns.keyring import Secret
from campaigns.models import (
    SLUG_PATTERN,
    Campaign,
    GateName,
    PreSave,
    PreSaveState,
    Reason,
    SpentState,
)

COOKIE_MAX_AGE: Final = timedelta(minutes=10)
# 256 bits, so that neither a state nor a receipt's address can be guessed.
TOKEN_BYTES: Final = 32


class Refusal(enum.Enum):
    """Why no pre-save was made. Nothing is stored for any of them."""

    DENIED = "denied"
    BROWSER_CHANGED = "browser_changed"
    TOO_LATE = "too_late"
    STATE_MISMATCH = "state_mismatch"
    ALREADY_USED = "already_used"
    CODE_REFUSED = "code_refused"
    CAMPAIGN_CLOSED = "campaign_closed"
    MORE_THAN_ASKED = "more_than_asked"
    LESS_THAN_ASKED = "less_than_asked"
    NOT_LISTED = "not_listed"
    SPOTIFY_DOWN = "spotify_down"


class ConsentError(Exception):
    """The consent came to nothing. `slug` leads back to the campaign where it is known."""

    def __init__(self, refusal: Refusal, slug: str = "") -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.slug = slug


@dataclass(frozen=True)
class Departure:
    """A fan on the way to Spotify: where to send the browser, and the sealed cookie to give it."""

    authorize_url: str
    cookie: str


@dataclass(frozen=True)
class Transaction:
    """What the sealed cookie holds."""

    state: str
    campaign_id: UUID
    slug: str


@dataclass(frozen=True)
class Return:
    """What Spotify's redirect brought back."""

    state: str
    code: Secret | None
    error: str


def depart(campaign: Campaign, now: datetime) -> Departure:
    # The slug in front lets a fan whose cookie got lost be led back to where they came from.
    state = f"{campaign.slug}.{secrets.token_urlsafe(TOKEN_BYTES)}"
    content = json.dumps(
        {
            "state": state,
            "campaign": str(campaign.id),
            "slug": campaign.slug,
            "at": int(now.timestamp()),
        }
    )
    cookie = keyring.seal_cookie(settings.SECRET_KEY, content.encode())
    return Departure(spotify.authorize_url(state), cookie)


def arrive(returned: Return, cookie: str, now: datetime) -> Secret:
    """Turn a return from Spotify into a stored pre-save; the answer is the receipt's token. Raises
    ConsentError.

    Nothing is asked of Spotify or the database before the cookie and the state are found good.
    """
    started = _started(returned, cookie, now)
    try:
        if returned.error or returned.code is None:
            denied = returned.error == "access_denied"
            raise ConsentError(Refusal.DENIED if denied else Refusal.SPOTIFY_DOWN)
        if not Campaign.objects.accepting_consents().filter(id=started.campaign_id).exists():
            raise ConsentError(Refusal.CAMPAIGN_CLOSED)
        _spend(started.state, now)
        return _record(started.campaign_id, _permission(returned.code, now), now)
    except ConsentError as error:
        error.slug = started.slug
        raise


def find_by_receipt(token: str) -> PreSave | None:
    return (
        PreSave.objects.select_related("campaign").filter(receipt_hash=_receipt_hash(token)).first()
    )


def cancel(presave_id: UUID, now: datetime) -> bool:
    """Erase the fan's permission at once; wins over a save in flight, whose claim no longer
    matches.
    """
    with transaction.atomic():
        cancelled = (
            PreSave.objects.pending()
            .filter(id=presave_id)
            .update(
                state=PreSaveState.CANCELLED,
                reason=Reason.BY_FAN,
                sealed=None,
                lease=None,
                lease_until=None,
                settled_at=now,
            )
        )
        if cancelled:
            campaign_id = PreSave.objects.values_list("campaign_id", flat=True).get(id=presave_id)
            stats.count(campaign_id, now, {"cancelled": 1})
    return bool(cancelled)


def _started(returned: Return, cookie: str, now: datetime) -> Transaction:
    content = keyring.open_cookie(settings.SECRET_KEY, cookie) if cookie else None
    if content is None:
        raise ConsentError(Refusal.BROWSER_CHANGED, _slug_of(returned.state))
    fields = json.loads(content)
    started = Transaction(fields["state"], UUID(fields["campaign"]), fields["slug"])
    if now.timestamp() - fields["at"] > COOKIE_MAX_AGE.total_seconds():
        raise ConsentError(Refusal.TOO_LATE, started.slug)
    if not constant_time_compare(returned.state, started.state):
        raise ConsentError(Refusal.STATE_MISMATCH, started.slug)
    return started


def _slug_of(state: str) -> str:
    slug = state.partition(".")[0]
    return slug if re.fullmatch(SLUG_PATTERN, slug) else ""


def _spend(state: str, now: datetime) -> None:
    """Burn the state before the exchange, so that of two returns with the same state only one
    goes on.
    """
    try:
        with transaction.atomic():
            SpentState.objects.create(digest=hashlib.sha256(state.encode()).digest(), spent_at=now)
    except IntegrityError:
        raise ConsentError(Refusal.ALREADY_USED) from None


def _permission(code: Secret, now: datetime) -> Secret:
    grant = _exchange(code, now)
    _check_scope(grant.scope)
    if settings.SPOTIFY_APP_MODE == "development":
        _check_listed(grant.access_token, now)
    if grant.refresh_token is None:
        raise ConsentError(Refusal.SPOTIFY_DOWN)
    return grant.refresh_token


def _exchange(code: Secret, now: datetime) -> spotify.Grant:
    try:
        pacing.check_open(now, [GateName.ACCOUNTS])
        return spotify.exchange_code(code)
    except pacing.GateClosedError:
        raise ConsentError(Refusal.SPOTIFY_DOWN) from None
    except spotify.SpotifyError as error:
        pacing.close_after(GateName.ACCOUNTS, error, now)
        refused = error.reason == "invalid_grant"
        raise ConsentError(Refusal.CODE_REFUSED if refused else Refusal.SPOTIFY_DOWN) from None


def _check_listed(access_token: Secret, now: datetime) -> None:
    """Tell a fan at once whom Spotify does not let this app serve."""
    try:
        pacing.check_open(now, [GateName.API])
        listed = spotify.is_open_to(access_token)
    except pacing.GateClosedError:
        raise ConsentError(Refusal.SPOTIFY_DOWN) from None
    except spotify.SpotifyError as error:
        pacing.close_after(GateName.API, error, now)
        raise ConsentError(Refusal.SPOTIFY_DOWN) from None
    if not listed:
        raise ConsentError(Refusal.NOT_LISTED)


def _check_scope(granted: str | None) -> None:
    scopes = set((granted or "").split())
    if spotify.SCOPE not in scopes:
        raise ConsentError(Refusal.LESS_THAN_ASKED)
    if scopes != {spotify.SCOPE}:
        raise ConsentError(Refusal.MORE_THAN_ASKED)


@transaction.atomic
def _record(campaign_id: UUID, permission: Secret, now: datetime) -> Secret:
    # The lock keeps the campaign from finishing, and its key from being shredded, between this look
    # and the commit.
    campaign = (
        Campaign.objects.accepting_consents().select_for_update().filter(id=campaign_id).first()
    )
    if campaign is None or campaign.public_key is None:
        raise ConsentError(Refusal.CAMPAIGN_CLOSED)
    row_id, token = uuid4(), secrets.token_urlsafe(TOKEN_BYTES)
    PreSave.objects.create(
        id=row_id,
        campaign=campaign,
        due_at=campaign.release_at,
        sealed=keyring.seal(bytes(campaign.public_key), permission, campaign_id, row_id),
        consented_at=now,
        receipt_hash=_receipt_hash(token),
    )
    stats.count(campaign_id, now, {"consented": 1})
    return Secret(token)


def _receipt_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
