"""Release night: claim pre-saves, save the release into their fans' libraries, settle them.

The rows are the truth. A worker claims a block of due rows with a lease and a fresh fence; every
later write names the fence, so a worker that stalled past its lease can change nothing. Whatever
dies leaves rows that come due again.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import DatabaseError, transaction

from campaigns import catalogue, keyring, pacing, retention, stats
from campaigns.keyring import CampaignKey, KeyringError, Secret, UnreadablePermissionError
from campaigns.models import (
    Campaign,
    CampaignState,
    PauseReason,
    PreSave,
    PreSaveState,
    Reason,
)
from campaigns.spotify import SCOPE, FanCalls, Grant, Scope, SpotifyError

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
LARGEST_BLOCK: Final = 200
# At once on the way to Spotify: what waits behind them is not sent after an answer such as 429.
CONNECTIONS: Final = 100
# Full jitter under 2^n seconds, at most 15 minutes between two attempts for one fan.
LONGEST_DELAY: Final = timedelta(minutes=15)
# A worker looks for other work (keys, confirmations, endings) at least this often while it saves.
BLOCKS_PER_ROUND: Final = 5

Clock = Callable[[], datetime]
_REASONS: Final = {
    "invalid_grant": Reason.REVOKED,
    "scope": Reason.SCOPE,
    "not_listed": Reason.NOT_LISTED,
    "unreadable": Reason.UNREADABLE,
}


@dataclass
class Claim:
    """A block of one campaign's rows, held under one fence until the lease ends."""

    campaign: Campaign
    fence: UUID
    rows: list[PreSave]


@dataclass
class Outcome:
    """What became of a claim: every claimed row stands in exactly one of the lists. Returned
    rows lose no attempt.
    """

    saved: list[UUID] = field(default_factory=list)
    failed: dict[Reason, list[UUID]] = field(default_factory=dict)
    delayed: list[UUID] = field(default_factory=list)
    returned: list[UUID] = field(default_factory=list)

    def fail(self, row_id: UUID, reason: Reason) -> None:
        self.failed.setdefault(reason, []).append(row_id)

    def touched(self) -> set[UUID]:
        return {*self.saved, *self.delayed, *self.returned}.union(*self.failed.values())


@dataclass(frozen=True)
class Shift:
    """How long a worker may go on, by the database's clock, unless told to stop before."""

    until: datetime
    stopped: Event
    clock: Clock

    def is_over(self) -> bool:
        return self.stopped.is_set() or self.clock() >= self.until


def work(until: datetime, stopped: Event, clock: Clock = pacing.database_now) -> int:
    """Do all work that is due, until there is none, `until` has passed, or `stopped` is set.

    Answers the saves made.
    """
    saved, shift = 0, Shift(until, stopped, clock)
    with FanCalls(CONNECTIONS) as calls:
        # The saves come first, so that slow looks into the catalogue cannot use up every shift.
        outcomes = release_round(calls, shift)
        while not shift.is_over():
            keep_house(shift)
            saved += sum(len(outcome.saved) for outcome in outcomes)
            outcomes = release_round(calls, shift)
            if not outcomes:
                break
    return saved + sum(len(outcome.saved) for outcome in outcomes)


def keep_house(shift: Shift) -> None:
    """Everything but the saves themselves."""
    now = shift.clock()
    try:
        retention.check_keys(now)
    except KeyringError as error:
        logger.error("keyring unusable: %s", error)
    retention.make_keys()
    retention.expire(now)
    catalogue.confirm_due(now, shift.is_over)
    retention.finish_settled(now)
    retention.shred_ended(now)
    retention.forget_spent_states(now)


def release_round(calls: FanCalls, shift: Shift) -> list[Outcome]:
    """Release a few blocks of every releasing campaign in turn, so that a small one does not wait
    for a large one.

    Answers what became of them: nothing when no row was due or the gate is closed.
    """
    outcomes: list[Outcome] = []
    for _ in range(BLOCKS_PER_ROUND):
        turn = [
            outcome
            for campaign in Campaign.objects.releasing().order_by("release_at")
            if not shift.is_over() and (outcome := _release_guarded(campaign, calls, shift))
        ]
        if not turn:
            break
        outcomes += turn
    return outcomes


def _release_guarded(campaign: Campaign, calls: FanCalls, shift: Shift) -> Outcome | None:
    """A block that fails in a way nobody foresaw must not hold up the other campaigns."""
    if not pacing.is_open(shift.clock()):
        return None
    try:
        return release_block(campaign, calls, shift)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("block failed campaign=%s", campaign.id)
        return None


def release_block(campaign: Campaign, calls: FanCalls, shift: Shift) -> Outcome | None:
    """Claim, save and settle one block; None when no row is due."""
    clock = shift.clock
    key = _open_key(campaign)
    claim = key and claim_block(campaign, pacing.block_size(LARGEST_BLOCK), clock())
    if not key or not claim:
        return None
    outcome = Outcome()
    try:
        if _wait_for_permits(len(claim.rows), shift):
            save_claim(claim, key, calls, outcome, clock)
    except pacing.GateClosedError:
        pass  # What was not sent is given back below, without counting as an attempt.
    outcome.returned += [row.id for row in claim.rows if row.id not in outcome.touched()]
    settle(claim, outcome, clock())
    return outcome


def claim_block(campaign: Campaign, size: int, now: datetime) -> Claim | None:
    """Take up to `size` due rows under a fresh fence. Two workers never hold the same row."""
    fence = uuid4()
    with transaction.atomic():
        ids = list(
            PreSave.objects.filter(campaign=campaign)
            .due(now)
            .order_by("due_at")
            .select_for_update(skip_locked=True)
            .values_list("id", flat=True)[:size]
        )
        # SQLite knows no row locks: there the IMMEDIATE transaction keeps others out, and due() is
        # asked again.
        PreSave.objects.filter(id__in=ids).due(now).update(lease=fence, lease_until=now + LEASE)
    rows = list(PreSave.objects.held_under(fence))
    return Claim(campaign, fence, rows) if rows else None


def save_claim(
    claim: Claim, key: CampaignKey, calls: FanCalls, outcome: Outcome, clock: Clock
) -> None:
    """Open, refresh, look once more whether the claim still stands, save.

    Fills `outcome`. Raises GateClosedError.
    """
    grants = calls.refresh_all(_open_permissions(claim, key, outcome))
    ready = _sort_grants(claim, grants, outcome, clock)
    keep_rotated_tokens(claim, ready)
    standing = still_standing(claim, clock())
    access_tokens = {id: grant.access_token for id, grant in ready.items() if id in standing}
    answers = calls.save_all(access_tokens, claim.campaign.confirmed_uri)
    for row_id, answer in answers.items():
        if isinstance(answer, SpotifyError):
            _sort_error(claim, row_id, answer, outcome, clock)
        else:
            outcome.saved.append(row_id)


def still_standing(claim: Claim, now: datetime) -> set[UUID]:
    """The rows that may be saved now: still ours, nobody cancelled, the campaign still
    releasing, the gate open.
    """
    pacing.check_open(now)
    held = PreSave.objects.held_under(claim.fence).filter(lease_until__gt=now)
    return set(held.filter(campaign__in=Campaign.objects.releasing()).values_list("id", flat=True))


def keep_rotated_tokens(claim: Claim, grants: dict[UUID, Grant]) -> None:
    """Commit a replaced refresh token before the save: if we die in between, the old one may be
    worth nothing.
    """
    public_key = bytes(claim.campaign.public_key or b"")
    rotated = {
        row_id: grant.refresh_token for row_id, grant in grants.items() if grant.refresh_token
    }
    for row_id, token in rotated.items():
        sealed = keyring.seal(public_key, token, claim.campaign.id, row_id)
        PreSave.objects.held_under(claim.fence).filter(id=row_id).update(sealed=sealed)


def settle(claim: Claim, outcome: Outcome, now: datetime) -> None:
    """Record what became of the claim.

    The statement that ends a row erases its permission; the fence guards all.
    """
    with transaction.atomic():
        # Rows that somebody else holds are being ended there, all of a campaign's at once: waiting
        # for them could be a deadlock.
        mine = PreSave.objects.held_under(claim.fence).select_for_update(skip_locked=True)
        held = PreSave.objects.held_under(claim.fence).filter(id__in=mine.values_list("id"))
        saved = held.filter(id__in=outcome.saved).end(PreSaveState.SAVED, Reason.NONE, now)
        failed = sum(
            held.filter(id__in=ids).end(PreSaveState.FAILED, reason, now)
            for reason, ids in outcome.failed.items()
        )
        held.filter(id__in=outcome.returned).update(lease=None, lease_until=None)
        # The counts come after all rows, as everywhere.
        stats.count(claim.campaign.id, now, {"saved": saved, "failed": failed})
    attempts = {row.id: row.attempts for row in claim.rows}
    for row_id in outcome.delayed:
        _delay(PreSave.objects.held_under(claim.fence), row_id, attempts[row_id], now)
    if saved or failed:
        logger.info(
            "block settled campaign=%s saved=%d failed=%d", claim.campaign.id, saved, failed
        )


def pause(campaign: Campaign, reason: PauseReason, now: datetime) -> bool:
    """Stop a releasing campaign until somebody acts; its permissions are kept.

    Says whether this changed anything.
    """
    going_on = Campaign.objects.filter(
        id=campaign.id, state=CampaignState.RELEASING, paused_reason=PauseReason.NONE
    )
    return bool(going_on.update(paused_reason=reason, paused_at=now))


def _delay(held: Any, row_id: UUID, attempts: int, now: datetime) -> None:
    longest = min(2.0 ** min(attempts + 1, 20), LONGEST_DELAY.total_seconds())
    wait = timedelta(seconds=random.uniform(0.5, longest))  # noqa: S311 -- spreads load, hides nothing
    held.filter(id=row_id).update(
        due_at=now + wait, attempts=attempts + 1, lease=None, lease_until=None
    )


def _wait_for_permits(count: int, shift: Shift) -> bool:
    """Take permits at both halves of Spotify and wait until they may be used; False when told to
    stop meanwhile.

    Raises GateClosedError.
    """
    now = shift.clock()
    usable_at = max(pacing.take(name, count, now) for name in pacing.HALVES)
    if shift.stopped.wait(max(0.0, (usable_at - now).total_seconds())):
        return False
    pacing.check_open(shift.clock())
    return True


def _open_key(campaign: Campaign) -> CampaignKey | None:
    """None when the key does not open or fit; retention.check_keys then pauses the campaign."""
    try:
        key = keyring.from_settings().open(campaign.id)
    except KeyringError:
        return None
    # With another key every permission would look damaged, and be destroyed for it.
    return key if key.public_bytes == bytes(campaign.public_key or b"") else None


def _open_permissions(claim: Claim, key: CampaignKey, outcome: Outcome) -> dict[UUID, Secret]:
    opened = {}
    for row in claim.rows:
        try:
            opened[row.id] = key.open(bytes(row.sealed or b""), row.id)
        except UnreadablePermissionError:
            logger.error("permission unreadable presave=%s", row.id)
            outcome.fail(row.id, Reason.UNREADABLE)
    return opened


def _sort_grants(
    claim: Claim, grants: dict[UUID, Grant | SpotifyError], outcome: Outcome, clock: Clock
) -> dict[UUID, Grant]:
    ready = {}
    for row_id, grant in grants.items():
        if isinstance(grant, SpotifyError):
            _sort_error(claim, row_id, grant, outcome, clock)
        elif grant.scope is None or grant.scope.split() == [SCOPE]:
            ready[row_id] = grant
        else:
            narrower = SCOPE not in grant.scope.split()
            outcome.fail(row_id, Reason.SCOPE if narrower else Reason.WIDER_SCOPE)
    return ready


def _sort_error(
    claim: Claim, row_id: UUID, error: SpotifyError, outcome: Outcome, clock: Clock
) -> None:
    if error.scope is Scope.FAN and error.permanent:
        outcome.fail(row_id, _REASONS[error.reason])
    elif error.scope is Scope.FAN:
        outcome.delayed.append(row_id)
    else:
        outcome.returned.append(row_id)
        if error.scope is Scope.CAMPAIGN:
            pause(claim.campaign, PauseReason.RELEASE_REFUSED, clock())
        else:
            pacing.close(error, clock())
