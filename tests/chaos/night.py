"""A release night during which things die as planned, until every fan is settled."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from campaigns.consent import receipts
from campaigns.models import Campaign, CampaignState, DailyCount, PreSave
from campaigns.planning import transitions
from embedded.processes import Process, StartError
from tests import rush
from tests.chaos import plan as plans
from tests.chaos.machine import Machine, children_of, kill9, wait_for_worker, worker_is_ready
from tests.chaos.plan import Event, Plan
from tests.factory import make_campaign, make_presaves
from tests.sandbox_process import ALBUM_URI, SAVE_SCOPE, window

POLL_SECONDS: Final = 0.05
CHECK_SECONDS: Final = 0.5
NO_SCOPE: Final = {"error": {"status": 403, "message": "Insufficient client scope"}}


@dataclass
class Record:
    """What was done to whom, as the harness saw it; the checker compares the sandbox with it."""

    campaign_id: UUID
    rows: dict[str, UUID]
    refused: set[str]
    # Who consented late, and when.
    late: dict[str, float] = field(default_factory=dict)
    # How those fared who pre-saved another release meanwhile.
    consents: rush.Rush = field(default_factory=rush.Rush)
    was_paused: bool = False
    cancelled_at: dict[str, float] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    # When what was done, in seconds since 1970, as the sandbox's calls are dated.
    history: list[tuple[float, str]] = field(default_factory=list)
    released_at: float = 0.0
    seconds: float = 0.0
    is_over: bool = False


class Night:
    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._machine = machine
        self._plan = plan
        self._chance = random.Random(plan.seed + 1)
        self._events = plans.events(plan)
        self._valkey_full_until: float | None = None
        self._is_calm = not plan.fault_share
        self._stalled: list[tuple[float, Process]] = []
        self._consents: Future[rush.Rush] | None = None
        self.record = self._consent()
        self._may_cancel = sorted(set(self.record.rows) - self.record.refused)
        self._chance.shuffle(self._may_cancel)

    def run(self) -> Record:
        """From the release moment until nobody is pending and the key is gone, or the deadline."""
        for _ in range(self._plan.fans * plans.CANCELLING // 200):
            self._cancel_fan()
        self._start_everything()
        self._release()
        for fault in plans.faults(self._plan):
            self._machine.sandbox.post("faults", fault)
        self._tell_fans()
        self._let_others_consent()
        began = self._next_check = time.monotonic()
        while not self._is_over(began):
            now = time.monotonic() - began
            if self._events and self._events[0].at <= now and self._do(self._events[0]):
                self._events.pop(0)
            else:
                time.sleep(POLL_SECONDS)
            self._stand_up_again()
        self.record.seconds = time.monotonic() - began
        return self.record

    def _consent(self) -> Record:
        sandbox = self._machine.sandbox
        sandbox.add_album()
        campaign = make_campaign(
            state=CampaignState.OPEN, release_at=timezone.now() + timedelta(days=1)
        )
        tokens = sandbox.permissions(self._plan.fans)
        rows = make_presaves(campaign, tokens.values())
        refused = self._chance.sample(sorted(tokens), self._plan.fans * plans.REFUSED // 1000)
        for account in refused:
            sandbox.fault("library", account=account, times=None, status=403, body=NO_SCOPE)
        by_account = {account: row.id for account, row in zip(tokens, rows, strict=True)}
        if self._plan.told and self._plan.told.fans:
            refused += self._chance.sample(sorted(tokens), self._plan.told.fans)
        return Record(campaign.id, by_account, set(refused))

    def _tell_fans(self) -> None:
        if told := self._plan.told:
            account = sorted(self.record.refused) if told.fans else None
            refusal = {"kind": "refusal", "refusal": told.refusal, "account": account}
            script = {"endpoint": "library", "times": None, **refusal}
            self._machine.sandbox.post("faults", script)

    def _take_back(self) -> bool:
        self._machine.sandbox.delete("faults")
        return True

    def _arrive_late(self) -> bool:
        """They pre-save while the release is out and the others are done."""
        count = self._plan.late
        accounts = [{"id": f"late-{number}"} for number in range(1, count + 1)]
        body = {"accounts": accounts, "scope": SAVE_SCOPE}
        tokens = self._machine.sandbox.post("consents", body)["refresh_tokens"]
        campaign = Campaign.objects.get(id=self.record.campaign_id)
        rows = make_presaves(campaign, tokens.values(), consented_at=timezone.now())
        self.record.late = dict.fromkeys(tokens, time.time())
        self.record.rows |= {name: row.id for name, row in zip(tokens, rows, strict=True)}
        return True

    def _start_everything(self) -> None:
        machine = self._machine
        machine.sandbox.set(enforce_ban=True, latency_ms={"library": 20, "token.refresh": 20})
        worker = machine.start_worker()
        machine.start_beat()
        machine.start_release_worker()
        wait_for_worker(worker)
        if self._plan.consents:
            machine.start_web()

    def _release(self) -> None:
        now = timezone.now()
        self.record.released_at = now.timestamp()
        windows = [window(*one) for one in self._plan.windows]
        self._machine.sandbox.show(ALBUM_URI, *windows)
        campaign = Campaign.objects.filter(id=self.record.campaign_id)
        PreSave.objects.filter(campaign_id=self.record.campaign_id).update(due_at=now)
        campaign.update(opened_at=now, scheduled_at=now, release_at=now, next_check_at=None)

    def _let_others_consent(self) -> None:
        if not self._plan.consents:
            return
        self._machine.sandbox.set(token_rate_limit=self._plan.token_limit)
        other = make_campaign(slug="another")
        coming = rush.come(
            f"{settings.PUBLIC_URL}{other.get_absolute_url()}",
            self._plan.consents,
            within=plans.CONSENTS_WITHIN,
        )
        self._consents = ThreadPoolExecutor(1).submit(asyncio.run, coming)

    def _is_over(self, began: float) -> bool:
        now = time.monotonic()
        if now - began > self._plan.deadline:
            return True
        if now < self._next_check:
            return False
        self._next_check = now + CHECK_SECONDS
        self._ask(self._look_after_pauses)
        self._ask(self._let_stragglers_give_up)
        ended = Campaign.objects.filter(id=self.record.campaign_id).exclude(key_destroyed_at=None)
        self.record.is_over = bool(self._ask(ended.exists))
        totals = self._ask(lambda: DailyCount.objects.totals_of(self.record.campaign_id))
        if totals and totals.pending <= plans.LAST_FANS * self._plan.fans:
            self._calm_down()
        return self.record.is_over and self._have_all_consented()

    def _have_all_consented(self) -> bool:
        if self._consents is None:
            return True
        if self._consents.done():
            self.record.consents = self._consents.result()
        return self._consents.done()

    def _look_after_pauses(self) -> None:
        campaign = Campaign.objects.get(id=self.record.campaign_id)
        self.record.was_paused |= campaign.is_paused
        if campaign.is_paused and self._plan.may_pause:
            transitions.resume(campaign)

    def _let_stragglers_give_up(self) -> None:
        """When only those are left whom Spotify refuses for good, they cancel: the night ends."""
        told = self._plan.told
        if not (told and told.fans) or len(self.record.late) < self._plan.late:
            return
        stragglers = {self.record.rows[name]: name for name in self.record.refused}
        waiting = PreSave.objects.pending().filter(campaign_id=self.record.campaign_id)
        if waiting.exclude(id__in=stragglers).exists():
            return
        for row_id in waiting.values_list("id", flat=True):
            if receipts.cancel(row_id, timezone.now()):
                self.record.cancelled_at[stragglers[row_id]] = time.time()

    def _ask(self, question: Callable[[], Any]) -> Any:
        """None while the database is away."""
        try:
            return question()
        except Error:
            connection.close()
            return None

    def _calm_down(self) -> None:
        """For the last fans Spotify works as it should: the night has to end within its minutes,
        and the wait after an attempt doubles with each.
        """
        if self._is_calm:
            return
        sandbox, self._is_calm = self._machine.sandbox, True
        refusals = [
            {"endpoint": "library", "account": account, "times": None, "kind": "status"}
            | {"status": 403, "body": NO_SCOPE}
            for account in sorted(self.record.refused)
        ]
        sandbox.delete("faults")
        for refusal in refusals:
            sandbox.post("faults", refusal)

    def _do(self, event: Event) -> bool:
        """False when there is nothing to strike at the moment: it is tried again."""
        action: Callable[[], bool] = getattr(self, f"_{event.action}")
        began = time.time()
        done = action()
        if done:
            self.record.history.append((began, event.action))
        self.record.done[event.action] += done
        return done

    def _kill_child(self) -> bool:
        children = [
            pid
            for worker in self._machine.workers
            if worker_is_ready(worker)
            for pid in children_of(worker)
        ]
        if not children:
            return False
        kill9(self._chance.choice(children))
        return True

    def _kill_release_worker(self) -> bool:
        self._machine.release_workers.pop().kill9()
        return True

    def _signal_release_worker(self) -> bool:
        """At any moment, in the middle of a COMMIT as well."""
        number = self._chance.choice([signal.SIGTERM, signal.SIGQUIT])
        self._machine.release_workers[-1].signal(number)
        return True

    def _stall_release_worker(self) -> bool:
        stalled = self._machine.release_workers.pop()
        stalled.signal(signal.SIGSTOP)
        self._stalled.append((time.monotonic() + self._plan.stall_seconds, stalled))
        return True

    def _kill_worker(self) -> bool:
        if not worker_is_ready(self._machine.workers[-1]):
            return False
        self._machine.workers.pop().kill9()
        return True

    def _kill_beat(self) -> bool:
        self._machine.beats.pop().kill9()
        return True

    def _stand_up_again(self) -> None:
        """What a supervisor does: start again whatever was killed or has ended."""
        machine = self._machine
        while self._stalled and time.monotonic() >= self._stalled[0][0]:
            _, woken = self._stalled.pop(0)
            woken.signal(signal.SIGCONT)
            machine.release_workers.insert(0, woken)
        for group, start in (
            (machine.workers, machine.start_worker),
            (machine.beats, machine.start_beat),
            (machine.release_workers, machine.start_release_worker),
        ):
            group[:] = [process for process in group if process.exit_code is None]
            if not group:
                start()
        if self._valkey_full_until and time.monotonic() >= self._valkey_full_until:
            machine.send_to_valkey("CONFIG SET maxmemory 0")
            self._valkey_full_until = None

    def _crash_postgres(self) -> bool:
        self._machine.crash_postgres(self._chance)
        connection.close()
        return True

    def _flush_valkey(self) -> bool:
        return self._machine.send_to_valkey("FLUSHALL") == b"+OK\r\n"

    def _restart_valkey(self) -> bool:
        try:
            self._machine.restart_valkey_empty()
        except StartError:
            return False
        self._valkey_full_until = None
        return True

    def _fill_valkey(self) -> bool:
        """Out of memory for some seconds, and then emptied."""
        answer = self._machine.send_to_valkey("CONFIG SET maxmemory 1")
        self._valkey_full_until = time.monotonic() + self._chance.uniform(1, 4)
        return answer == b"+OK\r\n" and self._flush_valkey()

    def _ban(self) -> bool:
        endpoint = self._chance.choice(["library", "token.refresh"])
        headers = {"Retry-After": plans.RETRY_AFTER_SECONDS}
        self._machine.sandbox.post(
            "faults", {"endpoint": endpoint, "kind": "status", "status": 429, "headers": headers}
        )
        return True

    def _cancel_fan(self) -> bool:
        """The fan's own act; a fan whose tap met a crash taps again."""
        account = self._may_cancel[-1]
        row = PreSave.objects.filter(id=self.record.rows[account])
        cancelled = self._ask(
            lambda: (
                receipts.cancel(self.record.rows[account], timezone.now())
                or row.filter(state="cancelled").exists()
            )
        )
        if cancelled is None:
            return False
        self._may_cancel.pop()
        if cancelled:
            self.record.cancelled_at[account] = time.time()
        return True
