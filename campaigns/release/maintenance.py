"""Maintenance: everything that a worker does but the saves, also on a thread during a release."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from typing import Final, Self

from django.db import connections

from campaigns.catalogue import confirming
from campaigns.clock import Clock
from campaigns.consent import oauth_state
from campaigns.doctor import report
from campaigns.keyring import KeyringError
from campaigns.planning import moving
from campaigns.retention import deleting, expiring, figures, keys, sent, tombstones
from campaigns.spotify import AppMode, app_mode
from campaigns.status import alarms, endings, heartbeat, outbox

logger = logging.getLogger(__name__)

MAINTENANCE_SECONDS: Final = 2.0
LONGEST_WAIT_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Shift:
    """How long a worker may go on, by the database's clock, unless it is told to stop before."""

    until: datetime
    stopped: Event
    clock: Clock

    def is_over(self) -> bool:
        return self.stopped.is_set() or self.clock() >= self.until


def run_maintenance(shift: Shift) -> None:
    """Do everything but the saves, once."""
    now = shift.clock()
    heartbeat.beat(now)
    check_keyring(now)
    keys.make_keys()
    expiring.expire(now)
    moving.finish_moves()
    sent.put_back()
    confirming.confirm_due(now, shift.is_over)
    has_app = app_mode() is not AppMode.NONE
    if has_app:
        confirming.look_ahead(shift.clock(), shift.is_over)
    alarms.raise_due(now)
    # Before whatever may fail: nobody would hear of the trouble.
    outbox.start_delivering(now)
    expiring.finish_settled(now, unasked=not has_app)
    # What came before took its time, and permissions are destroyed before the key.
    afterwards = shift.clock()
    keys.shred_ended(afterwards)
    figures.write_down(afterwards)
    endings.announce(now)
    deleting.delete_old_rows(now)
    oauth_state.forget_spent_states(now)
    deleting.forget_log_ins(now)
    deleting.forget_history(now)
    # Last: a switch that hears nothing tells of maintenance that did not come to its end.
    report.make(now)


def check_keyring(now: datetime) -> None:
    """End what the tombstones say has ended, and pause campaigns whose key does not open."""
    try:
        tombstones.look(now)
        keys.check_keys(now)
        keys.renew_weekly_key(now)
    except KeyringError as error:
        logger.error("keyring unusable: %s", error)


class MaintenanceThread:
    """Runs maintenance during a long release, on a thread and a database connection of its own, so
    that a slow look into the catalogue does not hold up the saves.
    """

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._thread: Thread | None = None
        self._next = time.monotonic() + MAINTENANCE_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._thread:
            # A run that takes longer ends by itself, as its shift is over: nothing waits for it.
            self._thread.join(timeout=LONGEST_WAIT_SECONDS)

    def maybe_run(self) -> None:
        """Run maintenance if it is time; never twice at once."""
        is_at_it = self._thread is not None and self._thread.is_alive()
        if is_at_it or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + MAINTENANCE_SECONDS
        self._thread = Thread(target=self._run, name="maintenance")
        self._thread.start()

    def _run(self) -> None:
        try:
            run_maintenance(self._shift)
        except Exception:
            # The next run tries again; what is wrong with the database, the saves notice too.
            logger.exception("maintenance failed")
        finally:
            connections.close_all()
