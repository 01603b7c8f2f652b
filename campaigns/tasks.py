"""Celery tasks: one call of the core, a count out. Their messages carry nothing: each says only
"look at the rows".
"""

from __future__ import annotations

import mmap
from datetime import timedelta
from threading import Event
from typing import Final

from celery import shared_task

from campaigns.clock import database_now
from campaigns.release import worker
from campaigns.status import heartbeat

SLICE: Final = timedelta(seconds=20)


class SharedEvent(Event):
    """Set for this process and all that it forks. It wakes nobody: a wait takes its whole time.

    One byte of memory instead of a lock, which a process that is killed would take with it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._byte = mmap.mmap(-1, 1)

    def set(self) -> None:
        self._byte[0] = 1

    def is_set(self) -> bool:
        return self._byte[0] == 1


# That the worker is told to end: what its children are at ends within a moment, and not with their
# slice.
stopped: Final = SharedEvent()


@shared_task
def run_due_work() -> int:
    now = database_now()
    heartbeat.ring(now)
    return worker.work(until=now + SLICE, stopped=stopped)
