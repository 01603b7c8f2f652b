"""A release that is moved or cancelled: what is sent afterwards, whom it reaches, and that nobody
is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from campaigns.catalogue import confirming
from campaigns.keyring import Secret
from campaigns.models import Campaign, CampaignState, GateName, PreSave, Reason
from campaigns.planning import moving, transitions
from campaigns.release import pipeline, worker
from campaigns.release.claims import Confirmation, Outcome
from campaigns.release.pipeline import Pipeline
from campaigns.spotify import Answered, Slots
from tests.factory import make_campaign, make_presave, make_presaves
from tests.nights.night import (
    check_books,
    claim,
    clock_ahead,
    make_night,
    save,
    settle,
    states,
    work,
)
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

OTHER_ID = "1111111111111111111111"
OTHER_URI = f"spotify:album:{OTHER_ID}"
SECONDS = 20


def later(seconds: float = 3600) -> datetime:
    return clock_ahead(seconds)()


def move(campaign: Campaign, to: datetime, at: float = 0, agreed: int = 0) -> Campaign:
    """Move the release, `at` so many seconds from now."""
    moving.move_release(campaign, to, campaign.release_zone, clock_ahead(at)(), agreed)
    campaign.refresh_from_db()
    return campaign


def begin_now(campaign: Campaign, at: float = 0) -> None:
    now = clock_ahead(at)()
    moving.move_release(campaign, now, campaign.release_zone, now)


class Interrupted(Pipeline):
    """Somebody acts on the campaign when Spotify has just answered the first save, and others are
    on their way.
    """

    act: Callable[[], Any] | None = None
    sent_before: set[UUID]
    sent_after: set[UUID]

    def _send_saves(
        self, tokens: dict[UUID, Secret], confirmed: dict[UUID, Confirmation], slots: Slots
    ) -> None:
        sent = Interrupted.sent_before if Interrupted.act else Interrupted.sent_after
        sent.update(tokens)
        super()._send_saves(tokens, confirmed, slots)

    def _sort(self, answer: Answered[UUID]) -> None:
        super()._sort(answer)
        if answer.half is GateName.API and Interrupted.act:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(Interrupted._finish, Interrupted.act).result(SECONDS)
            Interrupted.act = None

    @staticmethod
    def _finish(act: Callable[[], Any]) -> None:
        try:
            act()
        finally:
            connections.close_all()


@pytest.fixture
def interrupt(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> Iterator[Callable[[Callable[[], Any]], None]]:
    """Sets what somebody does in the middle of the next run, over a connection of their own."""
    settings.SPOTIFY_MAX_RATE = 10_000.0
    monkeypatch.setattr(worker, "Pipeline", Interrupted)
    monkeypatch.setattr(pipeline, "LARGEST_HOLD", 8)
    monkeypatch.setattr(worker, "LARGEST_BLOCK", 8)

    def plan(act: Callable[[], Any]) -> None:
        Interrupted.act = act
        Interrupted.sent_before, Interrupted.sent_after = set(), set()

    yield plan
    Interrupted.act = None


def make_trouble_in_mid_run(sandbox: Sandbox) -> None:
    """At the first save's answer two others are on their way, and three refreshes."""
    sandbox.fault("token.refresh", "slow_body", seconds=0.4, times=3)
    sandbox.fault("library", "slow_body", seconds=0.4, times=2)


# In mid-run, with a real pipeline.


@pytest.mark.django_db(transaction=True)
def test_after_a_move_to_later_nothing_more_is_sent_until_then(
    sandbox: Sandbox, interrupt: Any
) -> None:
    campaign = make_night(sandbox, fans=20)
    make_trouble_in_mid_run(sandbox)
    moment = later()
    interrupt(lambda: move(campaign, moment))

    saved = work()

    assert Interrupted.sent_after == set()
    sent = len(Interrupted.sent_before)
    assert 3 <= sent <= 5
    assert saved == sent == len(sandbox.calls("library"))
    assert states(campaign) == {"pending": 20}
    check_books(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.release_at) == (CampaignState.OPEN, moment)
    assert (campaign.confirmed_uri, campaign.confirmed_at) == ("", None)
    assert campaign.next_check_at == moment
    waiting = PreSave.objects.filter(campaign=campaign, state="pending")
    assert set(waiting.values_list("due_at", "lease", "attempts")) == {(moment, None, 0)}
    assert work(later=3500) == 0
    # No look can confirm any more what was sent before the move.
    assert work(later=3601) == 20
    assert len(sandbox.libraries()) == 20
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.FINISHED
    check_books(campaign)


@pytest.mark.django_db(transaction=True)
def test_after_a_cancellation_nothing_more_is_sent_and_everything_is_destroyed(
    sandbox: Sandbox, interrupt: Any, keyring_dir: Any
) -> None:
    campaign = make_night(sandbox, fans=20)
    make_trouble_in_mid_run(sandbox)
    held_at_commit: list[int] = []

    def cancel() -> None:
        transitions.cancel_campaign(campaign, later(0))
        held = PreSave.objects.filter(campaign=campaign).exclude(sealed=None)
        held_at_commit.append(held.count())

    interrupt(cancel)

    work()

    assert held_at_commit == [0]
    assert Interrupted.sent_after == set()
    assert 3 <= len(sandbox.calls("library")) == len(Interrupted.sent_before) <= 5
    assert states(campaign) == {"cancelled": 20}
    check_books(campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.CANCELLED
    assert campaign.key_destroyed_at is not None
    assert list(keyring_dir.glob("*.key")) == []
    called = len(sandbox.calls())
    assert work(later=3601) == 0
    assert len(sandbox.calls()) == called


@pytest.mark.django_db(transaction=True)
def test_a_release_moved_again_and_again_loses_nobody(
    sandbox: Sandbox, interrupt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "LARGEST_HOLD", 3)
    monkeypatch.setattr(worker, "LARGEST_BLOCK", 3)
    campaign = make_night(sandbox, fans=14)
    for at in (0, 100, 200):
        interrupt(lambda at=at: move(campaign, later(at + 100), at))
        work(later=at)
        assert Interrupted.sent_after == set()
        check_books(campaign)
        assert states(campaign)["pending"] >= 5 - at / 100
    make_presave(campaign, sandbox.permission("fan-1"), due_at=later(300))
    begin_now(campaign, at=250)  # it is out after all
    work(later=251)

    assert states(campaign) == {"saved": 15}
    check_books(campaign)
    assert all(list(library) == [ALBUM_URI] for library in sandbox.libraries().values())
    assert len(sandbox.libraries()) == 14


def test_claimed_and_refreshed_fans_are_not_saved_once_the_release_is_moved(
    sandbox: Sandbox,
) -> None:
    campaign = make_night(sandbox)
    claimed = claim(campaign)

    done = save(claimed, meanwhile=lambda: move(campaign, later()))

    assert len(done.outcome.returned) == 5
    assert len(sandbox.calls("token.refresh")) == 5
    assert sandbox.calls("library") == []


def test_a_worker_that_stalled_saves_what_is_confirmed_now(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    sandbox.add_album(id=OTHER_ID)
    stalled = claim(campaign)
    move(campaign, later(1))
    Campaign.objects.update(spotify_uri=OTHER_URI)
    assert confirming.confirm_due(later(2)) == 1

    save(stalled)

    assert [call["uris"] for call in sandbox.calls("library")] == [[OTHER_URI]]


def test_an_answer_that_comes_after_the_move_leaves_the_new_moment() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presaves(campaign, ["a", "b", "c"])
    claimed = claim(campaign)
    moment = later()
    move(campaign, moment)
    delayed, refused, returned = claimed.rows

    settle(
        claimed,
        Outcome(
            delayed={delayed.id: 0},
            refused={Reason.REVOKED: [refused.id]},
            returned=[returned.id],
        ),
    )

    rows = PreSave.objects.filter(campaign=campaign)
    assert set(rows.values_list("due_at", "lease")) == {(moment, None)}


# Earlier, and now.


def test_a_fan_who_waited_for_another_try_waits_for_the_new_moment_alone() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    held, put_off = make_presaves(campaign, ["token", "token"])
    now = timezone.now()
    later, lease_until = now + timedelta(minutes=5), now + timedelta(minutes=1)
    PreSave.objects.filter(id=put_off.id).update(lease_until=now + timedelta(minutes=35))
    PreSave.objects.filter(id=held.id).update(lease=held.id, lease_until=lease_until)
    moving.move_release(campaign, later, "UTC", now)
    rows = PreSave.objects.filter(campaign=campaign)
    assert set(rows.values_list("lease", "lease_until", "due_at")) == {
        (None, None, later),
        (held.id, lease_until, later),
    }


def test_a_release_that_is_out_early_begins_at_once(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, state=CampaignState.OPEN)
    assert work() == 0

    begin_now(campaign)

    assert work() == 5
    check_books(campaign)
