"""A real worker releases a campaign and then tells the label's tools, by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Message
from campaigns.status import outbox
from campaigns.webhooks import writing
from embedded.stack import Stack
from tests.factory import make_webhook
from tests.nights.night import make_night
from tests.receiver import Receiver
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.stack]


def test_a_worker_tells_a_webhook_that_a_campaign_has_finished(
    sandbox: Sandbox, stack: Stack, receiver: Receiver, eventually: Callable[..., None]
) -> None:
    now = timezone.now()
    campaign = make_night(sandbox, fans=5, release_at=now - timedelta(seconds=1))
    webhook = make_webhook(campaign.label, receiver.address)

    eventually(lambda: bool(receiver.got), "The webhook to be called")

    ((path, headers, body),) = receiver.got
    told = json.loads(body)
    assert path == "/hook"
    assert told["type"] == "campaign.finished"
    assert told["data"]["title"] == "Night Bus: 5 of 5 fans have it"
    assert told["data"]["message"].startswith("Done: 5 of 5 fans have it, half within ")
    assert told["data"]["numbers"]["saved"] == 5
    secret = outbox.unseal(webhook.sealed_secret)
    signed = writing.signature(secret, headers["webhook-id"], headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == signed
    eventually(lambda: not Message.objects.exists(), "The message to be noted as delivered")
    for process in (stack.web, stack.worker, stack.beat):
        assert secret not in process.log
        assert "/hook" not in process.log
