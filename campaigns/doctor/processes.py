"""Redis, beat and worker: whether what is due is begun."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import redis
from django.conf import settings

from campaigns.doctor.checks import Check, green, note, red, unseen
from campaigns.models import Heartbeat
from campaigns.status import heartbeat

SECONDS: Final = 3.0
# Messages come every two seconds, and each takes a worker's child 20 seconds at most.
SILENT_AFTER: Final = timedelta(minutes=2)
_QUEUE: Final = "celery"
_WHICH_OF_THE_TWO: Final = (
    "./presavectl status shows which of worker and beat does not run, and ./presavectl logs worker "
    "beat why."
)


def broker() -> Check:
    """A message can be sent: Redis is there, takes our password, and writes."""
    try:
        with _server() as server:
            server.set("presave-doctor", "1", ex=10)
    except redis.AuthenticationError:
        return _refused(
            "It does not take the password.",
            "The password in secrets/redis_url and the one after `requirepass` in "
            "secrets/redis_conf must be the same. Then: docker compose up --detach --force-"
            "recreate redis web worker beat.",
        )
    except redis.ReadOnlyError:
        return _refused(
            "It is a read-only replica.", "Let REDIS_URL name the primary, not a replica of it."
        )
    except redis.OutOfMemoryError:
        return _refused(
            "It has no memory left.", "Raise its maxmemory, or give Presave a Redis of its own."
        )
    except redis.RedisError as error:
        return _refused(
            f"It does not answer: {type(error).__name__}.",
            "Start it: ./presavectl status shows whether it runs. `manage.py release_worker` saves "
            "without it.",
        )
    return green("redis", "It answers and takes messages.")


def _server() -> redis.Redis:
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)


def _refused(text: str, fix: str) -> Check:
    return red("redis", text, fix)


def worker() -> Check:
    trouble = heartbeat.operator_warning()
    if trouble:
        return red(
            "worker",
            trouble,
            _WHICH_OF_THE_TWO,
        )
    if not Heartbeat.objects.exists():
        return red("worker", "It has never run.", _WHICH_OF_THE_TWO)
    return green("worker", "It has been heard from within the last minute.")


def needed_worker() -> Check:
    """As `worker`, but one that no campaign needs yet may be missing."""
    is_missed = heartbeat.operator_warning()
    return worker() if is_missed else green("worker", "It is there, or nothing needs it yet.")


def beat(now: datetime, *, may_ask_redis: bool = True) -> Check:
    row = Heartbeat.objects.first()
    if row is None or now - row.beat_at > heartbeat.DEAD_AFTER:
        return of_queue(_messages_waiting() if may_ask_redis else None)
    if row.rung_at is None:
        return note("beat", "It has never sent a message: `manage.py release_worker` runs alone.")
    if now - row.rung_at > SILENT_AFTER:
        return _silent(f"It has sent no message since {row.rung_at:%d %B, %H:%M} UTC.")
    return green("beat", "Its messages reach the worker.")


def of_queue(waiting: int | None) -> Check:
    """While no worker takes messages, those of beat's pile up."""
    if waiting is None:
        return unseen("beat", "Without a worker nobody hears it.")
    if not waiting:
        return _silent("No message of its waits for a worker.")
    return green("beat", "Its messages wait for a worker.")


def _silent(text: str) -> Check:
    return red(
        "beat",
        text,
        "Start beat: ./presavectl status shows whether it runs, ./presavectl logs beat why not. If "
        "it does, REDIS_URL names another server for it than for the worker.",
    )


def _messages_waiting() -> int | None:
    try:
        with _server() as server:
            return int(server.llen(_QUEUE))
    except redis.RedisError:
        return None
