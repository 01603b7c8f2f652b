"""Claims on pre-saves: a worker claims a block of due rows, checks that the claim still stands, and
settles it.

A claim is a lease by the database's clock and a fresh fence, the fencing token. Every later write
names the fence, so a worker that stalled past its lease can change nothing. A worker that dies
leaves rows that come due again. A fan who is put off is held by nobody until the next try: the due
instant stays as it is.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import DateTimeField, F, Q, QuerySet, Subquery, TextField, UUIDField
from django.db.models.functions import Coalesce

from campaigns import keyring
from campaigns.keyring import Secret
from campaigns.models import (
    IN_DOUBT,
    Campaign,
    CampaignState,
    DailyCount,
    PreSave,
    PreSaveQuerySet,
    PreSaveState,
    Reason,
)
from campaigns.models.any_of import Ids
from campaigns.models.statements import Parameter, Statement, select, update_returning
from campaigns.release import retrying

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
NOW: Final = Parameter("now", DateTimeField())


class ClaimedRow(NamedTuple):
    """What the worker needs to know of a claimed pre-save."""

    id: UUID
    attempts: int
    reason: str
    refused_at: datetime | None
    agreed_digest: bytes | None
    sealed: bytes

    def __repr__(self) -> str:
        return f"<ClaimedRow: {self.id}>"


@dataclass(frozen=True)
class Claim:
    """A block of one campaign's rows, held under one fence until the lease ends."""

    campaign: Campaign
    fence: UUID
    rows: list[ClaimedRow]


class Held(NamedTuple):
    """A claimed row, between its claim and its outcome."""

    row: ClaimedRow
    claim: Claim

    @property
    def is_first_try(self) -> bool:
        return not (self.row.attempts or self.row.refused_at)


class Confirmation(NamedTuple):
    """What the catalogue showed, and since when: a save counts for this confirmation alone."""

    uri: str
    at: datetime


@dataclass
class Outcome:
    """What became of claimed rows of one campaign: each is in exactly one of the parts.

    Sent rows are saved once a later look confirms it. Returned rows lose no attempt; refused ones
    are asked for once more later. Unanswered ones are delayed, and their save was sent.
    """

    sent: dict[UUID, Confirmation] = field(default_factory=dict)
    failed: dict[Reason, list[UUID]] = field(default_factory=partial(defaultdict, list))
    refused: dict[Reason, list[UUID]] = field(default_factory=partial(defaultdict, list))
    delayed: dict[UUID, int] = field(default_factory=dict)
    unanswered: set[UUID] = field(default_factory=set)
    returned: list[UUID] = field(default_factory=list)

    def settled(self) -> set[UUID]:
        lists = [*self.failed.values(), *self.refused.values()]
        return {*self.sent, *self.delayed, *self.returned}.union(*lists)


def claim_block(campaign: Campaign, size: int, now: datetime) -> Claim | None:
    """Claim up to `size` due rows under a fresh fence, first come, first served. Two workers never
    hold the same row.
    """
    return _claim(campaign, _due(campaign, now).first_come(), size, now)


def claim_newcomers(campaign: Campaign, size: int, now: datetime) -> Claim | None:
    """As claim_block, of those who were never tried."""
    return _claim(campaign, _due(campaign, now).never_tried().first_come(), size, now)


def claim_least_tried(campaign: Campaign, now: datetime) -> Claim | None:
    """Claim one due row: of those who were tried, the one with the fewest troubles of its own."""
    fewest = F("refused_at").asc(nulls_first=True), "attempts", "due_at", "consented_at"
    return _claim(campaign, _due(campaign, now).order_by(*fewest), 1, now)


def _due(campaign: Campaign, now: datetime) -> PreSaveQuerySet:
    due = campaign.presaves.due(now).servable_until(campaign.confirmed_until)
    return due.newcomers(campaign.paused_at) if campaign.is_paused else due


def _claim(campaign: Campaign, due: PreSaveQuerySet, size: int, now: datetime) -> Claim | None:
    fence = uuid4()
    with transaction.atomic():
        # SQLite knows no row locks: there the IMMEDIATE transaction keeps others out.
        due = due.select_for_update(skip_locked=True)
        rows = [ClaimedRow(*row) for row in due.values_list(*ClaimedRow._fields)[:size]]
        if not rows:
            return None
        claimed = PreSave.objects.filter(id__any_of=[row.id for row in rows])
        # A lease that ran out leaves open what its worker did.
        claimed.update(in_doubt=IN_DOUBT, lease=fence, lease_until=now + LEASE)
    return Claim(campaign, fence, rows)


def as_agreed(claim: Claim) -> list[ClaimedRow]:
    """The rows whose fans agreed to what the campaign is; one from before that was kept says
    nothing of it.
    """
    agreed = claim.campaign.agreed_digest
    return [row for row in claim.rows if agreed and row.agreed_digest in (None, agreed)]


def is_what_some_agreed_to(campaign: Campaign) -> bool:
    """Whether the campaign still is what one of its waiting fans agreed to."""
    agreed = campaign.agreed_digest
    fitting = Q(agreed_digest=None) | Q(agreed_digest=agreed)
    return agreed is not None and campaign.presaves.waiting().filter(fitting).exists()


def still_standing(
    ids: Collection[UUID], fences: Collection[UUID], now: datetime
) -> dict[UUID, Confirmation]:
    """The rows that may be saved now, each with what to save: still held under the fence, not
    cancelled, their campaign still releasing, in their market too, and paused for no newcomer. What
    is confirmed is read again, because since the claim the release may have been moved, corrected
    and confirmed once more.
    """
    confirmed = _still_standing().run(ids=ids, fences=fences, now=now)
    return {row_id: Confirmation(uri, at) for row_id, uri, at in confirmed if at}


@cache
def _still_standing() -> Statement:
    unexpired = PreSave.objects.filter(id__any_of=Ids("ids"), lease_until__gt=NOW)
    held = unexpired.held_under(Ids("fences")).servable()
    newcomers = held.newcomers(F("campaign__paused_at"))
    standing = held.filter(campaign__in=Campaign.objects.releasing())
    standing |= newcomers.filter(campaign__in=Campaign.objects.serving())
    return select(standing.values_list("id", "campaign__confirmed_uri", "campaign__confirmed_at"))


def keep_rotated_tokens(claim: Claim, tokens: Mapping[UUID, Secret]) -> None:
    """Commit a replaced refresh token before the save: if the worker dies in between, the old one
    may be worth nothing.
    """
    public_key = bytes(claim.campaign.public_key or b"")
    agreed = {row.id: row.agreed_digest for row in claim.rows}
    for row_id, token in tokens.items():
        sealed = keyring.seal(public_key, token, claim.campaign.id, row_id, agreed[row_id])
        PreSave.objects.filter(id=row_id).held_under({claim.fence}).update(sealed=sealed)


def forget_refusal(row: ClaimedRow, fence: UUID) -> None:
    """Forget a refusal, as Spotify took the permission after all; the next one is a first again."""
    held = PreSave.objects.filter(id=row.id).held_under({fence})
    held.update(refused_at=None, reason=Reason.NONE)


def settle(
    campaign: Campaign, fence_of: Mapping[UUID, UUID], outcome: Outcome, now: datetime
) -> None:
    """Record the outcome of claimed rows, each of which has its fence in `fence_of`.

    The statement that ends a row erases its permission; every statement names the fence.
    """
    fences = set(fence_of.values())
    held = PreSave.objects.held_under(fences)
    unnoted = set(outcome.sent)
    for confirmation, ids in _by_confirmation(outcome.sent).items():
        with transaction.atomic():
            noted = _note_sent().run(
                campaign_id=campaign.id, **confirmation._asdict(), ids=ids, fences=fences, now=now
            )
        unnoted -= {row_id for (row_id,) in noted}
    if unnoted:
        cancelled = PreSave.objects.filter(id__in=unnoted, state=PreSaveState.CANCELLED)
        cancelled.filter(sent_at=None).update(sent_at=now)
    if not_sent := outcome.settled() - outcome.sent.keys() - outcome.unanswered:
        _end_doubt(not_sent, fence_of)
    if outcome.failed:
        _end_failed(campaign, fences, outcome.failed, now)
    if outcome.returned:
        _let_go(held.filter(id__any_of=outcome.returned), None)
    for reason, ids in outcome.refused.items():
        refused_at, again_at = Coalesce("refused_at", now), now + retrying.until_second_look()
        _let_go(held.filter(id__in=ids), again_at, reason=reason, refused_at=refused_at)
    for row_id, attempts in outcome.delayed.items():
        again_at = now + retrying.delay_after(attempts)
        doubt = {"in_doubt": IN_DOUBT} if row_id in outcome.unanswered else {}
        _let_go(held.filter(id=row_id), again_at, attempts=min(attempts + 1, 32_000), **doubt)
    failed = sum(map(len, outcome.failed.values()))
    if outcome.sent or failed:
        logger.info("settled campaign=%s sent=%d failed=%d", campaign.id, len(outcome.sent), failed)


def _end_doubt(not_sent: Collection[UUID], fence_of: Mapping[UUID, UUID]) -> None:
    """Note that nothing was sent for those who lost our fence meanwhile, as by cancelling. What a
    row's earlier try left in doubt, this one cannot say.
    """
    doubted = PreSave.objects.filter(id__any_of=not_sent, in_doubt__any_of=set(fence_of.values()))
    ours = [id for id, fence in doubted.values_list("id", "in_doubt") if fence_of[id] == fence]
    if ours:
        doubted.filter(id__in=ours).update(in_doubt=None)


def _by_confirmation(sent: Mapping[UUID, Confirmation]) -> Mapping[Confirmation, list[UUID]]:
    ids_of: defaultdict[Confirmation, list[UUID]] = defaultdict(list)
    for row_id, confirmation in sent.items():
        ids_of[confirmation].append(row_id)
    return ids_of


@cache
def _note_sent() -> Statement:
    """Note that these were sent; the answer is who was held still. If the release has gone or was
    changed meanwhile, the save does not count: they are let go and sent again.
    """
    confirmed = Campaign.objects.filter(
        id=Parameter("campaign_id", UUIDField()),
        state=CampaignState.RELEASING,
        confirmed_uri=Parameter("uri", TextField()),
        confirmed_at=Parameter("at", DateTimeField()),
    )
    held = PreSave.objects.held_under(Ids("fences")).filter(id__any_of=Ids("ids"))
    return update_returning(
        PreSave.objects.filter(id__any_of=_free_to_lock(held)),
        ["id"],
        sent_for=Subquery(confirmed.values("confirmed_at")),
        sent_at=NOW,
        refused_at=None,
        reason=Reason.NONE,
        in_doubt=None,
        lease=None,
        lease_until=None,
    )


@transaction.atomic
def _end_failed(
    campaign: Campaign,
    fences: Collection[UUID],
    failed: Mapping[Reason, Collection[UUID]],
    now: datetime,
) -> None:
    held = PreSave.objects.held_under(fences)
    of_any_reason = held.filter(id__any_of=[id for ids in failed.values() for id in ids])
    locked = {row["id"] for row in _free_to_lock(of_any_reason)}
    ended: Counter[str] = Counter()
    for reason, ids in failed.items():
        is_age = reason is Reason.PERMISSION_AGE
        state = PreSaveState.EXPIRED if is_age else PreSaveState.FAILED
        ended[state.value] += held.filter(id__any_of=locked.intersection(ids)).end(
            state, reason, now
        )
    # The counts come after all rows, as everywhere.
    DailyCount.objects.add(campaign.id, now, ended)


def _free_to_lock(rows: PreSaveQuerySet) -> QuerySet[PreSave, Any]:
    """Those of the rows that nobody else is changing now, to be locked; the others are skipped.

    An artist who cancels or moves the release takes many of a campaign's rows at once: waiting for
    them could be a deadlock, and what is left out here frees itself when its lease ends.
    """
    return rows.select_for_update(skip_locked=True).values("id")


@transaction.atomic
def _let_go(held: PreSaveQuerySet, again_at: datetime | None, **changes: Any) -> None:
    """Nobody holds these rows any more, and none is claimed before `again_at`."""
    rows = PreSave.objects.filter(id__any_of=_free_to_lock(held))
    rows.update(lease=None, lease_until=again_at, **changes)
