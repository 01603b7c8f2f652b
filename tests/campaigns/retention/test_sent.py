"""Saves that were sent: a look confirms them, or they are put back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from campaigns.clock import database_now
from campaigns.consent import receipts
from campaigns.models import Campaign, CampaignState, DailyCount, PreSave
from campaigns.retention import sent
from tests.factory import make_campaign, make_presaves
from tests.nights.night import check_books, in_threads, states

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

SECOND = timedelta(seconds=1)


def make_sent(at: datetime, fans: int = 3, **fields: Any) -> Campaign:
    fields.setdefault("state", CampaignState.RELEASING)
    fields.setdefault("confirmed_at", at - SECOND)
    campaign = make_campaign(**fields)
    make_presaves(campaign, [f"token-{number}" for number in range(fans)], sent_at=at)
    return campaign


def test_what_was_sent_by_then_ends_as_saved_and_loses_its_permission() -> None:
    now = database_now()
    campaign = make_sent(now, fans=2)
    make_presaves(campaign, ["later"], sent_at=now + SECOND)
    make_presaves(campaign, ["waiting"])
    assert sent.settle(campaign, now, now + 10 * SECOND) == 2
    assert states(campaign) == {"saved": 2, "sent": 1, "pending": 1}
    saved = PreSave.objects.filter(state="saved").values_list("sealed", "settled_at", "sent_at")
    assert set(saved) == {(None, now + 10 * SECOND, now)}
    check_books(campaign)


def test_what_was_sent_for_another_confirmation_is_put_back_by_whatever_clock() -> None:
    now = database_now()
    for confirmed_at in (now - 60 * SECOND, now + 60 * SECOND):
        campaign = make_sent(now)
        Campaign.objects.filter(id=campaign.id).update(confirmed_at=confirmed_at)
        stale = Campaign.objects.get(id=campaign.id)
        assert sent.settle(campaign, now + 90 * SECOND, now + 90 * SECOND) == 0
        assert sent.settle(stale, now + 90 * SECOND, now + 90 * SECOND) == 0
        assert sent.put_back() == 3
        assert states(campaign) == {"pending": 3}
    assert not PreSave.objects.filter(sent_at=None).exists()


def test_many_are_settled_and_put_back_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent, "ROWS_AT_ONCE", 2)
    now = database_now()
    campaign, gone = make_sent(now, fans=5), make_sent(now, fans=5, state=CampaignState.OPEN)
    assert sent.settle(campaign, now, now) == 5
    assert sent.put_back() == 5
    assert (states(campaign), states(gone)) == ({"saved": 5}, {"pending": 5})
    check_books(campaign)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"paused_reason": "release_refused"},
        {"state": CampaignState.FINISHED},
        {"state": CampaignState.CANCELLED},
    ],
    ids=str,
)
def test_what_a_look_can_still_confirm_or_has_ended_is_not_put_back(fields: dict[str, Any]) -> None:
    make_sent(database_now(), **fields)
    assert sent.put_back() == 0


def test_a_cancelled_fan_is_not_saved_afterwards() -> None:
    now = database_now()
    campaign = make_sent(now)
    row = PreSave.objects.first()
    assert row
    assert receipts.cancel(row.id, now)
    assert sent.settle(campaign, now, now) == 2
    assert states(campaign) == {"saved": 2, "cancelled": 1}
    check_books(campaign)


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_count_everybody_once() -> None:
    now = database_now()
    campaign = make_sent(now, fans=50)
    assert sum(in_threads(4, lambda _: sent.settle(campaign, now, now))) == 50
    assert DailyCount.objects.totals_of(campaign.id).saved == 50
    check_books(campaign)


def test_a_crash_before_the_commit_settles_nobody() -> None:
    now = database_now()
    campaign = make_sent(now)

    with transaction.atomic():
        sent.settle(campaign, now, now)
        transaction.set_rollback(True)
    assert states(campaign) == {"sent": 3}
    check_books(campaign)
