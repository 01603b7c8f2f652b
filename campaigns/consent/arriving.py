"""The fan's consent: the state that goes to Spotify and back, the code exchange, the scope
check, sealing.
"""

from __future__ import annotations

import enum
import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Final, TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from campaigns import keyring, spotify
from campaigns.consent import oauth_state, receipts
from campaigns.gate import permits
from campaigns.keyring import Secret
from campaigns.models import (
    Campaign,
    CampaignState,
    GateName,
    PreSave,
    SpentState,
    midnights,
    stats,
)

logger = logging.getLogger(__name__)

COOKIE_MAX_AGE: Final = timedelta(minutes=10)
# The browser keeps it longer, so that who comes too late is told that and nothing else.
COOKIE_LIFETIME: Final = 2 * COOKIE_MAX_AGE
# 256 bits, so that a receipt's address cannot be guessed.
TOKEN_BYTES: Final = 32
_PURPOSE: Final = "consent"
# Of the threads of a web process, so many may wait for Spotify at once.
_EXCHANGES: Final = BoundedSemaphore(8)
# And so many for another return with the same state, as long as that can take: the exchange, and in
# development mode one call more, each of ten seconds at most.
_SECOND_RETURNS: Final = BoundedSemaphore(4)
_LONGEST_RETURN: Final = timedelta(seconds=20)
_LOOK_EVERY: Final = timedelta(seconds=0.2)
T = TypeVar("T")


class Refusal(enum.Enum):
    """Why no pre-save was made. Nothing about the fan is stored for any of them."""

    DENIED = "denied"
    BROWSER_CHANGED = "browser_changed"
    TOO_LATE = "too_late"
    STATE_MISMATCH = "state_mismatch"
    ALREADY_USED = "already_used"
    CODE_REFUSED = "code_refused"
    CALLED_OFF = "called_off"
    FINISHED = "finished"
    PAUSED = "paused"
    MORE_THAN_ASKED = "more_than_asked"
    LESS_THAN_ASKED = "less_than_asked"
    NOT_LISTED = "not_listed"
    SPOTIFY_DOWN = "spotify_down"
    SPOTIFY_AWAY = "spotify_away"
    NOT_OPEN_YET = "not_open_yet"
    BUSY = "busy"


# What an operator wants to know of: it can come from a fault at Spotify or in the settings.
NOT_THE_FANS_DOING: Final = {
    *(Refusal.BUSY, Refusal.SPOTIFY_DOWN, Refusal.CODE_REFUSED, Refusal.NOT_LISTED),
    *(Refusal.MORE_THAN_ASKED, Refusal.LESS_THAN_ASKED),
}


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
    at: int
    zone: str
    receipt: str

    @property
    def arrival(self) -> Arrival:
        return Arrival(Secret(self.receipt), self.slug)


@dataclass(frozen=True)
class Return:
    """What Spotify's redirect brought back."""

    state: str
    code: Secret | None
    error: str


@dataclass(frozen=True)
class Arrival:
    """A fan who is in: the receipt's token, and the campaign's slug."""

    receipt: Secret
    slug: str


def depart(
    campaign: Campaign, now: datetime, zone: str = "", language: str = "", cookie: str = ""
) -> Departure:
    """`zone` is what the fan's browser says, if it was asked: where each fan has a midnight.
    `language` is the one the fan chose, if any; `cookie` that of a start before.

    Raises ConsentError while Spotify would not answer us when the fan comes back.
    """
    if spotify_is_away():
        raise ConsentError(Refusal.SPOTIFY_AWAY, campaign.slug)
    state = oauth_state.new(campaign.slug, language)
    content = json.dumps(
        {
            "state": state,
            "campaign": str(campaign.id),
            "slug": campaign.slug,
            "at": int(now.timestamp()),
            "zone": midnights.known_zone(zone),
            "receipt": _receipt_to_be(campaign, cookie),
        }
    )
    cookie = keyring.seal_cookie(settings.SECRET_KEY, content.encode(), _PURPOSE)
    return Departure(spotify.authorize_url(state), cookie)


def _receipt_to_be(campaign: Campaign, cookie: str) -> str:
    """Drawn at the start, so that a browser which loses the answer still knows its receipt; and the
    same one for a second start while the first is under way, so that they cannot make two rows.
    """
    before = _open(cookie)
    if before and before.slug == campaign.slug and not receipts.find(before.receipt):
        return before.receipt
    return secrets.token_urlsafe(TOKEN_BYTES)


def spotify_is_away() -> bool:
    """Whether Spotify is out of order, or told the app to wait: no consent would be confirmed."""
    in_development = settings.SPOTIFY_APP_MODE == "development"
    halves = [GateName.ACCOUNTS, *([GateName.API] if in_development else [])]
    return permits.is_any_closed(halves)


def arrive(
    returned: Return, cookie: str, now: datetime, kept: Mapping[str, str] | None = None
) -> Arrival:
    """Turn a return from Spotify into a stored pre-save. Raises ConsentError.

    Nothing is asked of Spotify or the database before the cookie and the state are found good, but
    of the latter whether a state of ours was used. `kept` are the receipts that the browser
    remembers, by slug: who has one already gets that one, and the code is not used. Who comes again
    with the same cookie, as on a phone that lost the answer, gets the receipt of the first time.
    """
    started = _started(returned, cookie, now)
    try:
        if receipts.find(started.receipt):
            return started.arrival
        if returned.error or returned.code is None:
            denied = returned.error == "access_denied"
            raise ConsentError(Refusal.DENIED if denied else Refusal.SPOTIFY_DOWN)
        campaigns = Campaign.objects.filter(id=started.campaign_id)
        if not campaigns.accepting_consents().exists():
            raise ConsentError(why_closed(campaigns.first()))
        if oauth_state.was_spent(started.state):
            return _arrival_before(started, now)
        receipt = (kept or {}).get(started.slug, "")
        if receipts.stands(receipt):
            return Arrival(Secret(receipt), started.slug)
        with _one_of_few_exchanges():
            permission = (
                _permission(returned.code) if oauth_state.spend(started.state, now) else None
            )
        if permission is None:
            return _arrival_before(started, now)
        return _arrival(started, permission, now)
    except ConsentError as error:
        error.slug = started.slug
        if error.refusal in NOT_THE_FANS_DOING:
            logger.warning("no consent campaign=%s: %s", started.campaign_id, error.refusal.value)
        raise


def lost_arrival(cookie: str) -> Arrival | None:
    """The pre-save of a start whose answer never reached the browser, if it stands."""
    started = _open(cookie)
    if started and receipts.stands(started.receipt):
        return started.arrival
    return None


def led_to(state: str, receipt: str) -> bool:
    """Whether this very return made that pre-save, whatever became of it since."""
    presave = receipts.find(receipt)
    spent = SpentState.objects.filter(digest=receipts.digest(state)).first()
    return bool(presave and spent and presave.consented_at == spent.spent_at)


def _started(returned: Return, cookie: str, now: datetime) -> Transaction:
    started = _open(cookie)
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


def _open(cookie: str) -> Transaction | None:
    content = keyring.open_cookie(settings.SECRET_KEY, cookie, _PURPOSE) if cookie else None
    if content is None:
        return None
    fields = json.loads(content)
    fields["campaign_id"] = UUID(fields.pop("campaign"))
    try:
        return Transaction(**fields)
    except TypeError:
        return None  # another version of Presave made it: one more tap


def _arrival_before(started: Transaction, now: datetime) -> Arrival:
    """What another return with the same state came to; waits while that may be under way.

    Raises ConsentError when it came to nothing.
    """
    if not receipts.find(started.receipt):
        _wait_for_first_return(started, now)
    if not receipts.find(started.receipt):
        raise ConsentError(Refusal.ALREADY_USED)
    return started.arrival


def _wait_for_first_return(started: Transaction, now: datetime) -> None:
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


def why_closed(campaign: Campaign | None) -> Refusal:
    """Why this campaign is none of those accepting consents."""
    if campaign is None or campaign.state == CampaignState.CANCELLED:
        return Refusal.CALLED_OFF
    if campaign.state == CampaignState.FINISHED:
        return Refusal.FINISHED
    return Refusal.NOT_OPEN_YET if campaign.public_key is None else Refusal.PAUSED


@contextmanager
def _one_of_few_exchanges() -> Iterator[None]:
    """Keep a flood of returns from Spotify off Spotify, and threads free for the landing pages."""
    if not _EXCHANGES.acquire(blocking=False):
        raise ConsentError(Refusal.BUSY)
    try:
        if not permits.admit_consent(permits.database_now()):
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
        permits.check_open(permits.database_now(), [half])
        return call(secret)
    except permits.GateClosedError:
        raise ConsentError(Refusal.SPOTIFY_DOWN) from None
    except spotify.SpotifyError as error:
        permits.close_after(error)
        logger.warning("a consent met an error of Spotify's: %s", error)
        refused = error.reason == "invalid_grant"
        raise ConsentError(Refusal.CODE_REFUSED if refused else Refusal.SPOTIFY_DOWN) from None


def _check_scope(granted: str | None) -> None:
    scopes = set((granted or "").split())
    if spotify.SCOPE not in scopes:
        raise ConsentError(Refusal.LESS_THAN_ASKED)
    if scopes != {spotify.SCOPE}:
        raise ConsentError(Refusal.MORE_THAN_ASKED)


def _arrival(started: Transaction, permission: Secret, now: datetime) -> Arrival:
    try:
        _record(started, permission, now)
    except IntegrityError:
        # The return of another start in this browser was first, and both have one receipt.
        if not receipts.find(started.receipt):
            raise
    return started.arrival


@transaction.atomic
def _record(started: Transaction, permission: Secret, now: datetime) -> None:
    # The lock keeps the campaign from finishing, and its key from being shredded, between this look
    # and the commit.
    campaigns = Campaign.objects.filter(id=started.campaign_id)
    campaign = campaigns.accepting_consents().select_for_update(no_key=True).first()
    if campaign is None or campaign.public_key is None:
        raise ConsentError(why_closed(campaigns.first()))
    row_id = uuid4()
    PreSave.objects.create(
        id=row_id,
        campaign=campaign,
        due_at=_due_at(campaign, started.zone),
        sealed=keyring.seal(bytes(campaign.public_key), permission, campaign.id, row_id),
        consented_at=now,
        receipt_hash=receipts.digest(started.receipt),
    )
    stats.count(campaign.id, now, {"consented": 1})


def _due_at(campaign: Campaign, zone: str) -> datetime:
    """The instant is kept, the zone is not."""
    if campaign.at_local_midnights:
        return midnights.due_at(campaign.release_at, zone)
    return campaign.release_at
