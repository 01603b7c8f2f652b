"""The worker's loop: saves for the campaigns whose release time has come, and maintenance.

The rows are the truth: queue.py and claims.py claim them, pipeline.py serves them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Event
from uuid import UUID

from campaigns.clock import Clock, DatabaseClock
from campaigns.gate import closing, permits, rows
from campaigns.release.maintenance import (
    LONGEST_WAIT_SECONDS,
    MaintenanceThread,
    Shift,
    check_keyring,
    run_maintenance,
)
from campaigns.release.pipeline import CONNECTIONS, LARGEST_BLOCK, Pipeline
from campaigns.release.queue import Queue
from campaigns.spotify import FanCalls


def work(until: datetime, stopped: Event, clock: Clock | None = None) -> int:
    """Do all work that is due, until there is none, `until` has passed, or `stopped` is set.

    Returns the number of saves.
    """
    shift = Shift(until, stopped, clock or DatabaseClock())
    maintenance_shift = replace(shift, clock=clock or DatabaseClock())  # one clock for each thread
    with FanCalls[UUID](CONNECTIONS) as calls, MaintenanceThread(maintenance_shift) as maintenance:
        # The database may be an older one than a moment ago.
        check_keyring(shift.clock())
        # The saves come first, so that slow looks into the catalogue cannot use up every shift.
        saved = just_saved = release(calls, shift, maintenance.maybe_run)
        while not shift.is_over():
            run_maintenance(shift)
            just_saved = release(calls, shift, maintenance.maybe_run)
            saved += just_saved
            if not just_saved and not _wait_for_the_gate(shift):
                break
    return saved


def release(calls: FanCalls[UUID], shift: Shift, meanwhile: Callable[[], None]) -> int:
    """Save every campaign's due fans until none is due, the gate closes, or the shift is over.

    Returns the number of saves.
    """
    pipeline, queue = Pipeline(calls, shift.clock), Queue(shift.clock)
    while not shift.is_over():
        pipeline.apply_gates()
        claimed = _claim_more(pipeline, queue, shift.clock())
        if pipeline.is_empty and not claimed and not _is_merely_busy(pipeline, shift.clock()):
            break
        pipeline.step(block=not claimed)
        meanwhile()
    pipeline.drain()
    return pipeline.sent


def _claim_more(pipeline: Pipeline, queue: Queue, now: datetime) -> bool:
    """Claim one more block, if the pipeline and the gates have room for all of it."""
    halves = pipeline.gates.values()
    size = permits.block_size(halves, LARGEST_BLOCK)
    if pipeline.room < size or not permits.has_room(halves, now):
        return False
    # One fan tells whether an outage is over: if possible one who was never tried, for the others
    # may have trouble of their own.
    is_trial = any(gate.outages for gate in halves)
    if is_trial and not closing.begin_trial(pipeline.gates, now):
        return False
    claimed = queue.claim(size, is_trial=is_trial)
    if claimed:
        pipeline.admit(*claimed)
    elif is_trial:
        closing.end_trial(pipeline.gates)
    return claimed is not None


def _is_merely_busy(pipeline: Pipeline, now: datetime) -> bool:
    """Whether other workers have taken the next permits, so that ours come after theirs."""
    halves = pipeline.gates.values()
    blocked = any(rows.is_blocked(gate, now) for gate in halves)
    return not blocked and not permits.has_room(halves, now)


def _wait_for_the_gate(shift: Shift) -> bool:
    """Wait a while if the gate is closed and opens within the shift; False if it does not."""
    now = shift.clock()
    opens_at = closing.opens_at(now)
    if opens_at is None or opens_at >= shift.until:
        return False
    shift.stopped.wait(min((opens_at - now).total_seconds(), LONGEST_WAIT_SECONDS))
    return True
