"""The fan's consent: the state that goes to Spotify and back, the code exchange, the scope
check, sealing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Final, TypeVar
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from campaigns import keyring, spotify
from campaigns.clock import database_now
from campaigns.consent import oauth_state, receipts
from campaigns.consent.cookie import COOKIE_MAX_AGE, IssuedReceipt, PendingConsent, opened
from campaigns.consent.refusal import NOT_THE_FANS_DOING, ConsentError, Refusal, why_closed
from campaigns.gate import closing, permits
from campaigns.keyring import Secret
from campaigns.models import (
    Campaign,
    DailyCount,
    ErrorReason,
    GateName,
    PreSave,
    SpentState,
    midnights,
)

logger = logging.getLogger(__name__)

# Of the threads of a web process, so many may wait for Spotify at once.
_EXCHANGES: Final = BoundedSemaphore(8)
# And so many for another return with the same state, as long as that can take: the exchange, and in
# development mode one call more, each of ten seconds at most.
_SECOND_RETURNS: Final = BoundedSemaphore(4)
_LONGEST_RETURN: Final = timedelta(seconds=20)
_LOOK_EVERY: Final = timedelta(seconds=0.2)
T = TypeVar("T")


@dataclass(frozen=True)
class AuthorizationResponse:
    """What Spotify's redirect brought back."""

    state: str
    code: Secret | None
    error: str


def complete_authorization(
    returned: AuthorizationResponse,
    cookie: str,
    now: datetime,
    kept: Mapping[str, str] | None = None,
) -> IssuedReceipt:
    """Turn a return from Spotify into a stored pre-save. Raises ConsentError.

    Nothing is asked of Spotify or the database before the cookie and the state are found good, but
    of the latter whether a state of ours was used. `kept` are the receipts that the browser
    remembers, by slug: who has one already gets that one, and the code is not used. Who comes again
    with the same cookie, as on a phone that lost the answer, gets the receipt of the first time.
    """
    started = _started(returned, cookie, now)
    try:
        if receipts.find(started.receipt):
            return started.issued
        if returned.error or returned.code is None:
            denied = returned.error == "access_denied"
            raise ConsentError(Refusal.DENIED if denied else Refusal.SPOTIFY_DOWN)
        campaigns = Campaign.objects.filter(id=started.campaign_id)
        if not campaigns.accepting_consents().exists():
            raise ConsentError(why_closed(campaigns.first(), now))
        if oauth_state.was_spent(started.state):
            return _receipt_before(started, now)
        receipt = (kept or {}).get(started.slug, "")
        if receipts.stands(receipt):
            return IssuedReceipt(Secret(receipt), started.slug)
        with _one_of_few_exchanges():
            permission = (
                _permission(returned.code) if oauth_state.spend(started.state, now) else None
            )
        if permission is None:
            return _receipt_before(started, now)
        return _recorded(started, permission, now)
    except ConsentError as error:
        error.slug = started.slug
        if error.refusal in NOT_THE_FANS_DOING:
            logger.warning("no consent campaign=%s: %s", started.campaign_id, error.refusal.value)
        raise


def lost_receipt(cookie: str) -> IssuedReceipt | None:
    """The pre-save of a start whose answer never reached the browser, if it stands."""
    started = opened(cookie)
    if started and receipts.stands(started.receipt):
        return started.issued
    return None


def created_by(state: str, receipt: str) -> bool:
    """Whether this very return made that pre-save, whatever became of it since."""
    presave = receipts.find(receipt)
    spent = SpentState.objects.filter(digest=receipts.digest(state)).first()
    return bool(presave and spent and presave.consented_at == spent.spent_at)


def _started(returned: AuthorizationResponse, cookie: str, now: datetime) -> PendingConsent:
    started = opened(cookie)
    if started is None:
        spent = oauth_state.was_spent(returned.state)
        refusal = Refusal.ALREADY_USED if spent else Refusal.BROWSER_CHANGED
        raise ConsentError(refusal, oauth_state.slug_of(returned.state))
    if now.timestamp() - started.at > COOKIE_MAX_AGE.total_seconds():
        raise ConsentError(Refusal.TOO_LATE, started.slug)
    if not constant_time_compare(returned.state, started.state):
        raise ConsentError(
            Refusal.STATE_MISMATCH, oauth_state.slug_of(returned.state) or started.slug
        )
    return started


def _receipt_before(started: PendingConsent, now: datetime) -> IssuedReceipt:
    """What another return with the same state came to; waits while that may be under way.

    Raises ConsentError when it came to nothing.
    """
    if not receipts.find(started.receipt):
        _wait_for_first_return(started, now)
    if not receipts.find(started.receipt):
        raise ConsentError(Refusal.ALREADY_USED)
    return started.issued


def _wait_for_first_return(started: PendingConsent, now: datetime) -> None:
    """Until there is a receipt, or none can come any more: looked for again and again, as the
    other return may be in another process.
    """
    spent = SpentState.objects.get(digest=receipts.digest(started.state))
    looks = (spent.spent_at + _LONGEST_RETURN - now) // _LOOK_EVERY
    if looks <= 0:
        return
    if not _SECOND_RETURNS.acquire(blocking=False):
        raise ConsentError(Refusal.BUSY)
    try:
        for _ in range(looks):
            time.sleep(_LOOK_EVERY.total_seconds())
            if receipts.find(started.receipt):
                break
    finally:
        _SECOND_RETURNS.release()


@contextmanager
def _one_of_few_exchanges() -> Iterator[None]:
    """Keep a flood of returns from Spotify off Spotify, and threads free for the landing pages."""
    if not _EXCHANGES.acquire(blocking=False):
        raise ConsentError(Refusal.BUSY)
    try:
        if not permits.admit_consent(database_now()):
            raise ConsentError(Refusal.BUSY)
        yield
    finally:
        _EXCHANGES.release()


def _permission(code: Secret) -> Secret:
    grant = _asking_spotify(GateName.ACCOUNTS, spotify.exchange_code, code)
    _check_scope(grant.scope)
    if settings.SPOTIFY_APP_MODE == "development" and not _asking_spotify(
        GateName.API, spotify.is_open_to, grant.access_token
    ):
        raise ConsentError(Refusal.NOT_LISTED)
    if grant.refresh_token is None:
        raise ConsentError(Refusal.SPOTIFY_DOWN)
    return grant.refresh_token


def _asking_spotify(half: GateName, call: Callable[[Secret], T], secret: Secret) -> T:
    """Make one call with a fan's secret, unless Spotify told the app to wait."""
    try:
        closing.check_open(database_now(), [half])
        return call(secret)
    except closing.GateClosedError:
        raise ConsentError(Refusal.SPOTIFY_DOWN) from None
    except spotify.SpotifyError as error:
        closing.close_after(error)
        logger.warning("a consent met an error of Spotify's: %s", error)
        refused = error.reason is ErrorReason.INVALID_GRANT
        raise ConsentError(Refusal.CODE_REFUSED if refused else Refusal.SPOTIFY_DOWN) from None


def _check_scope(granted: str | None) -> None:
    scopes = set((granted or "").split())
    if spotify.SCOPE not in scopes:
        raise ConsentError(Refusal.LESS_THAN_ASKED)
    if scopes != {spotify.SCOPE}:
        raise ConsentError(Refusal.MORE_THAN_ASKED)


def _recorded(started: PendingConsent, permission: Secret, now: datetime) -> IssuedReceipt:
    try:
        _record(started, permission, now)
    except IntegrityError:
        # The return of another start in this browser was first, and both have one receipt.
        if not receipts.find(started.receipt):
            raise
    return started.issued


@transaction.atomic
def _record(started: PendingConsent, permission: Secret, now: datetime) -> None:
    # The lock keeps the campaign from finishing, and its key from being shredded, between this look
    # and the commit.
    campaigns = Campaign.objects.filter(id=started.campaign_id)
    campaign = campaigns.accepting_consents().select_for_update(no_key=True).first()
    if campaign is None or campaign.public_key is None:
        raise ConsentError(why_closed(campaigns.first(), now))
    row_id = uuid4()
    PreSave.objects.create(
        id=row_id,
        campaign=campaign,
        due_at=_due_at(campaign, started.zone),
        sealed=keyring.seal(bytes(campaign.public_key), permission, campaign.id, row_id),
        consented_at=now,
        receipt_hash=receipts.digest(started.receipt),
    )
    DailyCount.objects.add(campaign.id, now, {"presaves": 1})


def _due_at(campaign: Campaign, zone: str) -> datetime:
    """The instant is kept, the zone is not."""
    if campaign.at_local_midnights:
        return midnights.due_at(campaign.release_at, zone)
    return campaign.release_at
