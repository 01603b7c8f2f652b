"""Release night: everything a worker does for the campaigns whose time has come, and beside it the
keeping of house.

The rows are the truth: claims.py holds them, pipeline.py brings them to Spotify and back.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Final, Self
from uuid import UUID

from django.db import connections
from django.db.models import Exists, OuterRef

from campaigns import keyring
from campaigns.catalogue import confirming
from campaigns.gate import permits
from campaigns.keyring import CampaignKey, KeyringError
from campaigns.models import Campaign, PreSave
from campaigns.release.claims import Claim, claim_block
from campaigns.release.pipeline import CONNECTIONS, LARGEST_BLOCK, Clock, Pipeline
from campaigns.retention import deleting, figures
from campaigns.spotify import FanCalls
from campaigns.status import alarms, heartbeat

logger = logging.getLogger(__name__)

# How often a worker that is busy saving looks for new campaigns, and keeps house beside it.
LOOK_AROUND: Final = timedelta(seconds=1)
HOUSEKEEPING_SECONDS: Final = 2.0
LONGEST_WAIT_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Shift:
    """How long a worker may go on, by the database's clock, unless told to stop before."""

    until: datetime
    stopped: Event
    clock: Clock

    def is_over(self) -> bool:
        return self.stopped.is_set() or self.clock() >= self.until


def work(until: datetime, stopped: Event, clock: Clock | None = None) -> int:
    """Do all work that is due, until there is none, `until` has passed, or `stopped` is set.

    Answers the saves made.
    """
    shift = Shift(until, stopped, clock or permits.DatabaseClock())
    beside = replace(shift, clock=clock or permits.DatabaseClock())  # one for each thread
    with FanCalls[UUID](CONNECTIONS) as calls, Housekeeper(beside) as housekeeper:
        # The saves come first, so that slow looks into the catalogue cannot use up every shift.
        saved = just_saved = release(calls, shift, housekeeper.remind)
        while not shift.is_over():
            keep_house(shift)
            just_saved = release(calls, shift, housekeeper.remind)
            saved += just_saved
            if not just_saved and not _wait_for_the_gate(shift):
                break
    return saved


def release(calls: FanCalls[UUID], shift: Shift, meanwhile: Callable[[], None]) -> int:
    """Save every campaign's due fans until none is due, the gate closes, or the shift is over.

    Answers the saves made.
    """
    pipeline, queue = Pipeline(calls, shift.clock), Queue(shift.clock)
    while not shift.is_over():
        pipeline.obey()
        claimed = _claim_more(pipeline, queue, shift.clock())
        if pipeline.is_empty and not claimed and not _is_merely_busy(pipeline, shift.clock()):
            break
        pipeline.turn(in_a_hurry=claimed)
        meanwhile()
    pipeline.wind_up()
    return pipeline.saved


def _claim_more(pipeline: Pipeline, queue: Queue, now: datetime) -> bool:
    """Take on one more block, if there is room for all of it and the gates have room too."""
    halves = pipeline.gates.values()
    size = permits.block_size(halves, LARGEST_BLOCK)
    if pipeline.room < size or not permits.has_room(halves, now):
        return False
    if any(gate.outages for gate in halves):
        return _try_one(pipeline, queue, now)
    claimed = queue.claim(size)
    if claimed:
        pipeline.take_on(*claimed)
    return claimed is not None


def _try_one(pipeline: Pipeline, queue: Queue, now: datetime) -> bool:
    """Find out with one fan whether an outage is over: best one who was never tried, for the others
    may have trouble of their own.
    """
    if not permits.begin_trial(pipeline.gates, now):
        return False
    claimed = queue.claim(1, fresh_first=True)
    if claimed:
        pipeline.take_on(*claimed)
    else:
        permits.end_trial(pipeline.gates)
    return claimed is not None


def _is_merely_busy(pipeline: Pipeline, now: datetime) -> bool:
    """Other workers have taken the permits of the next moments; ours come after them."""
    halves = pipeline.gates.values()
    blocked = any(permits.is_blocked(gate, now) for gate in halves)
    return not blocked and not permits.has_room(halves, now)


class Queue:
    """Whose fans come next: those of the campaign that was served longest ago, so that a small one
    does not wait for a large one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turns = 0
        self._last_turn: dict[UUID, int] = {}
        self._waiting: list[tuple[Campaign, CampaignKey]] = []
        self._looked_at: datetime | None = None

    def claim(self, size: int, *, fresh_first: bool = False) -> tuple[Claim, CampaignKey] | None:
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= LOOK_AROUND:
            due = PreSave.objects.pending().filter(campaign=OuterRef("pk"), due_at__lte=now)
            waiting = Campaign.objects.releasing().filter(Exists(due))
            self._waiting = [(one, key) for one in waiting if (key := _open_key(one))]
            # Each shift begins with another one: at a slow pace a shift does not come round.
            random.shuffle(self._waiting)
            self._looked_at = now
        while self._waiting:
            first = min(self._waiting, key=lambda one: self._last_turn.get(one[0].id, 0))
            claim = claim_block(first[0], size, now, fresh_first=fresh_first)
            if claim:
                self._turns += 1
                self._last_turn[claim.campaign.id] = self._turns
                return claim, first[1]
            self._waiting.remove(first)
        return None


def _open_key(campaign: Campaign) -> CampaignKey | None:
    """None when the key does not open or fit; retention.check_keys then pauses the campaign."""
    try:
        key = keyring.from_settings().open(campaign.id)
    except KeyringError:
        return None
    # With another key every permission would look damaged, and be destroyed for it.
    return key if key.public_bytes == bytes(campaign.public_key or b"") else None


def _wait_for_the_gate(shift: Shift) -> bool:
    """Wait a while if the gate is closed and opens within the shift; False if it does not."""
    now = shift.clock()
    opens_at = permits.opens_at(now)
    if opens_at is None or opens_at >= shift.until:
        return False
    shift.stopped.wait(min((opens_at - now).total_seconds(), LONGEST_WAIT_SECONDS))
    return True


def keep_house(shift: Shift) -> None:
    """Everything but the saves themselves."""
    now = shift.clock()
    heartbeat.give(now)
    try:
        deleting.check_keys(now)
    except KeyringError as error:
        logger.error("keyring unusable: %s", error)
    deleting.make_keys()
    deleting.expire(now)
    confirming.confirm_due(now, shift.is_over)
    alarms.raise_due(now)
    deleting.finish_settled(now)
    deleting.shred_ended(now)
    figures.write_down(now)
    deleting.delete_old_rows(now)
    deleting.forget_spent_states(now)
    deleting.forget_log_ins(now)


class Housekeeper:
    """Keeps house beside a long release, on a thread and a database connection of its own, so that
    a slow look into the catalogue does not hold up the saves.
    """

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._thread: Thread | None = None
        self._next = time.monotonic() + HOUSEKEEPING_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._thread:
            # One that takes longer ends by itself, as its shift is over: nothing waits for it.
            self._thread.join(timeout=LONGEST_WAIT_SECONDS)

    def remind(self) -> None:
        """Keep house now and then; never twice at once."""
        is_at_it = self._thread is not None and self._thread.is_alive()
        if is_at_it or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + HOUSEKEEPING_SECONDS
        self._thread = Thread(target=self._keep_house, name="housekeeper")
        self._thread.start()

    def _keep_house(self) -> None:
        try:
            keep_house(self._shift)
        except Exception:
            # The next reminder tries again; what is wrong with the database, the saves notice too.
            logger.exception("housekeeping failed")
        finally:
            connections.close_all()
