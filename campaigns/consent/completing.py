"""Completing: an authorization response from Spotify becomes a stored pre-save. The code exchange,
the scope check, sealing.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import BoundedSemaphore
from typing import Final, TypeVar
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from campaigns import keyring, spotify
from campaigns.clock import database_now
from campaigns.consent import oauth_state, receipts
from campaigns.consent.cookie import COOKIE_MAX_AGE, IssuedReceipt, PendingConsent
from campaigns.consent.prefixes import PrefixPaces
from campaigns.consent.refusal import NOT_THE_FANS_DOING, ConsentError, Refusal, why_closed
from campaigns.gate import closing, line, permits
from campaigns.keyring import Secret
from campaigns.models import (
    Campaign,
    Counted,
    DailyCount,
    ErrorReason,
    GateName,
    PreSave,
    SourceCount,
    Step,
    midnights,
    sources,
)

logger = logging.getLogger(__name__)

# Of the threads of a web process, so many may wait for Spotify at once.
_EXCHANGES: Final = BoundedSemaphore(8)
_PREFIXES: Final = PrefixPaces()
# A code is exchanged only for a browser that was given its cookie so long ago, and at most
# COOKIE_MAX_AGE.
YOUNGEST: Final = timedelta(seconds=1)
# A response can keep us so long: the code exchange, and in development mode one call more, each of
# ten seconds at most.
LONGEST_EXCHANGE: Final = timedelta(seconds=20)
T = TypeVar("T")


@dataclass(frozen=True)
class InLine:
    """A fan whose code is exchanged later: for so long the browser keeps its place, and comes back
    by itself. Nobody knows for how long in all where many share an address.
    """

    pending: PendingConsent
    wait: timedelta
    shares_address: bool = False
    campaign: Campaign | None = None


class _AskedToWaitError(Exception):
    """Spotify told the app to wait, and nothing became of the code."""


@dataclass(frozen=True)
class AuthorizationResponse:
    """What Spotify's redirect brought back."""

    state: str
    code: Secret | None
    error: str


def complete_authorization(
    response: AuthorizationResponse,
    pending: PendingConsent | None,
    now: datetime,
    kept: Mapping[str, str] | None = None,
    address: str = "",
) -> IssuedReceipt | PendingConsent | InLine:
    """The receipt of the pre-save that this response makes, or made before. Raises ConsentError.

    Nothing is asked of Spotify or the database before the cookie and the state are found good, but
    of the latter whether a state of ours was used. `kept` are the receipts that the browser
    remembers, by slug: who has one already gets that one, and the code is not used. `address` is
    the client's, which is neither stored nor logged.

    The pending consent itself is the answer to a response that comes a second time and finds no
    receipt: the first may be at Spotify still, and the receipt's address tells what becomes of it.
    Where many come at once the answer is a place in the line; the state is not spent.
    """
    pending = _matching(response, pending, now)
    try:
        if receipts.find(pending.token.reveal()):
            return pending.receipt
        code = _code_of(response)
        campaigns = Campaign.objects.filter(id=pending.campaign_id)
        campaign = campaigns.accepting_consents().first()
        if campaign is None:
            raise ConsentError(why_closed(campaigns.first(), now))
        _check_agreed(campaign, pending)
        if oauth_state.spent_at(pending.state):
            return pending
        kept_token = (kept or {}).get(pending.slug, "")
        if receipts.standing(kept_token):
            return IssuedReceipt(Secret(kept_token), pending.slug)
        done = _exchange_in_turn(pending, code, now, address)
        return replace(done, campaign=campaign) if isinstance(done, InLine) else done
    except ConsentError as error:
        error.slug = pending.slug
        if error.refusal in NOT_THE_FANS_DOING:
            logger.warning("no consent campaign=%s: %s", pending.campaign_id, error.refusal.value)
        raise


def stored_receipt(pending: PendingConsent | None) -> IssuedReceipt | None:
    """The receipt of a consent that is pending for the browser alone, which lost the answer; while
    the pre-save stands.
    """
    if pending and receipts.standing(pending.token.reveal()):
        return pending.receipt
    return None


def is_under_way(pending: PendingConsent, now: datetime) -> bool:
    """Whether a pre-save without a row may still get one from a response that is being worked on:
    this consent's, or that of the tap before, whose receipt it shares.
    """
    tapped_at = datetime.fromtimestamp(pending.at, UTC)
    return now < (oauth_state.spent_at(pending.state) or tapped_at) + LONGEST_EXCHANGE


def created_by(state: str, token: str) -> bool:
    """Whether this very response made that pre-save, whatever became of it since."""
    presave, spent_at = receipts.find(token), oauth_state.spent_at(state)
    return bool(presave and presave.consented_at == spent_at)


def _matching(
    response: AuthorizationResponse, pending: PendingConsent | None, now: datetime
) -> PendingConsent:
    """The browser's own consent, to which this response must belong. Raises ConsentError."""
    slug = oauth_state.slug_of(response.state)
    if pending is None:
        is_spent = oauth_state.spent_at(response.state)
        raise ConsentError(Refusal.ALREADY_USED if is_spent else Refusal.BROWSER_CHANGED, slug)
    if now.timestamp() - pending.at > COOKIE_MAX_AGE.total_seconds():
        raise ConsentError(Refusal.TOO_LATE, pending.slug)
    if not constant_time_compare(response.state, pending.state):
        raise ConsentError(Refusal.STATE_MISMATCH, slug or pending.slug)
    return pending


def _code_of(response: AuthorizationResponse) -> Secret:
    if response.error or response.code is None:
        denied = response.error == "access_denied"
        raise ConsentError(Refusal.DENIED if denied else Refusal.SPOTIFY_DOWN)
    return response.code


def _before_the_line(pending: PendingConsent, now: datetime, address: str) -> InLine | None:
    """Nobody reads Spotify's page and taps in less than a second, and nobody waits apart who has a
    place in the line.
    """
    coming_back = replace(pending, has_come_back=True)
    if now.timestamp() - pending.at < YOUNGEST.total_seconds():
        return InLine(coming_back, line.COME_BACK)
    if pending.place:
        return None
    age = timedelta(seconds=now.timestamp() - pending.at)
    waited = age if pending.has_come_back else None
    if _PREFIXES.take(address, waited, line.pace_now(database_now())):
        return None
    wait = random.uniform(1, 4) * line.COME_BACK  # nosec B311 # noqa: S311 -- spreads load, hides nothing
    if age + wait > COOKIE_MAX_AGE - LONGEST_EXCHANGE:
        raise ConsentError(Refusal.BUSY)
    return InLine(coming_back, wait, shares_address=True)


def _exchange_in_turn(
    pending: PendingConsent, code: Secret, now: datetime, address: str
) -> IssuedReceipt | PendingConsent | InLine:
    if waiting := _before_the_line(pending, now, address):
        return waiting
    with _one_of_few_exchanges() as is_one:
        pending, wait = _take_turn(pending, now) if is_one else (pending, line.COME_BACK)
        if wait:
            return InLine(replace(pending, has_come_back=True), wait)
        if not oauth_state.spend(pending.state, now):
            return pending
        try:
            permission = _exchange(code)
        except _AskedToWaitError:
            oauth_state.give_back(pending.state)
            pending, wait = _take_turn(pending, now)
            return InLine(replace(pending, has_come_back=True), wait or line.COME_BACK)
    return _store(pending, permission, now)


@contextmanager
def _one_of_few_exchanges() -> Iterator[bool]:
    """Whether a thread is free for this one: a flood leaves some for the landing pages."""
    is_one = _EXCHANGES.acquire(blocking=False)
    try:
        yield is_one
    finally:
        if is_one:
            _EXCHANGES.release()


def _take_turn(pending: PendingConsent, now: datetime) -> tuple[PendingConsent, timedelta]:
    """The consent with its place in the line, and how long it waits there."""
    left = timedelta(seconds=pending.at - now.timestamp()) + COOKIE_MAX_AGE - LONGEST_EXCHANGE
    clock = database_now()
    try:
        turn = line.take_turn(pending.place, pending.has_come_back, clock, clock + left)
    except closing.GateClosedError:
        raise ConsentError(Refusal.SPOTIFY_DOWN) from None
    if turn.wait > max(left, line.COME_BACK):
        raise ConsentError(Refusal.BUSY)
    return replace(pending, place=turn.place), turn.wait


def _exchange(code: Secret) -> Secret:
    """The permission that Spotify gives for this code, which must be the one that was asked for."""
    grant = _ask_spotify(GateName.ACCOUNTS, spotify.exchange_code, code)
    _check_scope(grant.scope)
    if spotify.app_mode() is spotify.AppMode.DEVELOPMENT and not _ask_spotify(
        GateName.API, spotify.is_open_to, grant.access_token
    ):
        raise ConsentError(Refusal.NOT_LISTED)
    if grant.refresh_token is None:
        raise ConsentError(Refusal.SPOTIFY_DOWN)
    return grant.refresh_token


def _ask_spotify(half: GateName, call: Callable[[Secret], T], secret: Secret) -> T:
    """Make one call with a fan's secret, unless Spotify told the app to wait."""
    try:
        closing.check_open(database_now(), [half])
        if half is GateName.API:
            permits.note_call(half, database_now())
        return call(secret)
    except closing.GateClosedError:
        raise _not_asked(half) from None
    except spotify.SpotifyError as error:
        closing.close_after(error)
        logger.warning("a consent met an error of Spotify's: %s", error)
        if error.reason is ErrorReason.RATE_LIMITED:
            raise _not_asked(half) from None
        refused = error.reason is ErrorReason.INVALID_GRANT
        raise ConsentError(Refusal.CODE_REFUSED if refused else Refusal.SPOTIFY_DOWN) from None


def _not_asked(half: GateName) -> Exception:
    """The code is good for another try, unless the token endpoint has taken it already."""
    return _AskedToWaitError() if half is GateName.ACCOUNTS else ConsentError(Refusal.SPOTIFY_DOWN)


def _check_scope(granted: str | None) -> None:
    scopes = set((granted or "").split())
    if spotify.SCOPE not in scopes:
        raise ConsentError(Refusal.LESS_THAN_ASKED)
    if scopes != {spotify.SCOPE}:
        raise ConsentError(Refusal.MORE_THAN_ASKED)


def _check_agreed(campaign: Campaign, pending: PendingConsent) -> bytes:
    """The digest of what the campaign shows, which has to be what it showed at the tap."""
    agreed = campaign.agreed_digest
    if agreed is None or agreed.hex() != pending.agreed:
        raise ConsentError(Refusal.RELEASE_CHANGED)
    return agreed


def _store(pending: PendingConsent, permission: Secret, now: datetime) -> IssuedReceipt:
    try:
        _insert_presave(pending, permission, now)
    except IntegrityError:
        # The response to another tap in this browser was first, and both have one receipt.
        if not receipts.find(pending.token.reveal()):
            raise
    return pending.receipt


@transaction.atomic
def _insert_presave(pending: PendingConsent, permission: Secret, now: datetime) -> None:
    # The lock keeps the campaign from finishing, and its key from being shredded, between this look
    # and the commit.
    campaigns = Campaign.objects.filter(id=pending.campaign_id)
    campaign = campaigns.accepting_consents().select_for_update(no_key=True).first()
    if campaign is None or campaign.public_key is None:
        raise ConsentError(why_closed(campaigns.first(), now))
    agreed = _check_agreed(campaign, pending)
    row_id = uuid4()
    PreSave.objects.create(
        id=row_id,
        campaign=campaign,
        due_at=_due_at(campaign, pending.zone, now),
        sealed=keyring.seal(bytes(campaign.public_key), permission, campaign.id, row_id, agreed),
        agreed_digest=agreed,
        consented_at=now,
        receipt_hash=receipts.digest(pending.token.reveal()),
    )
    DailyCount.objects.add(campaign.id, now, {"presaves": 1})
    source = pending.source or sources.DIRECT
    SourceCount.objects.add({Counted(campaign.id, now.date(), source, Step.PRESAVE): 1})


def _due_at(campaign: Campaign, zone: str, now: datetime) -> datetime:
    """The instant is kept, the zone is not: a move takes the one along without the other."""
    if not campaign.at_local_midnights:
        return campaign.release_at
    due_at = midnights.due_at(campaign.release_at, zone)
    if campaign.moved_from and campaign.takes_along(now):
        return due_at - (campaign.release_at - campaign.moved_from)
    return due_at
