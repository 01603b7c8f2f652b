"""Every order in which two workers and a cancellation can come between each other's steps; and an
edit between those of a consent.

The workers halt before each step (tests/nights/stepwise.py); all schedules are tried, one after
the other, and the same checker looks at each step of each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import IntegrityError
from django.db.models import F

from campaigns.catalogue import confirming, series
from campaigns.catalogue.looks import LookupBudget
from campaigns.clock import database_now
from campaigns.consent import completing, oauth_state, receipts, starting
from campaigns.consent.completing import AuthorizationResponse
from campaigns.consent.cookie import PendingConsent
from campaigns.consent.refusal import ConsentError
from campaigns.gate import closing
from campaigns.keyring import Secret
from campaigns.models import (
    Campaign,
    CampaignState,
    ErrorReason,
    Gate,
    PreSave,
    PreSaveQuerySet,
    PreSaveState,
    Reason,
    ReleaseMode,
    identity,
)
from campaigns.models.midnights import FIRST_ZONE
from campaigns.planning import editing
from campaigns.planning.obstacles import PlanningError
from campaigns.planning.transitions import cancel_campaign
from campaigns.release import claims
from campaigns.release.claims import Confirmation, Outcome
from campaigns.retention import sent
from campaigns.spotify.answers import SpotifyError
from campaigns.spotify.catalogue_calls import APP_TOKEN
from tests.factory import make_campaign
from tests.fans import READING
from tests.nights.night import check_books, make_night, work
from tests.nights.stepwise import (
    CLAIM,
    HALTS,
    LOOK,
    SEND,
    SETTLE,
    KilledError,
    Worker,
    be_killed,
    halting_as,
    let_time_pass,
)
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("halting"),
]

FIRST, SECOND = "first worker", "second worker"
FAN_CANCELS, ARTIST_CANCELS = "fan cancels", "artist cancels"
GATE_CLOSES, LEASE_ENDS = "gate closes", "lease ends"
PAST_THE_LEASE: Final = claims.LEASE + timedelta(seconds=1)
BAN: Final = timedelta(hours=1)


class Schedule:
    """One fan, two workers and what may happen once between their steps, with the checker."""

    def __init__(self, sandbox: Sandbox, events: Collection[str]) -> None:
        Campaign.objects.all().delete()
        Gate.objects.all().delete()
        sandbox.post("reset")
        self.sandbox = sandbox
        self.campaign = make_night(sandbox, fans=1)
        self.row = PreSave.objects.get()
        self.events = list(events)
        self.done: list[str] = []
        # Sending touches no row: with two claims, halting before it as well would only repeat the
        # schedules that halt after it.
        halts = (CLAIM, LOOK, SETTLE) if LEASE_ENDS in events else HALTS
        self.workers = {name: Worker(name, self.campaign, halts) for name in (FIRST, SECOND)}
        self.holder: Worker | None = None
        self.cancelled = False

    def enabled(self) -> list[str]:
        """What may happen next. The workers are alike: the first one claims first."""
        first, second = self.workers.values()
        names = [] if first.is_done else [FIRST]
        if first.at != CLAIM and not second.is_done:
            names.append(SECOND)
        return names + [event for event in self.events if self._matters(event)]

    def do(self, name: str) -> None:
        before = self.row
        if name in self.workers:
            self._step(self.workers[name])
        else:
            self.events.remove(name)
            self._happen(name)
        self.done.append(name)
        self.row = PreSave.objects.get()
        self._check(before, self.row)

    def finish(self) -> None:
        """The task runs again and again: what is left is taken up, and the fan ends once."""
        sent = sum(worker.sent for worker in self.workers.values())
        if self.row.is_pending:
            let_time_pass(PAST_THE_LEASE + BAN)
            sent += work()
            self.row = PreSave.objects.get()
        assert self.row.state == ("cancelled" if self.cancelled else "saved")
        assert (self.row.sealed, self.row.lease, self.row.lease_until) == (None, None, None)
        check_books(self.campaign)
        assert len(self.sandbox.calls("library")) == sent
        assert sent <= (2 if LEASE_ENDS in self.done else 1)
        assert sent or self.cancelled
        assert list(self.sandbox.library()) == ([ALBUM_URI] if sent else [])

    def end(self) -> None:
        for worker in self.workers.values():
            worker.die()

    def _matters(self, event: str) -> bool:
        """A lease that ends is noticed by a claim to come or a look to come."""
        can_claim = self.workers[SECOND].at == CLAIM
        return event != LEASE_ENDS or (self.holder is not None and can_claim)

    def _step(self, worker: Worker) -> None:
        at, sent, stands = worker.at, worker.sent, self._stands(worker)
        worker.step()
        if at == CLAIM and worker.fence:
            self.holder = worker
        if at == LOOK and not stands:
            let_through = worker.at == SEND or worker.sent > sent
            assert not let_through, "a save was let through that had lost its claim"

    def _stands(self, worker: Worker) -> bool:
        """Whether a look now should let the save through: the fan and the artist have not
        cancelled, and the claim is still this worker's.
        """
        until = self.row.lease_until
        is_ours = self.row.is_pending and self.row.lease == worker.fence
        return is_ours and until is not None and until > database_now()

    def _happen(self, event: str) -> None:
        now = database_now()
        if event == FAN_CANCELS:
            self.cancelled = receipts.cancel(self.row.id, now)
        elif event == ARTIST_CANCELS:
            self.cancelled = bool(cancel_campaign(self.campaign, now))
        elif event == GATE_CLOSES:
            ban = SpotifyError(ErrorReason.RATE_LIMITED, retry_after=BAN.total_seconds())
            closing.close(ban, now)
        else:
            let_time_pass(PAST_THE_LEASE)

    def _check(self, before: PreSave, row: PreSave) -> None:
        assert row.is_pending == (row.sealed is not None), "an end without erasing"
        assert before.is_pending or held_by(before) == held_by(row), "an end was undone"
        if row.state != before.state:
            assert row.state == ("cancelled" if self.cancelled else "saved")
            check_books(self.campaign)
        assert row.attempts == 0, "a row without an error of its own lost an attempt"
        holder = self.holder
        if row.is_pending and holder and holder.at in (LOOK, SEND, SETTLE):
            assert row.lease == holder.fence, "a claim was ended by somebody else"


def held_by(row: PreSave) -> tuple[Any, ...]:
    return (row.state, row.reason, row.sealed, row.lease, row.lease_until, row.sent_for is None)


def every_schedule(
    sandbox: Sandbox, events: Collection[str], kind: type[Schedule] = Schedule
) -> Iterator[list[str]]:
    """Run all schedules: each again from its start, with another choice at one of its steps."""
    beginnings = deque[list[str]]([[]])
    while beginnings:
        beginning, schedule = beginnings.popleft(), kind(sandbox, events)
        try:
            while enabled := schedule.enabled():
                number = len(schedule.done)
                if number < len(beginning):
                    schedule.do(beginning[number])
                    continue
                beginnings += [[*schedule.done, other] for other in enabled[1:]]
                schedule.do(enabled[0])
            schedule.finish()
        except (AssertionError, IntegrityError) as error:
            error.add_note(f"Schedule: {', '.join(schedule.done)}, and then?")
            raise
        finally:
            schedule.end()
        yield schedule.done


@pytest.mark.parametrize("event", [FAN_CANCELS, ARTIST_CANCELS, GATE_CLOSES])
def test_a_fan_ends_once_whatever_comes_between_the_steps_of_a_worker(
    event: str, sandbox: Sandbox
) -> None:
    assert_all_differ(every_schedule(sandbox, [event]), at_least=20)


@pytest.mark.parametrize("event", [FAN_CANCELS, ARTIST_CANCELS])
def test_a_fan_ends_once_when_the_lease_ends_between_any_two_steps(
    event: str, sandbox: Sandbox
) -> None:
    assert_all_differ(every_schedule(sandbox, [LEASE_ENDS, event]), at_least=30)


def assert_all_differ(schedules: Iterator[list[str]], at_least: int) -> None:
    tried = [tuple(schedule) for schedule in schedules]
    assert len(set(tried)) == len(tried) >= at_least


# The checker finds what each safeguard keeps away: without it, some schedule goes wrong.


def without_fence(rows: PreSaveQuerySet, fences: Collection[UUID]) -> PreSaveQuerySet:
    return rows.pending()


def without_fence_and_state(rows: PreSaveQuerySet, fences: Collection[UUID]) -> PreSaveQuerySet:
    return rows.all()


def without_a_second_look(
    ids: Collection[UUID], fences: Collection[UUID], now: datetime
) -> dict[UUID, Confirmation]:
    campaign = Campaign.objects.get()
    assert campaign.confirmed_at
    return dict.fromkeys(ids, Confirmation(campaign.confirmed_uri, campaign.confirmed_at))


def end_and_keep(rows: PreSaveQuerySet, state: PreSaveState, reason: Reason, now: datetime) -> int:
    return rows.update(
        state=state, reason=reason, lease=None, lease_until=None, refused_at=None, settled_at=now
    )


def settle_and_count_attempts(
    campaign: Campaign, fence_of: Mapping[UUID, UUID], outcome: Outcome, now: datetime
) -> None:
    outcome.delayed |= dict.fromkeys(outcome.returned, 0)
    outcome.returned.clear()
    settle(campaign, fence_of, outcome, now)


settle = claims.settle
SAFEGUARDS: Final[dict[str, tuple[Any, str, Callable[..., Any], list[str], str]]] = {
    "the fence": (
        *(PreSaveQuerySet, "held_under", without_fence, [LEASE_ENDS, FAN_CANCELS]),
        "lost its claim|ended by somebody else",
    ),
    "the fence and the state": (
        *(PreSaveQuerySet, "held_under", without_fence_and_state, [FAN_CANCELS]),
        "an end was undone",
    ),
    "the second look": (
        *(claims, "still_standing", without_a_second_look, [FAN_CANCELS]),
        "lost its claim",
    ),
    # The database itself refuses a settled row that holds a permission.
    "erasing with the end": (
        *(PreSaveQuerySet, "end", end_and_keep, [FAN_CANCELS]),
        "presave_state_holds",
    ),
    "attempts of returned rows": (
        *(claims, "settle", settle_and_count_attempts, [GATE_CLOSES]),
        "lost an attempt",
    ),
}


@pytest.mark.parametrize("safeguard", SAFEGUARDS)
def test_without_a_safeguard_some_schedule_goes_wrong(
    safeguard: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, replacement, events, finding = SAFEGUARDS[safeguard]
    monkeypatch.setattr(owner, name, halting_as(name, replacement))
    for statement in (claims._still_standing, claims._note_sent):
        # Not as it was put into SQL with the safeguard.
        monkeypatch.setattr(claims, statement.__name__, statement.__wrapped__)
    with pytest.raises((AssertionError, IntegrityError), match=finding):
        list(every_schedule(sandbox, events))


# An edit between the steps of a consent, each with a web process that dies after it.

BEFORE_TAP, AT_SPOTIFY, AFTER_ROW = "before the tap", "at Spotify", "after the row"
BEFORE_EXCHANGE, AFTER_EXCHANGE = "before the exchange", "after the exchange"
MOMENTS: Final = (BEFORE_TAP, AT_SPOTIFY, BEFORE_EXCHANGE, AFTER_EXCHANGE, AFTER_ROW)
KEPT: Final = ("title", "artist", "spotify_uri", "release_at", "release_zone", "release_mode")


def with_the_form(campaign: Campaign, **values: Any) -> None:
    campaign = Campaign.objects.get(id=campaign.id)
    kept = {name: getattr(campaign, name) for name in KEPT}
    with suppress(PlanningError):
        editing.change(campaign, kept | values, None, database_now())


def past_the_form(campaign: Campaign, **values: Any) -> None:
    Campaign.objects.filter(id=campaign.id).update(**values)


EDITS: Final[dict[str, tuple[Callable[..., None], dict[str, Any]]]] = {
    "another title": (with_the_form, {"title": "Spam EP"}),
    "another spelling": (with_the_form, {"title": "NIGHT BUS", "artist": "Demo Artist feat. A"}),
    "another release type": (
        *(with_the_form, {"release_mode": ReleaseMode.LOCAL_MIDNIGHT, "release_zone": FIRST_ZONE}),
    ),
    "another title in the row": (past_the_form, {"title": "Spam EP"}),
    "another title, agreed to": (
        *(
            past_the_form,
            {"title": "Spam EP", "agreed_title": "Spam EP", "agreed_artist": "Demo Artist"},
        ),
    ),
}


class Consent:
    """One fan's way from the tap to the row, with an edit at one of its moments."""

    def __init__(
        self, sandbox: Sandbox, edit: Callable[[Campaign], None], at: str, dies: bool
    ) -> None:
        Campaign.objects.all().delete()
        Gate.objects.all().delete()
        sandbox.post("reset")
        sandbox.add_album()
        self.sandbox, self.edit, self.at, self.dies = sandbox, edit, at, dies
        self.campaign = make_campaign()

    def go(self) -> PendingConsent:
        """Tap, and come back from Spotify; the answer is what the tap agreed to."""
        self.reach(BEFORE_TAP)
        now, shown = database_now(), Campaign.objects.get()
        pending = starting.start_authorization(shown, now - READING)
        digest = (shown.title, shown.artist, shown.consent_version, shown.release_mode)
        assert pending.agreed == identity.digest(*digest).hex()
        self.reach(AT_SPOTIFY)
        code = Secret(self.sandbox.consent())
        returned = AuthorizationResponse(pending.state, code, "")
        with pytest.MonkeyPatch.context() as patch, suppress(ConsentError, KilledError):
            patch.setattr(oauth_state, "spend", self.reaching(BEFORE_EXCHANGE, after=False))
            patch.setattr(completing, "_exchange", self.reaching(AFTER_EXCHANGE, after=True))
            completing.complete_authorization(returned, pending, now)
        self.reach(AFTER_ROW)
        return pending

    def reach(self, moment: str) -> None:
        if moment == self.at:
            self.edit(self.campaign)

    def reaching(self, moment: str, *, after: bool) -> Callable[..., Any]:
        step = completing._exchange if after else oauth_state.spend

        def halted(*arguments: Any) -> Any:
            done = step(*arguments) if after else None
            self.reach(moment)
            if self.dies and moment == self.at:
                raise KilledError
            return done if after else step(*arguments)

        return halted

    def release(self) -> int:
        campaign, now = Campaign.objects.get(), database_now()
        confirmed = {"confirmed_uri": ALBUM_URI, "confirmed_at": now}
        if campaign.at_local_midnights:
            confirmed["confirmed_until"] = campaign.last_day
        past_the_form(campaign, state=CampaignState.RELEASING, **confirmed)
        PreSave.objects.update(due_at=now)
        return work()


@pytest.mark.parametrize("edit", EDITS)
def test_whatever_is_edited_between_tap_and_row_a_fan_gets_what_the_page_showed_or_nothing(
    edit: str, sandbox: Sandbox
) -> None:
    change, values = EDITS[edit]
    for at, dies in product(MOMENTS, [False, True]):
        consent = Consent(sandbox, lambda campaign: change(campaign, **values), at, dies)
        agreed = bytes.fromhex(consent.go().agreed)
        campaign, row = Campaign.objects.get(), PreSave.objects.first()
        was_killed = dies and at in (BEFORE_EXCHANGE, AFTER_EXCHANGE)
        stays = campaign.agreed_digest == agreed
        assert (row is None) == (was_killed or (not stays and at != AFTER_ROW)), (at, dies)
        assert row is None or bytes(row.agreed_digest or b"") == agreed, (at, dies)
        assert consent.release() == (1 if row and stays else 0), (at, dies)
        assert len(sandbox.libraries()) == (1 if row and stays else 0), (at, dies)
        assert row is None or stays or PreSave.objects.get().is_pending, (at, dies)
        check_books(campaign)


# The look after the save: between the steps of one worker the catalogue loses the release, a look
# notices or confirms, an artist corrects the link, a fan cancels; and the worker or the look dies.

VANISHES, LOOKS, LOOK_DIES = "the release vanishes", "a look", "a look that dies"
LINK_CHANGES, WORKER_DIES = "the link is corrected", "the worker dies"
OTHER_URI: Final = "spotify:album:" + "7" * 22
CONFIRMABLE: Final = series.CONFIRMED_AFTER.total_seconds() + 1


class LookedAfter(Schedule):
    """One fan and one worker. What has vanished stays away until a look has noticed it."""

    def __init__(self, sandbox: Sandbox, events: Collection[str]) -> None:
        super().__init__(sandbox, events)
        APP_TOKEN.forget()
        self.worker = self.workers[FIRST]
        sandbox.add_album(id=OTHER_URI.split(":")[2])

    def enabled(self) -> list[str]:
        if self.row.state == PreSaveState.SAVED:
            return []
        return ([] if self.worker.is_done else [FIRST]) + [
            event for event in self.events if event != WORKER_DIES or self.worker.fence
        ]

    def finish(self) -> None:
        self.worker.die()
        if self.row.is_pending:
            self._look()
            let_time_pass(PAST_THE_LEASE)
            sent.put_back()
            Worker(SECOND, self.campaign, halts=())
            self._look()
            self._check(self.row, PreSave.objects.get())
            self.row = PreSave.objects.get()
        assert self.row.state == ("cancelled" if self.cancelled else "saved")
        check_books(self.campaign)

    def _step(self, worker: Worker) -> None:
        worker.step()

    def _happen(self, event: str) -> None:
        if event == VANISHES:
            self.sandbox.hide(ALBUM_URI)
        elif event == LINK_CHANGES:
            with_the_form(self.campaign, spotify_uri=OTHER_URI)
            assert Campaign.objects.get().spotify_uri == OTHER_URI
        elif event == WORKER_DIES:
            self.worker.die()
        elif event in (LOOKS, LOOK_DIES):
            self._look(dies=event == LOOK_DIES)
        else:
            super()._happen(event)

    def _look(self, *, dies: bool = False) -> None:
        """As many looks as confirm a save, when the save, if there was one, is old enough. If they
        notice that the release is gone, it is soon back and confirmed anew.
        """
        with pytest.MonkeyPatch.context() as patch, suppress(KilledError):
            for name in ("settle", "put_back") if dies else ():
                patch.setattr(sent, name, be_killed)
            for later in (CONFIRMABLE, CONFIRMABLE + 1):
                if Campaign.objects.releasing().exists():
                    look_now(self.campaign, later=later)
        if not Campaign.objects.releasing().exists():
            self.sandbox.show(ALBUM_URI)
            self._be_shown_steadily()

    def _be_shown_steadily(self) -> None:
        while not Campaign.objects.releasing().exists():
            look_now(self.campaign)
            since = F("shown_since") - series.STEADY_AFTER_VANISHING
            Campaign.objects.update(shown_since=since)

    def _check(self, before: PreSave, row: PreSave) -> None:
        assert row.is_pending == (row.sealed is not None), "an end without erasing"
        if row.state == before.state:
            return
        assert before.is_pending, "an end was undone"
        assert row.state == ("cancelled" if self.cancelled else "saved")
        if row.state == PreSaveState.SAVED:
            confirmed_uri = Campaign.objects.get().confirmed_uri
            assert confirmed_uri in self.sandbox.library(), "told what the library does not hold"
        check_books(self.campaign)


def look_now(campaign: Campaign, later: float = 0) -> None:
    Campaign.objects.update(next_check_at=None)
    now = database_now() + timedelta(seconds=later)
    try:
        confirming.confirm(Campaign.objects.get(id=campaign.id), LookupBudget(now))
    finally:
        Gate.objects.all().delete()  # or its next permit would be as late as this look


@pytest.mark.parametrize(
    "events",
    [
        [VANISHES, LOOKS],
        [VANISHES, LOOK_DIES],
        [VANISHES, WORKER_DIES],
        [LINK_CHANGES, LOOKS],
        [LINK_CHANGES, LOOK_DIES],
        [LINK_CHANGES, WORKER_DIES],
        [LOOKS, FAN_CANCELS],
    ],
    ids=", ".join,
)
def test_no_fan_is_told_that_it_is_saved_before_a_look_has_shown_it(
    events: list[str], sandbox: Sandbox
) -> None:
    assert_all_differ(every_schedule(sandbox, events, LookedAfter), at_least=15)


def end_at_the_answer(
    campaign: Campaign, fence_of: Mapping[UUID, UUID], outcome: Outcome, now: datetime
) -> None:
    settle(campaign, fence_of, outcome, now)
    sent.settle(Campaign.objects.get(id=campaign.id), now, now)


def put_nobody_back() -> int:
    return 0


LOOK_SAFEGUARDS: Final[dict[str, tuple[Any, str, Callable[..., Any], list[str], str]]] = {
    "the look after the save": (
        *(claims, "settle", end_at_the_answer, [VANISHES, LOOKS]),
        "told what the library does not hold",
    ),
    "putting back": (*(sent, "put_back", put_nobody_back, [VANISHES, LOOKS]), "saved"),
}


@pytest.mark.parametrize("safeguard", LOOK_SAFEGUARDS)
def test_without_the_look_after_the_save_some_schedule_goes_wrong(
    safeguard: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, replacement, events, finding = LOOK_SAFEGUARDS[safeguard]
    monkeypatch.setattr(owner, name, halting_as(name, replacement))
    with pytest.raises((AssertionError, IntegrityError), match=finding):
        list(every_schedule(sandbox, events, LookedAfter))
