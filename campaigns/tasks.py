"""Celery tasks: one call of the core, a count out. Their messages carry nothing: each says only
"look at the rows".
"""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import Final

from celery import shared_task

from campaigns.clock import database_now
from campaigns.release import worker

# Short, so that a worker told to stop is done well before compose's stop_grace_period; the next
# message goes on.
SLICE: Final = timedelta(seconds=20)


@shared_task
def run_due_work() -> int:
    return worker.work(until=database_now() + SLICE, stopped=Event())
