"""What lies in the queue and is none of our messages."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kombu import Connection

from campaigns.tasks import run_due_work
from presave import broker
from presave.celery import app

TASK_ID = "9d3b7c53-0c5e-4d55-8a44-3f5f1d6f2a10"


def message(**headers: Any) -> dict[str, Any]:
    return {"headers": {"task": run_due_work.name, "id": TASK_ID, **headers}}


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_every_connection_to_redis_is_one_that_drops_what_is_not_ours(scheme: str) -> None:
    broker.use()
    with Connection(f"{scheme}://127.0.0.1:1/0", ssl={"ssl_cert_reqs": 0}) as connection:
        assert isinstance(connection.transport, broker.Transport)


def test_of_a_message_only_its_task_and_its_end_are_believed() -> None:
    end = datetime.now(UTC) + timedelta(seconds=10)
    odd: dict[str, Any] = {"timelimit": 5, "eta": "x", "retries": [1]}
    anew = broker._written_anew(message(expires=end.isoformat(), **odd), "celery")
    whole = app.amqp.as_task_v2(TASK_ID, run_due_work.name, (), {}, expires=end)
    assert anew["headers"] == whole.headers
    args, kwargs, _ = json.loads(base64.b64decode(anew["body"]))
    assert (args, kwargs) == ([], {})


@pytest.mark.parametrize(
    "entry",
    [
        *(None, 5, "x", [], {}, {"headers": None}, {"headers": []}, {"headers": {}}),
        *({"headers": {"task": run_due_work.name}}, message(id=None), message(id=[1])),
        *(message(id=""), message(id="1"), message(id="1\nERROR all is lost")),
        *(message(task=None), message(task=["x"]), message(task="os.system")),
        *(message(task="celery.chord_unlock"), message(task="campaigns.tasks.gone")),
        *(message(expires=5), message(expires="soon"), message(expires={"a": 1})),
    ],
    ids=str,
)
def test_what_is_no_message_of_ours(entry: Any) -> None:
    with pytest.raises(broker.NOT_A_MESSAGE):
        broker._written_anew(entry, "celery")
