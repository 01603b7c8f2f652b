"""Celery's Redis transport, for which an entry of the queue that is not ours is no reason to end.

kombu and Celery take whatever lies in the queue for a message of their own. One that is not JSON,
or in which one field is odd, would end the worker, and the next one the worker started in its
place.
"""

from __future__ import annotations

import base64
import json
import logging
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from celery import current_app
from kombu.transport import TRANSPORT_ALIASES, redis
from kombu.transport.virtual import base

logger = logging.getLogger(__name__)

OUR_TASKS: Final = "campaigns.tasks."
# What comes of reading as a message what is none.
NOT_A_MESSAGE: Final = (
    AttributeError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


class QoS(redis.QoS):
    """A message that Redis cannot be told of any more is dealt with all the same. kombu's would
    keep its place among the few that a worker holds, and the worker would take no further one.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except Exception:
            base.QoS.ack(self, delivery_tag)
            # Of a message that came before the connection was lost, the worker would end.
            if not self.channel.closed:
                raise


class Channel(redis.Channel):
    QoS = QoS
    # Nothing is lost with a message: the next one is two seconds away. kombu's attempt to put one
    # back into a Redis that has gone ends the worker.
    do_restore = False

    def _brpop_read(self, **options: Any) -> bool:
        try:
            return bool(super()._brpop_read(**options))  # type: ignore[misc]
        except (RecursionError, ValueError) as error:
            # No JSON. By now the entry is gone from the queue.
            _say_dropped(error)
            return True


class Transport(redis.Transport):
    Channel = Channel

    def _deliver(self, message: Any, queue: str | None) -> None:
        if queue and queue == current_app.conf.task_default_queue:
            try:
                message = _written_anew(message, queue)
            except NOT_A_MESSAGE as error:
                _say_dropped(error)
                return
        super()._deliver(message, queue)


def use() -> None:
    """Let every redis:// and rediss:// connection be one of these."""
    for name in ("redis", "rediss"):
        TRANSPORT_ALIASES[name] = f"{__name__}:Transport"


def _written_anew(message: Any, queue: str) -> dict[str, Any]:
    """Our messages carry nothing but the name of a task and when they expire, so nothing else of
    one is believed. Raises one of NOT_A_MESSAGE.
    """
    headers = message["headers"]
    name, expires = headers["task"], headers.get("expires")
    if not (name.startswith(OUR_TASKS) and name in current_app.tasks):
        raise ValueError(name)
    task_id = str(UUID(headers["id"]))  # the log shows it, so it may be nothing else
    expires_at = datetime.fromisoformat(expires) if expires else None
    task = current_app.amqp.as_task_v2(task_id, name, (), {}, expires=expires_at)
    return {
        "body": base64.b64encode(json.dumps(task.body).encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": task.headers,
        "properties": {
            **task.properties,
            "body_encoding": "base64",
            "delivery_tag": str(uuid4()),
            "delivery_info": {"exchange": "", "routing_key": queue},
        },
    }


def _say_dropped(error: Exception) -> None:
    # What the entry says stays out of the log: nobody knows whose it is.
    logger.error("queue entry dropped, as it is none of ours: %s", type(error).__name__)
