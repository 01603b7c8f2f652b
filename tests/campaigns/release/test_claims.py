"""Claims, the fence and settling: whatever happens in between, every fan ends once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.models import Campaign, CampaignState, PreSave, PreSaveState, Reason
from campaigns.release.claims import LEASE, Claim, Outcome, claim_block, still_standing
from tests.factory import make_campaign, make_presave, make_presaves
from tests.nights.night import (
    all_sent,
    check_books,
    claim,
    clock_ahead,
    confirm_sent,
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


def test_settling_erases_the_permission_in_the_same_statement() -> None:
    campaign = make_releasing(2)
    claimed = claim(campaign)
    first, second = claimed.rows
    settle(
        claimed,
        Outcome(sent={first.id: confirmation(claimed)}, failed={Reason.REVOKED: [second.id]}),
    )
    confirm_sent()
    for row, state, reason in ((first, "saved", ""), (second, "failed", "revoked")):
        row.refresh_from_db()
        assert (row.state, row.reason, row.sealed) == (state, reason, None)
        assert (row.lease, row.lease_until) == (None, None)
        assert row.settled_at is not None
    check_books(campaign)


def test_settling_twice_counts_once() -> None:
    campaign = make_releasing()
    claimed = claim(campaign)
    settle(claimed, all_sent(claimed))
    settle(claimed, all_sent(claimed))
    check_books(campaign)


def test_a_returned_row_keeps_its_attempts_and_is_due_at_once() -> None:
    campaign = make_releasing(1)
    claimed = claim(campaign)
    settle(claimed, Outcome(returned=[claimed.rows[0].id]))
    (row,) = claim(campaign).rows
    assert (row.attempts, row.due_at) == (0, claimed.rows[0].due_at)


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
