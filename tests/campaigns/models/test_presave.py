"""What the database itself refuses of a fan's row, and what is kept in it."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, PreSave, PreSaveState, Reason
from campaigns.release.claims import claim_block
from tests.factory import make_campaign, make_presave

pytestmark = pytest.mark.django_db
SETTLED = [state for state in PreSaveState if state != PreSaveState.PENDING]


@pytest.mark.release_core
def test_a_secret_is_never_what_a_row_holds() -> None:
    presave = make_presave(make_campaign(), "the-token")
    assert presave.sealed
    assert b"the-token" not in bytes(presave.sealed)


def refused(constraint: str) -> Any:
    """As pytest.raises, in a transaction of its own so that the test can go on."""
    return pytest.raises(IntegrityError, match=constraint)


def change(rows: Any, **fields: Any) -> None:
    with transaction.atomic():
        rows.update(**fields)


def test_no_other_table_points_at_a_fans_row() -> None:
    assert PreSave._meta.related_objects == ()


@pytest.mark.release_core
@pytest.mark.parametrize("state", SETTLED)
def test_a_settled_row_with_a_permission_is_refused(state: PreSaveState) -> None:
    row = PreSave.objects.filter(id=make_presave(make_campaign()).id)
    settled = {"state": state, "reason": Reason.REVOKED, "settled_at": timezone.now()}
    with refused("presave_state_holds"):
        change(row, **settled)
    change(row, **settled, sealed=None)


@pytest.mark.release_core
def test_a_pending_row_without_a_permission_is_refused() -> None:
    row = PreSave.objects.filter(id=make_presave(make_campaign()).id)
    with refused("presave_state_holds"):
        change(row, sealed=None)


@pytest.mark.parametrize(
    "left_over",
    [
        {"lease": uuid.uuid4()},
        {"lease_until": timezone.now()},
        {"settled_at": None},
    ],
)
def test_a_settled_row_with_a_lease_or_without_its_time_is_refused(
    left_over: dict[str, Any],
) -> None:
    row = PreSave.objects.filter(id=make_presave(make_campaign()).id)
    settled = {"state": PreSaveState.SAVED, "sealed": None, "settled_at": timezone.now()}
    with refused("presave_state_holds"):
        change(row, **{**settled, **left_over})


def test_a_pending_row_that_says_it_was_settled_is_refused() -> None:
    row = PreSave.objects.filter(id=make_presave(make_campaign()).id)
    with refused("presave_state_holds"):
        change(row, settled_at=timezone.now())


@pytest.mark.parametrize("held", [{"lease": uuid.uuid4()}, {"lease_until": timezone.now()}])
def test_a_sent_row_is_claimed_by_nobody(held: dict[str, Any]) -> None:
    """Nor by a worker of the version before, which knows nothing of it."""
    row = PreSave.objects.filter(id=make_presave(make_campaign(), sent_at=timezone.now()).id)
    with refused("presave_state_holds"):
        change(row, **held)


def test_a_failed_row_without_a_reason_is_refused() -> None:
    row = PreSave.objects.filter(id=make_presave(make_campaign()).id)
    with refused("presave_failed_says_why"):
        change(row, state=PreSaveState.FAILED, sealed=None, settled_at=timezone.now())


def test_an_unknown_state_of_a_presave_is_refused() -> None:
    presave = make_presave(make_campaign(), state=PreSaveState.SAVED)
    with refused("presave_state_known"):
        change(PreSave.objects.filter(id=presave.id), state="lost")


def test_two_receipts_never_share_an_address() -> None:
    campaign = make_campaign()
    make_presave(campaign, receipt="the-same")
    with refused("receipt_hash"):
        make_presave(campaign, receipt="the-same")


def test_the_receipt_itself_is_not_stored() -> None:
    presave = make_presave(make_campaign(), receipt="the-receipt")
    presave.refresh_from_db()
    assert bytes(presave.receipt_hash) == hashlib.sha256(b"the-receipt").digest()


def test_the_last_day_of_a_permission_is_the_earlier_of_its_two_ends() -> None:
    campaign = make_campaign()
    early = make_presave(campaign, consented_at=campaign.release_at - timedelta(days=179))
    assert early.permission_ends_at == campaign.release_at + timedelta(days=1)
    assert make_presave(campaign).permission_ends_at == campaign.release_at + timedelta(days=7)


@pytest.mark.parametrize("bound", [None, timezone.now() - timedelta(hours=1)])
def test_on_postgres_the_claim_reads_the_index_of_due_rows(bound: datetime | None) -> None:
    """And of fans who wait for their market not even that: they may be many."""
    campaign = make_campaign(state=CampaignState.RELEASING, confirmed_until=bound)
    _many_rows(campaign, saved=20_000, pending=2_000)
    _many_rows(make_campaign(), saved=0, pending=5_000)
    plan = (
        PreSave.objects.filter(campaign=campaign)
        .due(timezone.now())
        .servable_until(bound)
        .first_come()
        .values_list("id", flat=True)[:200]
        .explain(analyze=True)
    )
    assert "Index Scan using presave_waiting" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan
    assert bound is None or "Rows Removed by Filter" not in plan
    assert (claim_block(campaign, 200, timezone.now()) is None) is (bound is not None)


def _many_rows(campaign: Campaign, saved: int, pending: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO campaigns_presave (id, campaign_id, state, reason, due_at, attempts,
                sealed, consented_at, settled_at, receipt_hash)
            SELECT gen_random_uuid(), %(campaign)s,
                CASE WHEN n <= %(saved)s THEN 'saved' ELSE 'pending' END, '',
                now() - interval '1 minute', 0,
                CASE WHEN n <= %(saved)s THEN NULL ELSE '\\x00'::bytea END, now(),
                CASE WHEN n <= %(saved)s THEN now() END,
                sha256(%(campaign)s::text::bytea || n::text::bytea)
            FROM generate_series(1, %(rows)s) AS n
            """,
            {"campaign": campaign.id, "saved": saved, "rows": saved + pending},
        )
        cursor.execute("ANALYZE campaigns_presave")
