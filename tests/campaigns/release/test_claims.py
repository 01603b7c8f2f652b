"""Claims, the fence and settling: whatever happens in between, every fan ends once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.consent import receipts
from campaigns.models import Campaign, CampaignState, PauseReason, PreSave, PreSaveState, Reason
from campaigns.release import claims
from campaigns.release.claims import (
    LEASE,
    Claim,
    ClaimedRow,
    Outcome,
    claim_block,
    claim_least_tried,
    claim_newcomers,
    still_standing,
)
from tests.factory import make_campaign, make_presave, make_presaves
from tests.nights.night import (
    all_sent,
    check_books,
    claim,
    clock_ahead,
    confirmation,
    in_threads,
    settle,
    states,
)

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]
PAST_THE_LEASE = LEASE.total_seconds() + 1


def make_releasing(fans: int = 3) -> Campaign:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presaves(campaign, [f"token-{number}" for number in range(fans)])
    return campaign


def ids(claimed: Claim) -> set[UUID]:
    return {row.id for row in claimed.rows}


def stored(row: PreSave | ClaimedRow) -> PreSave:
    return PreSave.objects.get(id=row.id)


def test_a_claim_takes_the_rows_that_are_due_longest() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    now = timezone.now()
    waits = [30, 10, 20, -5]
    rows = [make_presave(campaign, due_at=now - timedelta(seconds=wait)) for wait in waits]
    assert ids(claim(campaign, size=2)) == {rows[0].id, rows[2].id}
    assert ids(claim(campaign, size=2)) == {rows[1].id}
    assert claim_block(campaign, 2, database_now()) is None


def test_a_claim_takes_pending_rows_of_its_campaign_alone() -> None:
    campaign = make_releasing(2)
    make_presave(campaign, state=PreSaveState.SAVED)
    make_releasing(2)
    assert len(claim(campaign).rows) == 2


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_never_hold_the_same_row() -> None:
    campaign = make_releasing(200)

    def claim_all(_: int) -> list[set[UUID]]:
        blocks = []
        while claimed := claim_block(campaign, 7, database_now()):
            blocks.append(ids(claimed))
        return blocks

    # Rows that another worker holds locked at that moment are passed over: somebody takes them.
    blocks = [block for worker in in_threads(4, claim_all) for block in worker]
    while left := claim_block(campaign, 7, database_now()):
        blocks.append(ids(left))
    assert sum(len(block) for block in blocks) == 200
    assert len(set().union(*blocks)) == 200


def test_rows_come_due_again_when_their_lease_ends() -> None:
    campaign = make_releasing()
    first = claim(campaign)
    just_before = clock_ahead(LEASE.total_seconds() - 5)()
    assert claim_block(campaign, 200, just_before) is None
    assert ids(claim(campaign, later=PAST_THE_LEASE)) == ids(first)


def test_a_stalled_worker_changes_nothing_after_another_claim() -> None:
    campaign = make_releasing()
    stalled = claim(campaign)
    other = claim(campaign, later=PAST_THE_LEASE)
    for outcome in (
        all_sent(stalled),
        Outcome(failed={Reason.REVOKED: [row.id for row in stalled.rows]}),
        Outcome(refused={Reason.REVOKED: [row.id for row in stalled.rows]}),
        Outcome(delayed={row.id: 0 for row in stalled.rows}),
        Outcome(returned=[row.id for row in stalled.rows]),
    ):
        settle(stalled, outcome)
    rows = PreSave.objects.filter(campaign=campaign)
    assert set(rows.values_list("state", "lease", "attempts")) == {("pending", other.fence, 0)}
    check_books(campaign)
    settle(other, all_sent(other))
    assert states(campaign) == {"sent": 3}
    check_books(campaign)


def test_a_lease_that_ran_out_unnoticed_is_no_claim_any_more() -> None:
    claimed = claim(make_releasing())
    fences = {claimed.fence}
    assert still_standing(ids(claimed), fences, database_now()).keys() == ids(claimed)
    assert still_standing(ids(claimed), fences, clock_ahead(PAST_THE_LEASE)()) == {}


def test_a_sent_save_keeps_its_permission_and_a_failed_one_loses_it() -> None:
    campaign = make_releasing(2)
    claimed = claim(campaign)
    first, second = claimed.rows
    sent = {first.id: confirmation(claimed)}
    settle(claimed, Outcome(sent=sent, failed={Reason.REVOKED: [second.id]}))
    kept, ended = stored(first), stored(second)
    assert [(row.lease, row.lease_until) for row in (kept, ended)] == [(None, None)] * 2
    assert (kept.is_sent, kept.settled_at, bool(kept.sealed)) == (True, None, True)
    assert (ended.state, ended.reason, ended.sealed) == ("failed", "revoked", None)
    assert ended.settled_at is not None
    check_books(campaign)


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"state": CampaignState.OPEN, "confirmed_uri": "", "confirmed_at": None},
        {"confirmed_uri": "spotify:album:1111111111111111111111"},
        {"confirmed_at": timezone.now() + timedelta(seconds=1)},
    ],
    ids=["gone", "another link", "gone and back"],
)
def test_a_save_of_what_is_not_confirmed_any_more_does_not_count(meanwhile: dict[str, Any]) -> None:
    campaign = make_releasing(2)
    claimed = claim(campaign)
    Campaign.objects.filter(id=campaign.id).update(**meanwhile)
    settle(claimed, all_sent(claimed))
    rows = PreSave.objects.values_list("state", "sent_for", "lease", "lease_until", "attempts")
    assert set(rows) == {("pending", None, None, None, 0)}
    assert not PreSave.objects.filter(sent_at=None).exists()


def test_a_save_that_was_answered_after_a_pause_counts() -> None:
    campaign = make_releasing(2)
    claimed = claim(campaign)
    Campaign.objects.update(paused_reason=PauseReason.RELEASE_REFUSED, paused_at=timezone.now())
    settle(claimed, all_sent(claimed))
    assert states(campaign) == {"sent": 2}


def test_settling_twice_counts_once() -> None:
    campaign = make_releasing()
    claimed = claim(campaign)
    settle(claimed, all_sent(claimed))
    settle(claimed, all_sent(claimed))
    check_books(campaign)


def test_a_returned_row_keeps_its_attempts_and_is_due_at_once() -> None:
    campaign = make_releasing(1)
    due_at = PreSave.objects.get().due_at
    claimed = claim(campaign)
    settle(claimed, Outcome(returned=[claimed.rows[0].id]))
    (row,) = claim(campaign).rows
    assert (row.attempts, stored(row).due_at) == (0, due_at)


@pytest.mark.parametrize(("attempts", "longest"), [(0, 2), (1, 4), (5, 64), (9, 900), (11, 900)])
def test_a_delayed_row_waits_longer_after_every_attempt(attempts: int, longest: float) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presaves(campaign, ["token"] * 20, attempts=attempts)
    claimed = claim(campaign)
    before = database_now()
    settle(claimed, Outcome(delayed={row.id: attempts for row in claimed.rows}))
    rows = PreSave.objects.filter(campaign=campaign)
    assert set(rows.values_list("attempts", "lease", "state")) == {(attempts + 1, None, "pending")}
    assert set(rows.values_list("due_at", flat=True)) == {campaign.release_at}
    waits = [(row.lease_until - before).total_seconds() for row in rows if row.lease_until]
    assert all(0.5 <= wait <= longest + 5 for wait in waits)
    assert len(set(waits)) > 1
    assert claim_block(campaign, 200, before) is None


def test_a_save_that_was_answered_after_the_fan_cancelled_is_not_denied() -> None:
    campaign = make_releasing(2)
    claimed = claim(campaign)
    assert receipts.cancel(claimed.rows[0].id, timezone.now())
    settle(claimed, all_sent(claimed))
    assert states(campaign) == {"cancelled": 1, "sent": 1}
    cancelled = stored(claimed.rows[0])
    assert cancelled.sent_at is not None
    assert (cancelled.sent_for, cancelled.sealed) == (None, None)


def make_waiting(count: int, campaign: Campaign, **fields: Any) -> list[PreSave]:
    """Fans who consented an hour after each other, stored in another order than that."""
    consented = timezone.now() - timedelta(days=7)
    at = {number: consented + timedelta(hours=number) for number in range(count)}
    rows = {
        number: make_presave(campaign, **{"consented_at": at[number], **fields})
        for number in reversed(at)
    }
    return [rows[number] for number in at]


def test_of_fans_who_are_due_together_those_who_consented_first_are_claimed_first() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    if connection.vendor == "postgresql":  # whatever way it goes through the table
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_indexscan = off")
    first, second, third = make_waiting(3, campaign)
    latecomer = make_presave(campaign, consented_at=timezone.now())
    claimed = claim(campaign, size=2), claim(campaign, size=1), claim(campaign, size=1)
    assert [row.id for one in claimed for row in one.rows] == [
        *(first.id, second.id),
        *(third.id, latecomer.id),
    ]


def test_who_is_due_earlier_comes_first_whenever_they_consented() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_waiting(2, campaign)
    earlier = campaign.release_at - timedelta(hours=13)
    of_an_earlier_midnight = make_presave(campaign, due_at=earlier, consented_at=timezone.now())
    assert ids(claim(campaign, size=1)) == {of_an_earlier_midnight.id}


def test_who_is_tried_again_keeps_the_place_and_newcomers_are_claimed_in_order_too() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    before = make_waiting(2, campaign, attempts=3)
    first, second = make_waiting(2, campaign, consented_at=timezone.now())
    newcomers = claim_newcomers(campaign, 1, database_now())
    assert newcomers is not None
    assert ids(newcomers) <= {first.id, second.id}
    assert ids(claim(campaign, size=2)) == {row.id for row in before}


def test_when_all_were_tried_a_trial_takes_who_had_least_trouble() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_waiting(1, campaign, attempts=9)
    rested = make_presave(campaign, attempts=1, consented_at=timezone.now())
    make_presave(campaign, attempts=0, refused_at=timezone.now(), reason=Reason.REVOKED)
    claimed = claim_least_tried(campaign, database_now())
    assert claimed is not None
    assert ids(claimed) == {rested.id}


def in_doubt(row: PreSave | ClaimedRow) -> UUID | None:
    return stored(row).in_doubt


def test_who_cancels_while_nobody_holds_the_row_is_in_no_doubt() -> None:
    row = make_presave(make_campaign(state=CampaignState.RELEASING))
    assert receipts.cancel(row.id, timezone.now())
    assert in_doubt(row) is None


@pytest.mark.parametrize("part", ["returned", "delayed", "refused", "failed"])
def test_who_cancels_on_the_way_is_in_doubt_until_the_worker_says_that_nothing_was_sent(
    part: str,
) -> None:
    claimed = claim(make_releasing(1))
    (row,) = claimed.rows
    assert receipts.cancel(row.id, timezone.now())
    assert in_doubt(row) == claimed.fence
    outcomes: dict[str, Outcome] = {
        "returned": Outcome(returned=[row.id]),
        "delayed": Outcome(delayed={row.id: 0}),
        "refused": Outcome(refused={Reason.REVOKED: [row.id]}),
        "failed": Outcome(failed={Reason.REVOKED: [row.id]}),
    }
    settle(claimed, outcomes[part])
    assert in_doubt(row) is None
    assert (stored(row).state, stored(row).sent_at) == ("cancelled", None)


def test_a_save_that_nobody_answered_leaves_the_fan_in_doubt_until_one_is_answered() -> None:
    campaign = make_releasing(2)
    claimed = claim(campaign)
    first, second = claimed.rows
    assert receipts.cancel(second.id, timezone.now())
    unanswered = {first.id: 0, second.id: 0}
    settle(claimed, Outcome(delayed=unanswered, unanswered=set(unanswered)))
    assert (in_doubt(first), in_doubt(second)) == (claimed.fence, claimed.fence)
    again = claim(campaign, later=PAST_THE_LEASE)
    settle(again, Outcome(returned=[first.id]))
    assert in_doubt(first) == claimed.fence
    settle(again := claim(campaign), all_sent(again))
    assert in_doubt(first) is None
    assert stored(first).is_sent


@pytest.mark.parametrize("is_answered", [False, True], ids=["no answer", "no lease"])
def test_what_a_later_try_says_takes_no_earlier_doubt_back(is_answered: bool) -> None:
    """Also where the worker that tries again still holds others of the earlier claim."""
    campaign = make_releasing(2)
    first = claim(campaign)
    row, other = first.rows
    if not is_answered:
        settle(first, Outcome(delayed={row.id: 0}, unanswered={row.id}))
    second = claim(campaign, size=1, later=PAST_THE_LEASE if is_answered else 30)
    (again,) = second.rows
    held_still = other if again.id == row.id else row
    outcome = Outcome(delayed={again.id: 1}, returned=[held_still.id])
    fence_of = {again.id: second.fence, held_still.id: first.fence}
    claims.settle(campaign, fence_of, outcome, database_now())
    assert in_doubt(again) == first.fence


def test_a_lease_that_ran_out_leaves_open_whether_the_save_was_sent() -> None:
    campaign = make_releasing(1)
    dead = claim(campaign)
    other = claim(campaign, later=PAST_THE_LEASE)
    settle(other, Outcome(returned=[row.id for row in other.rows]))
    assert receipts.cancel(other.rows[0].id, timezone.now())
    assert in_doubt(other.rows[0]) == dead.fence
