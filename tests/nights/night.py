"""Release nights for tests: fans whose permissions the sandbox knows, and workers to serve them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier, Event
from typing import Any
from uuid import UUID

from django.db import connection, connections

from campaigns import keyring
from campaigns.catalogue import confirming, series
from campaigns.catalogue.looks import LookupBudget
from campaigns.clock import database_now
from campaigns.models import Campaign, CampaignState, DailyCount, PreSave, midnights
from campaigns.release import claims, worker
from campaigns.release.claims import Claim, Confirmation, Outcome
from campaigns.release.maintenance import Shift, run_maintenance
from campaigns.release.pipeline import Pipeline
from campaigns.spotify import FanCalls
from tests.factory import make_campaign, make_local_campaign, make_presave, make_presaves
from tests.sandbox_process import Sandbox


def make_night(sandbox: Sandbox, fans: int = 5, **fields: Any) -> Campaign:
    """A campaign that is releasing, with fans fan-1, fan-2, … who have consented."""
    fields.setdefault("state", CampaignState.RELEASING)
    campaign = make_campaign(**fields)
    sandbox.add_album()
    make_presaves(campaign, [sandbox.permission(name) for name in sandbox.add_fans(fans)])
    return campaign


def make_local_night(
    sandbox: Sandbox, day: date, homes: Mapping[str, tuple[str, str]], **fields: Any
) -> Campaign:
    """An open campaign that is released at local midnights of that day, with these fans of these
    zones and markets, and an album that no market shows yet.
    """
    campaign = make_local_campaign(day, **fields)
    sandbox.add_album(available_at="2099-01-01T00:00:00+00:00")
    accounts = [{"id": fan, "country": market} for fan, (_, market) in homes.items()]
    sandbox.post("users", {"accounts": accounts})
    for fan, (zone, _) in homes.items():
        due_at = midnights.due_at(campaign.release_at, zone)
        make_presave(campaign, sandbox.permission(fan), due_at=due_at)
    return campaign


def work(later: float = 0, stopped: Event | None = None) -> int:
    """What one run of the task does, `later` seconds from now; and the look that confirms what was
    sent.
    """
    sent = send(later, stopped)
    confirm_sent(later)
    return sent


def send(later: float = 0, stopped: Event | None = None) -> int:
    """What one run of the task does, `later` seconds from now."""
    clock = clock_ahead(later)
    until = clock() + timedelta(seconds=20)
    return worker.work(until, stopped or Event(), clock)


def confirm_sent(later: float = 0) -> None:
    """What the task does when it runs again and again, until the saves are old enough to be
    confirmed.
    """
    for seconds in range(3, int(series.CONFIRMED_AFTER.total_seconds()) + 6, 3):
        if PreSave.objects.sent().exists():
            Campaign.objects.update(next_check_at=None)
            clock = clock_ahead(later + seconds)
            run_maintenance(Shift(clock() + timedelta(seconds=20), Event(), clock))


def believe(campaign: Campaign) -> bool:
    """One look, and if it shows something, those that it takes until that is believed. Returns
    whether the release started.
    """
    mine, started = Campaign.objects.filter(id=campaign.id), False
    for _ in range(series.FIRST_LOOKS):
        started = confirming.confirm(mine.get(), LookupBudget(database_now()))
        if not series.is_going_on(mine.get()):
            break
        mine.update(next_check_at=None)
    return started


def all_sent(claimed: Claim) -> Outcome:
    """The outcome in which each save of the claim was answered with 200."""
    return Outcome(sent=dict.fromkeys((row.id for row in claimed.rows), confirmation(claimed)))


def confirmation(claimed: Claim) -> Confirmation:
    uri, at = claimed.campaign.confirmed_uri, claimed.campaign.confirmed_at
    assert at
    return Confirmation(uri, at)


def clock_ahead(seconds: float) -> Callable[[], datetime]:
    return lambda: database_now() + timedelta(seconds=seconds)


def in_threads(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act` so many times at once, each with a database connection of its own."""
    barrier = Barrier(count)

    def run(number: int) -> Any:
        barrier.wait()
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def wait_until_somebody_waits() -> None:
    """Until a query waits for a lock: polled, as Postgres tells nobody."""
    for _ in range(2000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("nobody ever waited for a lock")


def claim(campaign: Campaign, size: int = 200, later: float = 0) -> Claim:
    claimed = claims.claim_block(campaign, size, clock_ahead(later)())
    assert claimed is not None
    return claimed


class Unrecorded(Pipeline):
    """Brings its fans to Spotify and back, and dies or stalls before it records what became of
    them.
    """

    is_recording = False

    @property
    def decided(self) -> set[UUID]:
        return set().union(*(outcome.settled() for outcome in self._outcomes.values()))

    @property
    def outcome(self) -> Outcome:
        (outcome,) = self._outcomes.values()
        return outcome

    def _settle(self) -> None:
        if self.is_recording:
            super()._settle()


def save(
    claimed: Claim, later: float = 0, meanwhile: Callable[[], Any] = lambda: None
) -> Unrecorded:
    """The calls of a claim, without what follows them. `meanwhile` happens on their way."""
    key = keyring.from_settings().open(claimed.campaign.id)
    with FanCalls[UUID](10) as calls:
        pipeline = Unrecorded(calls, clock_ahead(later))
        pipeline.apply_gates()
        pipeline.admit(claimed, key)
        meanwhile()
        while len(pipeline.decided) < len(claimed.rows):
            pipeline.step()
    return pipeline


def settle(claimed: Claim, outcome: Outcome) -> None:
    fence_of = dict.fromkeys(outcome.settled(), claimed.fence)
    claims.settle(claimed.campaign, fence_of, outcome, database_now())


def record(pipeline: Unrecorded) -> None:
    pipeline.is_recording = True
    pipeline._settle()


def states(campaign: Campaign) -> dict[str, int]:
    """How many rows stand in each state: who is still pending, but sent, counts as sent."""
    rows = PreSave.objects.filter(campaign=campaign)
    return dict(Counter("sent" if row.is_sent else row.state for row in rows))


def check_books(campaign: Campaign) -> None:
    """Nobody is lost: the counts agree with the rows, and no settled row holds a permission."""
    found, totals = states(campaign), DailyCount.objects.totals_of(campaign.id)
    assert totals.presaves == sum(found.values())
    for state in ("saved", "failed", "cancelled", "expired"):
        assert getattr(totals, state) == found.get(state, 0), state
    assert totals.pending == found.get("pending", 0) + found.get("sent", 0)
    settled = PreSave.objects.filter(campaign=campaign).exclude(state="pending")
    assert not settled.exclude(sealed=None).exists()
