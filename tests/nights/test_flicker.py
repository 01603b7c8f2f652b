"""Nights in which the catalogue shows the release, loses it and shows it again: small, and by a
clock that the test drives. `make chaos` lives through them at full size, with real processes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any, Final
from uuid import UUID

import pytest

from campaigns import keyring
from campaigns.catalogue import confirming
from campaigns.catalogue.looks import LookupBudget
from campaigns.clock import database_now
from campaigns.gate import permits, rows
from campaigns.models import Campaign, CampaignState, PreSave
from campaigns.release import claims
from campaigns.release.maintenance import Shift, run_maintenance
from campaigns.release.pipeline import Pipeline
from campaigns.retention import sent
from campaigns.spotify import FanCalls
from tests.factory import make_campaign, make_presaves
from tests.nights.night import check_books, states
from tests.sandbox_process import ALBUM_URI, Sandbox, window

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.release_core]

FANS: Final = 40
STEP: Final = timedelta(seconds=0.5)
LONGEST_NIGHT: Final = timedelta(minutes=5)


class FlickeringNight:
    """One worker that takes so many fans in each half second, and then looks if a look is due.

    `shares` says from which second on which share of the calls sees the release.
    """

    def __init__(
        self, sandbox: Sandbox, shares: dict[int, float], fans_a_step: int = 2, seed: int = 0
    ) -> None:
        self.sandbox, self.fans_a_step, self.has_worker = sandbox, fans_a_step, True
        self.began = self.now = database_now()
        self.campaign = make_campaign(release_at=self.began)
        sandbox.add_album()
        tokens = sandbox.permissions(FANS)
        presaves = make_presaves(self.campaign, tokens.values())
        self.account_of = {row.id: name for name, row in zip(tokens, presaves, strict=True)}
        self.told: set[UUID] = set()
        self.key = keyring.from_settings().open(self.campaign.id)
        self.events: dict[float, Callable[[], Any]] = {
            at: partial(sandbox.show, ALBUM_URI, window(share=share), seed=seed)
            for at, share in shares.items()
        }

    def live(self) -> None:
        """Until nobody waits any more."""
        while PreSave.objects.pending().exists():
            assert self.now < self.began + LONGEST_NIGHT, states(self.campaign)
            self.events.pop(self.seconds, lambda: None)()
            if self.has_worker:
                self._serve()
                self._look()
                self._check()
            self._let_time_pass()
        run_maintenance(Shift(self.now + STEP, Event(), lambda: self.now))

    def stop_worker(self) -> None:
        self.has_worker = False

    def start_worker(self) -> None:
        self.has_worker = True

    @property
    def seconds(self) -> float:
        return (self.now - self.began).total_seconds()

    @property
    def sent(self) -> int:
        return len(self.sandbox.calls("library"))

    def _serve(self) -> None:
        releasing, halves = Campaign.objects.releasing().first(), rows.gates(self.now).values()
        if releasing is None or not permits.has_room(halves, self.now):
            return
        size = permits.block_size(halves, self.fans_a_step)
        claim = claims.claim_block(releasing, size, self.now)
        if claim is None:
            return
        with FanCalls[UUID](self.fans_a_step) as calls:
            pipeline = Pipeline(calls, lambda: self.now)
            pipeline.apply_gates()
            pipeline.admit(claim, self.key)
            while not pipeline.is_empty:
                pipeline.step()

    def _look(self) -> None:
        sent.put_back()
        for campaign in Campaign.objects.awaiting_look(self.now):
            confirming.confirm(campaign, LookupBudget(self.now))

    def _let_time_pass(self) -> None:
        """To the next step in which there is something to do."""
        self.now += STEP
        campaign, waiting = Campaign.objects.get(), PreSave.objects.waiting().exists()
        if not (waiting and campaign.state == CampaignState.RELEASING):
            nothing_before = campaign.next_check_at or self.now
            while self.now < nothing_before and self.seconds not in self.events:
                self.now += STEP

    def _check(self) -> None:
        """Fans who are told "in your library" have the release; all others still wait."""
        saved = set(PreSave.objects.filter(state="saved").values_list("id", flat=True))
        if saved != self.told:
            self.told = saved
            check_books(self.campaign)
            assert {self.account_of[id] for id in saved} <= self._having(), self.seconds

    def _having(self) -> set[str]:
        libraries = self.sandbox.libraries()
        return {name for name, library in libraries.items() if ALBUM_URI in library}

    def check_end(self) -> None:
        assert self._having() == set(self.account_of.values())
        assert states(self.campaign) == {"saved": len(self.account_of)}
        assert Campaign.objects.get().key_destroyed_at


@pytest.mark.parametrize(
    ("shares", "details"),
    [
        ({0: 1, 8: 0, 20: 1}, {}),
        ({0: 1, 20: 0, 40: 1}, {"fans_a_step": 1}),
        # With this seed the release is there twice for a look, soon after saves without effect.
        ({0: 0.5, 60: 1}, {"seed": 2}),
    ],
    ids=["shown for 8 s", "shown for 20 s", "shown to half of all calls"],
)
def test_however_the_catalogue_flickers_everybody_who_is_told_so_has_the_release(
    shares: dict[int, float], details: dict[str, int], sandbox: Sandbox
) -> None:
    night = FlickeringNight(sandbox, shares, **details)
    night.live()
    night.check_end()
    assert night.sent > FANS, "nobody was sent to a catalogue that had lost it"


@pytest.mark.parametrize(
    "shares",
    [{0: 0, 90: 1}, {0: 0, 3: 1, 4: 0, 12: 1, 13: 0, 20: 1}],
    ids=["shown 90 s late", "shown for a second twice"],
)
def test_a_catalogue_that_is_late_costs_nobody_a_second_save(
    shares: dict[int, float], sandbox: Sandbox
) -> None:
    night = FlickeringNight(sandbox, shares)
    night.live()
    night.check_end()
    assert night.sent == FANS


def test_what_was_sent_before_the_workers_were_away_is_sent_again(sandbox: Sandbox) -> None:
    """The release is gone and back before they are."""
    night = FlickeringNight(sandbox, {0: 1, 9: 0, 20: 1})
    night.events |= {9.5: night.stop_worker, 21: night.start_worker}
    night.live()
    night.check_end()


def test_what_was_sent_before_a_429_is_sent_again(sandbox: Sandbox) -> None:
    """The release is gone and back before the gate opens."""
    night = FlickeringNight(sandbox, {0: 1, 9: 0, 20: 1}, fans_a_step=1)
    headers = {"Retry-After": "13"}
    night.events[9.5] = partial(sandbox.fault, "library", status=429, headers=headers)
    night.live()
    night.check_end()
