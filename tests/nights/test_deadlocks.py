"""What meets at midnight on Postgres: writers that wait for each other's rows.

Each test holds one writer at its worst moment and lets the other go by; a deadlock would end one of
them with an error.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from campaigns.consent import completing
from campaigns.consent.cookie import PendingConsent
from campaigns.keyring import Secret
from campaigns.models import (
    Campaign,
    CampaignState,
    DailyCount,
    PauseReason,
    PreSave,
    Reason,
    Totals,
)
from campaigns.planning import members, moving, transitions
from campaigns.release import pipeline
from campaigns.release.claims import Outcome
from tests.factory import make_campaign, make_label, make_presave, make_presaves, make_user
from tests.nights.night import all_sent, check_books, claim, settle, wait_until_somebody_waits

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("only_on_postgres"),
]
SECONDS = 20


@pytest.fixture
def only_on_postgres() -> None:
    assert connection.vendor == "postgresql"


def in_thread(pool: ThreadPoolExecutor, act: Callable[[], Any]) -> Future[Any]:
    def run() -> Any:
        try:
            return act()
        finally:
            connections.close_all()

    return pool.submit(run)


def test_the_first_count_of_a_day_lets_a_consent_through() -> None:
    """A save's first count of the day, not committed yet, and a consent that counts too."""
    campaign = make_campaign(state=CampaignState.RELEASING)
    agreed = (campaign.agreed_digest or b"").hex()
    pending = PendingConsent(
        "a", campaign.id, campaign.slug, at=0, zone="", token=Secret("r"), agreed=agreed
    )
    counted, go_on = Event(), Event()

    def settle_slowly() -> None:
        with transaction.atomic():
            DailyCount.objects.add(campaign.id, timezone.now(), {"saved": 1})
            counted.set()
            assert go_on.wait(SECONDS)

    with ThreadPoolExecutor(2) as pool:
        saving = in_thread(pool, settle_slowly)
        assert counted.wait(SECONDS)
        consenting = in_thread(
            pool,
            lambda: completing._insert_presave(pending, Secret("a-token"), timezone.now()),
        )
        wait_until_somebody_waits()
        go_on.set()
        saving.result(SECONDS)
        consenting.result(SECONDS)

    assert PreSave.objects.count() == 1
    assert DailyCount.objects.totals_of(campaign.id) == Totals(presaves=1, saved=1)


def test_a_cancellation_of_all_and_a_settling_do_not_wait_for_each_other() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presaves(campaign, ["a-token"] * 20)
    claimed = claim(campaign, size=10)
    locked, go_on = Event(), Event()

    def cancel_slowly() -> None:
        with transaction.atomic():
            transitions.cancel_campaign(campaign, timezone.now())
            locked.set()
            assert go_on.wait(SECONDS)

    with ThreadPoolExecutor(1) as pool:
        cancelling = in_thread(pool, cancel_slowly)
        assert locked.wait(SECONDS)
        # The rows are held: the settling must pass by, not wait for them.
        settle(claimed, all_sent(claimed))
        go_on.set()
        cancelling.result(SECONDS)

    assert DailyCount.objects.totals_of(campaign.id) == Totals(presaves=20, cancelled=20)
    check_books(campaign)


@pytest.mark.parametrize("settled", ["returned", "refused", "sent"])
def test_a_move_of_all_and_a_settling_do_not_wait_for_each_other(settled: str) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presaves(campaign, ["a-token"] * 20)
    claimed = claim(campaign, size=10)
    ids = [row.id for row in claimed.rows]
    outcome = {
        "returned": Outcome(returned=ids),
        "refused": Outcome(refused={Reason.REVOKED: ids}),
        "sent": all_sent(claimed),
    }[settled]
    locked, go_on = Event(), Event()

    def move_slowly() -> None:
        with transaction.atomic():
            now = timezone.now()
            moving.move_release(campaign, now + timedelta(days=1), "UTC", now)
            locked.set()
            assert go_on.wait(SECONDS)

    with ThreadPoolExecutor(1) as pool:
        moved = in_thread(pool, move_slowly)
        assert locked.wait(SECONDS)
        settle(claimed, outcome)
        go_on.set()
        moved.result(SECONDS)

    assert Campaign.objects.get().state == CampaignState.OPEN
    assert set(PreSave.objects.values_list("state", "reason")) == {("pending", "")}
    check_books(campaign)


def test_a_finished_campaign_is_not_paused_by_a_worker_that_comes_late() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign)
    stale = Campaign.objects.get(id=campaign.id)
    Campaign.objects.update(state=CampaignState.FINISHED, finished_at=timezone.now())

    assert not pipeline.pause(stale, PauseReason.KEY_MISSING, timezone.now())
    assert not Campaign.objects.get().is_paused


def test_an_act_on_members_does_not_hold_up_what_the_history_tells() -> None:
    """Nor does a move between labels, which holds both: each act on a campaign names its label."""
    label = make_label(owner=make_user())
    campaign = make_campaign(label=label, state=CampaignState.RELEASING)
    held, go_on = Event(), Event()

    def change_slowly() -> None:
        with transaction.atomic():
            members.locked(label)
            held.set()
            assert go_on.wait(SECONDS)

    with ThreadPoolExecutor(2) as pool:
        changing = in_thread(pool, change_slowly)
        assert held.wait(SECONDS)
        cancelling = in_thread(pool, lambda: transitions.cancel_campaign(campaign, timezone.now()))
        cancelling.result(SECONDS)
        go_on.set()
        changing.result(SECONDS)

    assert label.history.get().event == "cancelled"
