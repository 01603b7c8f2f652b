"""A million permissions that end at once: in blocks, past whoever is in the way, and to the end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from campaigns.models import HARD_STOP, Campaign, CampaignState, DailyCount, PreSave, Reason, Totals
from campaigns.planning import transitions
from campaigns.retention import erasing, expiring, keys
from tests.factory import make_campaign, make_presave, make_presaves
from tests.nights.night import check_books, claim, in_threads, save, states, work
from tests.nights.stepwise import KilledError
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

SECONDS = 20


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "ROWS_ERASED_AT_ONCE", 4)


def make_overdue(fans: int) -> Campaign:
    campaign = make_campaign(state=CampaignState.RELEASING, release_at=timezone.now() - HARD_STOP)
    make_presaves(campaign, ["a-token"] * fans)
    return campaign


def elsewhere(act: Callable[[], Any]) -> Any:
    """On a database connection of its own; done when this returns."""

    def run() -> Any:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(SECONDS)


def test_each_round_erases_and_counts_one_block_of_each_campaign() -> None:
    first, second = make_overdue(10), make_overdue(3)
    now = timezone.now()

    assert [expiring.expire(now) for _ in range(4)] == [4 + 3, 4, 2, 0]

    assert (states(first), states(second)) == ({"expired": 10}, {"expired": 3})
    check_books(first)
    check_books(second)


def test_a_campaign_does_not_end_before_its_last_block() -> None:
    campaign = make_overdue(5)
    ended = []
    for _ in range(2):
        expiring.expire(timezone.now())
        ended.append(expiring.finish_settled(timezone.now()))

    assert ended == [0, 1]
    check_books(campaign)


@pytest.mark.django_db(transaction=True)
def test_workers_that_expire_at_once_count_each_row_once() -> None:
    campaign = make_overdue(40)

    def expire(number: int) -> int:
        return sum(expiring.expire(timezone.now()) for _ in range(10))

    assert sum(in_threads(4, expire)) <= 40
    while expiring.expire(timezone.now()):
        pass

    assert states(campaign) == {"expired": 40}
    check_books(campaign)


@pytest.mark.django_db(transaction=True)
def test_who_holds_one_campaign_does_not_hold_up_the_others() -> None:
    if connection.vendor == "sqlite":
        return  # there one transaction at a time writes
    held, free = make_overdue(3), make_overdue(3)

    with transaction.atomic():
        Campaign.objects.select_for_update(no_key=True).get(id=held.id)
        assert elsewhere(lambda: expiring.expire(timezone.now())) == 3
        assert states(free) == {"expired": 3}

    assert expiring.expire(timezone.now()) == 3
    check_books(held)


@pytest.mark.django_db(transaction=True)
def test_rows_that_somebody_holds_are_passed_by_and_come_with_a_later_round() -> None:
    if connection.vendor == "sqlite":
        return  # there one transaction at a time writes
    campaign = make_overdue(6)
    held = list(campaign.presaves.order_by("id").values_list("id", flat=True)[:2])

    with transaction.atomic():
        list(PreSave.objects.select_for_update().filter(id__in=held))
        assert elsewhere(lambda: expiring.expire(timezone.now())) == 4

    assert expiring.expire(timezone.now()) == 2
    check_books(campaign)


# Cancelling.


def test_cancelling_erases_every_block_before_it_answers() -> None:
    campaign = make_campaign()
    make_presaves(campaign, ["a-token"] * 10)
    make_presave(campaign, state="cancelled", reason=Reason.BY_FAN)

    assert transitions.cancel_campaign(campaign, timezone.now()) == 10

    assert states(campaign) == {"cancelled": 11}
    check_books(campaign)


def cut_short(campaign: Campaign, blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancel it, and die after so many blocks."""
    real, left = erasing._end_block, [None] * blocks

    def end_block(*arguments: Any) -> int:
        if not left:
            raise KilledError
        left.pop()
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_end_block", end_block)
        with pytest.raises(KilledError):
            transitions.cancel_campaign(campaign, timezone.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("blocks", [0, 1])
@pytest.mark.parametrize("is_shredded", [False, True])
def test_a_cancellation_that_is_cut_short_stands_and_is_finished(
    blocks: int, is_shredded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presaves(campaign, ["a-token"] * 10)

    cut_short(campaign, blocks, monkeypatch)

    campaign.refresh_from_db()
    assert campaign.state == CampaignState.CANCELLED
    assert states(campaign).get("cancelled", 0) == 4 * blocks
    if is_shredded:
        assert keys.shred_ended(timezone.now()) == 1
    for _ in range(3):
        work()
    assert states(campaign) == {"cancelled": 10}
    assert DailyCount.objects.totals_of(campaign.id) == Totals(presaves=10, cancelled=10)
    check_books(campaign)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_saved_from_the_moment_a_cancellation_stands(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    sandbox.add_album()
    make_presaves(campaign, [sandbox.permission(name) for name in sandbox.add_fans(6)])
    claimed = claim(campaign)

    cut_short(campaign, 0, monkeypatch)

    assert save(claimed).outcome.sent == {}
    assert sandbox.libraries() == {}


@pytest.mark.django_db(transaction=True)
def test_the_answer_counts_what_a_worker_erased_too(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_campaign()
    make_presaves(campaign, ["a-token"] * 10)
    real = erasing.erase_cancelled

    def erase_after_a_worker(*arguments: Any) -> int:
        expiring.expire(timezone.now())
        return real(*arguments)

    monkeypatch.setattr(erasing, "erase_cancelled", erase_after_a_worker)

    assert transitions.cancel_campaign(campaign, timezone.now()) == 10
    check_books(campaign)


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_waits_for_a_row_that_somebody_holds() -> None:
    if connection.vendor == "sqlite":
        return  # there one transaction at a time writes
    campaign = make_campaign()
    presave = make_presave(campaign)
    make_presaves(campaign, ["a-token"] * 9)
    held = Event()

    def cancel() -> int:
        assert held.wait(SECONDS)
        try:
            return transitions.cancel_campaign(campaign, timezone.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        cancelling = pool.submit(cancel)
        with transaction.atomic():
            PreSave.objects.select_for_update().get(id=presave.id)
            held.set()
            while not _somebody_waits_for_a_lock():
                assert not cancelling.done()
        assert cancelling.result(SECONDS) == 10
    check_books(campaign)


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None
