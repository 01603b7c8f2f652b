"""Whole release nights that nobody wrote down: Hypothesis draws what happens, and a model of plain
sets says what must be true after each step and at the end.

NIGHTS=500 in the environment plays so many random nights instead of the few that are always the
same.
"""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event
from typing import Any, Final
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from campaigns.catalogue import confirming, series
from campaigns.clock import database_now
from campaigns.consent import completing, receipts, starting
from campaigns.consent.completing import AuthorizationResponse, InLine
from campaigns.consent.cookie import PendingConsent
from campaigns.consent.refusal import ConsentError
from campaigns.keyring import Secret
from campaigns.models import Campaign, CampaignState, Gate, PreSave, SpentState
from campaigns.planning import editing, moving, transitions
from campaigns.planning.obstacles import PlanningError
from campaigns.release import outages, retrying, worker
from campaigns.retention import sent
from campaigns.spotify.catalogue_calls import APP_TOKEN
from tests.factory import make_campaign
from tests.fans import READING
from tests.nights.night import check_books
from tests.nights.stepwise import (
    END,
    LOOK,
    SEND,
    SETTLE,
    KilledError,
    Worker,
    be_killed,
    let_time_pass,
)
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("halting")]

FANS: Final = [f"fan-{number}" for number in range(1, 6)]
NEVER: Final = "2099-01-01T00:00:00+00:00"
NIGHTS: Final = int(os.environ.get("NIGHTS") or 0)
HOUR: Final = timedelta(hours=1)
# A shift ends before any gate that closes opens again: no night waits in real time.
SHIFT: Final = timedelta(seconds=1)
# What is seen after a step happened up to so much earlier.
SLACK: Final = timedelta(seconds=20)
# So much time may pass before the end, that the seven days after a release are not over.
LONGEST_NIGHT: Final = timedelta(days=2)
# So old a save is when a look confirms it.
CONFIRMABLE: Final = series.CONFIRMED_AFTER + timedelta(seconds=1)
ONE_OR_MANY: Final = st.one_of(st.none(), st.sampled_from(FANS))
HALTS: Final = st.sampled_from([LOOK, SEND, SETTLE])
ENDPOINTS: Final = st.sampled_from(["token.refresh", "library", "album", "token.code"])
FAULTS: Final = st.one_of(
    st.sampled_from([{"status": 500}, {"status": 503, "body": "<html>"}, {"status": 404}]),
    st.sampled_from([{"kind": kind} for kind in ("html", "redirect", "reset_before")]),
    st.sampled_from([{"kind": "reset_after_effect"}, {"kind": "empty", "status": 204}]),
    st.sampled_from([60, 600, 50_400]).map(
        lambda seconds: {"status": 429, "headers": {"Retry-After": str(seconds)}}
    ),
)


class Night(RuleBasedStateMachine):
    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        for model in (Campaign, Gate, SpentState):
            model._default_manager.all().delete()
        APP_TOKEN.forget()
        sandbox.post("reset")
        sandbox.add_album(available_at=NEVER)
        self.sandbox = sandbox
        self.campaign = make_campaign(release_at=timezone.now() + HOUR)
        # The model: who consented, who cancelled in time, whom Spotify refused and when.
        self.at_spotify: list[tuple[str, PendingConsent]] = []
        self.account_of: dict[UUID, str] = {}
        self.cancelled: set[UUID] = set()
        self.campaign_cancelled = False
        self.must_stay_out: set[str] = set()
        self.revoked: set[UUID] = set()
        self.refused_at: defaultdict[str, list[datetime]] = defaultdict(list)
        self.shortest_ban: dict[str, timedelta] = {}
        self.banned_until: dict[str, datetime] = {}
        self.attempts: dict[UUID, int] = {}
        self.passed = timedelta()
        self.read_until = 0
        self.album_was_seen = False
        self.is_hidden = False
        self.stalled: list[Worker] = []
        self.is_ending = False

    # What fans and artists do.

    @initialize(
        fans=st.sets(st.sampled_from(FANS), min_size=2),
        has_begun=st.sampled_from([True, True, False]),
    )
    def first_fans(self, fans: set[str], has_begun: bool) -> None:
        for fan in sorted(fans):
            self.consent(fan)
        if has_begun:
            self.publish()
            self._let_pass(2 * HOUR)
            confirming.confirm_due(database_now())

    @rule(fan=st.sampled_from(FANS))
    def consent(self, fan: str) -> None:
        before = len(self.at_spotify)
        self.tap(fan)
        if len(self.at_spotify) > before:
            self._return(*self.at_spotify.pop())

    @rule(fan=st.sampled_from(FANS))
    def tap(self, fan: str) -> None:
        with suppress(ConsentError):  # Spotify is away, or the release is not what it was
            pending = starting.start_authorization(self._fresh(), timezone.now() - READING)
            self.at_spotify.append((fan, pending))

    @precondition(lambda self: self.at_spotify)
    @rule(number=st.integers(0, 4))
    def come_back_from_spotify(self, number: int) -> None:
        self._return(*self.at_spotify.pop(number % len(self.at_spotify)))

    @precondition(lambda self: self.at_spotify)
    @rule(number=st.integers(0, 4))
    def come_back_to_something_else(self, number: int) -> None:
        """Title and artist were changed past the form, and are put back later."""
        rows, campaign = PreSave.objects.count(), Campaign.objects.filter(id=self.campaign.id)
        before = campaign.values("title", "agreed_title", "agreed_artist")[0]
        campaign.update(title="Spam EP", agreed_title="Spam EP", agreed_artist="Spammer")
        self._return(*self.at_spotify[number % len(self.at_spotify)])
        campaign.update(**before)
        assert PreSave.objects.count() == rows

    @rule(title=st.sampled_from(["Night Bus", "NIGHT BUS", "Night Bus (feat. A)", "Spam EP"]))
    def edit(self, title: str) -> None:
        campaign = self._fresh()
        kept = {name: getattr(campaign, name) for name in ("release_at", "release_zone")}
        try:
            editing.change(campaign, kept | {"title": title}, None, timezone.now())
        except PlanningError:
            return
        is_settled = bool(campaign.agreed_title)
        assert not (is_settled and title == "Spam EP"), "fans had agreed to another title"

    def _return(self, fan: str, pending: PendingConsent) -> None:
        now = timezone.now()
        returned = AuthorizationResponse(pending.state, Secret(self.sandbox.consent(fan)), "")
        try:
            done = completing.complete_authorization(returned, pending, now)
        except ConsentError:
            return
        if isinstance(done, InLine):
            return
        row = receipts.find(done.token.reveal())
        assert row
        assert bytes(row.agreed_digest or b"").hex() == pending.agreed
        self.account_of[row.id] = fan
        self.must_stay_out.discard(fan)

    @rule(fan=st.sampled_from(FANS))
    def cancel(self, fan: str) -> None:
        theirs = [id for id, account in self.account_of.items() if account == fan]
        self.cancelled |= {id for id in theirs if receipts.cancel(id, timezone.now())}
        self._note_who_stays_out([fan])

    @precondition(lambda self: self.passed > 6 * HOUR)
    @rule()
    def cancel_campaign(self) -> None:
        try:
            transitions.cancel_campaign(self.campaign, timezone.now())
        except PlanningError:
            return
        pending = PreSave.objects.exclude(id__in=self.cancelled).filter(state="cancelled")
        self.cancelled |= set(pending.values_list("id", flat=True))
        self.campaign_cancelled = True
        self._note_who_stays_out(FANS)

    @rule(hours=st.integers(1, 24))
    def move_release(self, hours: int) -> None:
        now = timezone.now()
        try:
            moving.move_release(self.campaign, now + hours * HOUR, "Europe/Berlin", now)
        except PlanningError:
            assert self._state() not in (CampaignState.DRAFT, CampaignState.OPEN)
        else:
            self.attempts.clear()  # they say nothing about the new release time

    # What workers do.

    @rule(minutes=st.sampled_from([0, 0, 2, 20, 70, 16 * 60]))
    def tick(self, minutes: int) -> None:
        self._let_pass(timedelta(minutes=minutes))
        worker.work(database_now() + SHIFT, Event())

    @rule(halt=HALTS)
    def crash(self, halt: str) -> None:
        worker = self._worker()
        if worker:
            worker.step_to(halt)
            worker.die()

    @rule(halt=HALTS, number=st.integers(0, 4))
    def be_overtaken_by_a_fan(self, halt: str, number: int) -> None:
        worker = self._worker()
        if worker:
            worker.step_to(halt)
            held = sorted({self.account_of[id] for id in worker.rows})
            if held:
                self.cancel(held[number % len(held)])
            worker.step_to(END)

    @rule(halt=st.sampled_from([LOOK, SETTLE]))
    def stall(self, halt: str) -> None:
        worker = self._worker()
        if worker:
            worker.step_to(halt)
            self.stalled.append(worker)

    @rule(minutes=st.sampled_from([0, 2]))
    def come_back(self, minutes: int) -> None:
        self._let_pass(timedelta(minutes=minutes))
        if self.stalled:
            self.stalled.pop(0).step_to(END)

    @rule()
    def look(self) -> None:
        """When everything that was sent is old enough to be confirmed."""
        self._let_pass(CONFIRMABLE)
        Campaign.objects.update(next_check_at=None)
        confirming.confirm_due(database_now())

    @rule()
    def crash_after_a_look(self) -> None:
        """Before anything is settled or put back for what it saw."""
        with pytest.MonkeyPatch.context() as patch, suppress(KilledError):
            patch.setattr(sent, "settle", be_killed)
            patch.setattr(sent, "put_back", be_killed)
            self.look()

    # What Spotify does.

    @precondition(lambda self: self.album_was_seen)
    @rule()
    def vanish(self) -> None:
        self.sandbox.hide(ALBUM_URI)
        self.is_hidden = True

    @precondition(lambda self: self.album_was_seen)
    @rule(halt=HALTS)
    def vanish_before_a_workers_step(self, halt: str) -> None:
        worker = self._worker()
        if worker:
            worker.step_to(halt)
            self.vanish()
            worker.step_to(END)

    @rule(
        endpoint=ENDPOINTS, fault=FAULTS, account=ONE_OR_MANY, times=st.sampled_from([1, 3, None])
    )
    def fault(self, endpoint: str, fault: Any, account: str | None, times: int | None) -> None:
        if endpoint == "album":
            account = None
        self.sandbox.fault(endpoint, account=account, times=times, **fault)
        if fault.get("status") == 429:
            ban = timedelta(seconds=int(fault["headers"]["Retry-After"]))
            self.shortest_ban[endpoint] = min(ban, self.shortest_ban.get(endpoint, ban))

    @rule(account=ONE_OR_MANY, times=st.sampled_from([1, 2, None]))
    def lie(self, account: str | None, times: int | None) -> None:
        body = {"error": "invalid_grant"}
        self.sandbox.fault("token.refresh", status=400, body=body, account=account, times=times)

    @rule(fan=st.sampled_from(FANS))
    def revoke(self, fan: str) -> None:
        self.sandbox.post("revoke", {"account": fan})
        self.revoked |= {id for id, account in self.account_of.items() if account == fan}

    @rule()
    def publish(self) -> None:
        """What has vanished stays away until a look has noticed it."""
        if not (self.is_hidden and self._state() == CampaignState.RELEASING):
            self.sandbox.add_album()
            self.is_hidden = False

    @rule()
    def heal(self) -> None:
        self.sandbox.delete("faults")
        self._resume()

    # What must be true after every step.

    @invariant()
    def books_balance_and_nothing_settled_holds_a_permission(self) -> None:
        check_books(self.campaign)
        assert PreSave.objects.count() == len(self.account_of)
        assert not PreSave.objects.filter(state="pending", sealed=None).exists()

    @invariant()
    def who_is_saved_has_the_release_and_who_cancelled_in_time_has_not(self) -> None:
        libraries = self.sandbox.libraries()
        having = {account for account, library in libraries.items() if ALBUM_URI in library}
        saved = PreSave.objects.filter(state="saved").values_list("id", flat=True)
        assert {self.account_of[id] for id in saved} <= having
        assert not self.must_stay_out & having
        cancelled = PreSave.objects.filter(state="cancelled").values_list("id", flat=True)
        assert set(cancelled) == self.cancelled

    @invariant()
    def attempts_only_grow(self) -> None:
        attempts = dict(PreSave.objects.values_list("id", "attempts"))
        assert all(attempts[id] >= before for id, before in self.attempts.items())
        self.attempts = attempts

    @invariant()
    def calls_keep_to_the_catalogue_and_the_bans(self) -> None:
        answer = self.sandbox.get(f"calls?since={self.read_until}")
        self.read_until = answer["next_since"]
        banned = {lane for lane, until in self.banned_until.items() if self._now() < until}
        since_the_429: dict[str, int] = {}
        for call in answer["calls"]:
            lane = call["lane"]
            assert lane not in banned, call
            if lane in since_the_429:
                since_the_429[lane] += 1
            elif call["status"] == 429:
                since_the_429[lane] = 0
            self._read(call)
        # Only what was on its way.
        assert all(late <= len(self.account_of) for late in since_the_429.values())

    # How a night ends.

    def teardown(self) -> None:
        try:
            self._end_well()
        finally:
            for worker in self.stalled:
                worker.die()

    def _end_well(self) -> None:
        self.is_ending = True
        self.heal()
        waits = [25 * HOUR, HOUR, 15 * HOUR, *[2 * HOUR] * 6, 25 * HOUR, *[HOUR] * 5]
        for wait in waits:
            if not PreSave.objects.pending().exists():
                break
            self.publish()
            self._let_pass(wait)
            self._resume()
            worker.work(database_now() + 3 * SHIFT, Event())
            self.calls_keep_to_the_catalogue_and_the_bans()
        for row in PreSave.objects.all():
            self._check_end(row)
        check_books(self.campaign)

    def _resume(self) -> None:
        if self._fresh().is_paused:
            transitions.resume(self.campaign)

    def _check_end(self, row: PreSave) -> None:
        if row.id in self.cancelled:
            assert row.state == "cancelled"
        elif row.state != "saved":
            assert (row.state, row.reason) == ("failed", "revoked"), (row.state, row.reason)
            assert row.id in self.revoked or self._was_refused_twice(self.account_of[row.id])

    def _was_refused_twice(self, account: str) -> bool:
        times = self.refused_at[account]
        return bool(times) and max(times) - min(times) >= retrying.SECOND_LOOK - SLACK

    # The model's own bookkeeping.

    def _note_who_stays_out(self, fans: list[str]) -> None:
        """Of these, who had cancelled everything before a save was sent."""
        waiting = {account for id, account in self.account_of.items() if id not in self.cancelled}
        sent = {call["account"] for call in self.sandbox.calls("library")}
        self.must_stay_out |= set(fans) - waiting - sent

    def _read(self, call: dict[str, Any]) -> None:
        now, endpoint, account = self._now(), call["endpoint"], call["account"]
        if call["status"] == 429:
            until = now + self.shortest_ban[endpoint] - SLACK
            self.banned_until[call["lane"]] = max(until, self.banned_until.get(call["lane"], until))
        if endpoint == "album" and call["status"] == 200 and not call["fault"]:
            self.album_was_seen = True
        if endpoint == "token.refresh" and call["status"] == 400:
            self.refused_at[account].append(now)
        if endpoint == "library":
            assert self.album_was_seen
            assert self._fresh().release_at <= database_now()

    def _worker(self) -> Worker | None:
        campaign = Campaign.objects.releasing().filter(id=self.campaign.id).first()
        return Worker("worker", campaign) if campaign else None

    def _fresh(self) -> Campaign:
        return Campaign.objects.get(id=self.campaign.id)

    def _state(self) -> str:
        return self._fresh().state

    def _now(self) -> datetime:
        """The model's clock: everything that passed has passed on it, too."""
        return database_now() + self.passed

    def _let_pass(self, time: timedelta) -> None:
        if self.is_ending or self.passed + time <= LONGEST_NIGHT:
            let_time_pass(time)
            self.passed += time


def test_no_night_loses_a_fan_or_saves_one_who_cancelled(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "MOST_TROUBLES", 2)  # five fans can make an outage

    class NightInTheSandbox(Night):
        def __init__(self) -> None:
            super().__init__(sandbox)

    run_state_machine_as_test(
        NightInTheSandbox,
        settings=settings(
            max_examples=NIGHTS or 10,
            stateful_step_count=20,
            derandomize=not NIGHTS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
