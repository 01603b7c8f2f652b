"""A label's webhooks: which addresses are taken, how many, and how often one is tested."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from campaigns.models import MOST_WEBHOOKS, Label, Message, MessageEvent, Webhook, WebhookKind
from campaigns.planning import webhooks
from campaigns.planning.webhooks import WebhookRefusedError, Wrong
from campaigns.status import outbox
from campaigns.status.outbox import Told
from tests.factory import make_label, make_webhook
from tests.nights.night import in_threads

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

HOOK = "https://tools.example/presave"
TEST = Told(MessageEvent.TEST, "A test", "Nothing has happened.")


@pytest.fixture
def label(settings: Settings) -> Label:
    """On an instance that others can reach."""
    settings.IS_HTTPS = True
    return make_label()


def add(label: Label, address: str = HOOK, kind: WebhookKind = WebhookKind.JSON) -> str:
    return webhooks.add(label, kind, address, timezone.now())


def refusal(label: Label, address: str = HOOK) -> Wrong:
    with pytest.raises(WebhookRefusedError) as caught:
        add(label, address)
    return caught.value.wrong


def test_a_webhook_is_kept_sealed_with_a_secret_of_its_own(label: Label) -> None:
    secret = add(label)
    row = label.webhooks.get()
    assert (row.host, row.kind) == ("tools.example", "json")
    assert outbox.unseal(row.sealed_address) == HOOK
    assert outbox.unseal(row.sealed_secret) == secret
    stored = str(Webhook.objects.values().get())
    assert "/presave" not in stored
    assert secret not in stored


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        *[(address, Wrong.NO_ADDRESS) for address in ("", "tools", "https://", "https://a b.c/")],
        ("ftp://tools.example/", Wrong.NO_ADDRESS),
        ("http://tools.example/", Wrong.NOT_HTTPS),
        ("http://127.0.0.1:9000/", Wrong.NOT_HTTPS),
        ("https://me:secret@tools.example/", Wrong.WITH_PASSWORD),
        ("https://tools.example:8443/", Wrong.OTHER_PORT),
        ("https://tools.example:99999/", Wrong.OTHER_PORT),
        *[
            (f"https://{host}/", Wrong.NOT_PUBLIC)
            for host in ("localhost", "10.0.0.1", "[::1]", "93.184.216.34")
        ],
    ],
)
def test_an_address_that_is_never_called_is_not_taken(
    label: Label, address: str, wrong: Wrong
) -> None:
    assert refusal(label, address) == wrong
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("address", ["https://tools.example", "https://tools.example:443/a?b=c"])
def test_a_public_name_is_taken(label: Label, address: str) -> None:
    add(label, address)
    assert label.webhooks.count() == 1


def test_a_demo_may_call_itself(label: Label, settings: Settings) -> None:
    settings.IS_HTTPS = False
    for number, address in enumerate(("127.0.0.1", "localhost", "[::1]"), start=9000):
        add(label, f"http://{address}:{number}/hook")
    add(label, "https://localhost/hook")
    assert refusal(label, "http://10.0.0.1/") == Wrong.NOT_HTTPS


def test_slack_gets_what_slack_understands(label: Label) -> None:
    add(label, "https://hooks.slack.com/services/T/B/x")
    assert label.webhooks.get().kind == WebhookKind.SLACK


def test_the_same_address_is_taken_once(label: Label) -> None:
    add(label)
    assert refusal(label) == Wrong.ADDED_ALREADY
    add(make_label())


def test_one_that_does_not_open_any_more_is_in_nobodys_way(label: Label) -> None:
    make_webhook(label, sealed_address="of another key")
    add(label)
    assert label.webhooks.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_label_has_so_many_at_most_whoever_adds_at_once(label: Label) -> None:
    def add_one(number: int) -> bool:
        try:
            return bool(add(label, f"https://tools.example/{number}"))
        except WebhookRefusedError as error:
            return error.wrong != Wrong.TOO_MANY

    assert sum(in_threads(8, add_one)) == MOST_WEBHOOKS
    assert label.webhooks.count() == MOST_WEBHOOKS


def test_a_test_is_queued_once_a_minute(label: Label) -> None:
    webhook, now = make_webhook(label), timezone.now()
    webhooks.queue_test(webhook, TEST, now)
    Message.objects.all().delete()  # it was delivered
    with pytest.raises(WebhookRefusedError):
        webhooks.queue_test(webhook, TEST, now + timedelta(seconds=59))
    webhooks.queue_test(webhook, TEST, now + webhooks.TESTED_EVERY)
    assert Message.objects.get().event == MessageEvent.TEST


def test_a_test_that_is_still_on_its_way_makes_way_for_the_next_one(label: Label) -> None:
    """A worker that died took it along, and nobody need wait until it comes again."""
    webhook, now = make_webhook(label), timezone.now()
    webhooks.queue_test(webhook, TEST, now)
    Message.objects.update(attempts=9, next_try_at=now + timedelta(hours=1))
    later = now + webhooks.TESTED_EVERY
    webhooks.queue_test(webhook, TEST, later)
    waiting = Message.objects.get()
    assert (waiting.attempts, waiting.next_try_at) == (0, later)
