"""The page of a label's notifications."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.dashboard.webhook_form import why_refused
from campaigns.models import Label, Message, MessageEvent, Role, User, Webhook, WebhookProblem
from campaigns.planning.webhooks import Wrong
from campaigns.status import outbox
from campaigns.status.outbox import Told
from tests import factory
from tests.receiver import Receiver

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

HOOK = "https://tools.example/presave"


def address_of(label: Label, after: str = "") -> str:
    return f"/dashboard/labels/{label.id}/notifications{after}"


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def add(client: Client, label: Label, address: str = HOOK, kind: str = "json") -> str:
    return client.post(address_of(label), {"address": address, "kind": kind}).content.decode()


def test_the_secret_is_shown_once(dashboard: Client, label: Label) -> None:
    answer = dashboard.post(address_of(label), {"address": HOOK, "kind": "json"})
    found = re.search(r'value="(whsec_[^"]+)"', answer.content.decode())
    assert found
    assert found[1] == outbox.unseal(Webhook.objects.get().sealed_secret)
    assert "no-store" in answer.headers["Cache-Control"]
    page = dashboard.get(address_of(label)).content.decode()
    assert "tools.example" in page
    assert "/presave" not in page
    assert "whsec_" not in page


def test_what_nobody_sees_is_no_part_of_an_address(dashboard: Client, label: Label) -> None:
    add(dashboard, label, f"\ufeff{HOOK}\u200b")

    assert outbox.unseal(Webhook.objects.get().sealed_address) == HOOK


@pytest.mark.parametrize("address", ["http://tools.example/", "https://localhost/", ""])
def test_what_is_wrong_with_an_address_is_said_and_it_stays(
    dashboard: Client, label: Label, address: str, settings: Settings
) -> None:
    settings.IS_HTTPS = True
    page = add(dashboard, label, address)
    assert "<title>Error:" in page
    assert f'value="{address}"' in page or not address
    assert not Webhook.objects.exists()


def test_everything_that_can_be_wrong_has_a_sentence() -> None:
    sentences = {why_refused(wrong) for wrong in Wrong}
    assert len(sentences) == len(Wrong)
    assert all(sentence.endswith(".") for sentence in sentences)


def test_a_test_goes_out_with_the_next_round_of_a_worker(
    dashboard: Client, label: Label, receiver: Receiver
) -> None:
    webhook = factory.make_webhook(label, receiver.address)
    answer = dashboard.post(address_of(label, f"/{webhook.id}/test"), follow=True)
    assert "Sending a test…" in answer.content.decode()
    assert 'id="webhooks" data-live="2"' in answer.content.decode()
    assert receiver.got == []

    assert outbox.deliver_due("calls", timezone.now) == 1
    ((_, _, body),) = receiver.got
    assert b'"type": "test"' in body
    page = dashboard.get(address_of(label)).content.decode()
    assert "Last delivered" in page
    assert "Sending a test…" not in page


def test_two_on_one_host_are_told_apart_and_their_paths_stay_secret(
    dashboard: Client, label: Label
) -> None:
    added = timezone.now().replace(hour=9, minute=30, second=5)
    for number, at in enumerate([added, added.replace(second=6)]):
        webhook = factory.make_webhook(label, f"https://tools.example/secret-{number}")
        Webhook.objects.filter(id=webhook.id).update(created_at=at)
    page = dashboard.get(address_of(label)).content.decode()
    for seconds in ("05", "06"):
        assert f"JSON, signed, added {added:%-d %B %Y} at 09:30:{seconds} UTC</span>" in page
        assert f"Send a test to tools.example, added {added:%-d %B %Y} at 09:30:{seconds}" in page
    assert "secret-" not in page


def test_a_second_test_has_to_wait(dashboard: Client, label: Label) -> None:
    webhook = factory.make_webhook(label)
    for _ in range(2):
        answer = dashboard.post(address_of(label, f"/{webhook.id}/test"), follow=True)
    assert "Try again in a minute." in answer.content.decode()
    assert Message.objects.count() == 1


@pytest.mark.parametrize("problem", WebhookProblem)
def test_a_problem_is_told(dashboard: Client, label: Label, problem: WebhookProblem) -> None:
    now = timezone.now()
    webhook = factory.make_webhook(label, problem=problem, problem_status=404, problem_at=now)
    told = Told(MessageEvent.TROUBLE, subject="Trouble", note="It is not there.")
    outbox.tell_webhook(webhook, told, now)
    Message.objects.update(attempts=1)
    page = dashboard.get(address_of(label)).content.decode()
    assert 'class="webhook-problem"' in page
    assert ("rejected with status 404" in page) is (problem == WebhookProblem.STATUS)
    assert ("retries for a day" in page) is (problem != WebhookProblem.UNREADABLE)


def test_a_test_that_failed_is_not_sent_again_and_nobody_says_it_is(
    dashboard: Client, label: Label, receiver: Receiver
) -> None:
    receiver.status = 500
    webhook = factory.make_webhook(label, receiver.address)
    dashboard.post(address_of(label, f"/{webhook.id}/test"))

    assert outbox.deliver_due("calls", timezone.now) == 0
    page = dashboard.get(address_of(label)).content.decode()
    assert "rejected with status 500" in page
    assert "retries for a day" not in page
    assert not Message.objects.exists()


def test_a_webhook_is_removed_with_what_waits_for_it(dashboard: Client, label: Label) -> None:
    webhook = factory.make_webhook(label)
    dashboard.post(address_of(label, f"/{webhook.id}/test"))
    asked = dashboard.get(address_of(label, f"/{webhook.id}/remove")).content.decode()
    assert "Remove this webhook?" in asked
    assert label.webhooks.exists()
    answer = dashboard.post(address_of(label, f"/{webhook.id}/remove"), follow=True)
    assert "Webhook removed" in answer.content.decode()
    assert not Webhook.objects.exists()
    assert not Message.objects.exists()


def test_a_viewer_looks_and_changes_nothing(label: Label) -> None:
    webhook = factory.make_webhook(label)
    viewer = browser_of(factory.make_member(label, role=Role.VIEWER))
    page = viewer.get(address_of(label)).content.decode()
    assert "tools.example" in page
    assert page.count("<form") == page.count('action="/accounts/logout/"')
    for after in ("", f"/{webhook.id}/test", f"/{webhook.id}/remove"):
        data = {"address": HOOK, "kind": "json"}
        assert viewer.post(address_of(label, after), data).status_code == 403
    assert Webhook.objects.get() == webhook
    assert not Message.objects.exists()


def test_a_stranger_finds_nothing(label: Label) -> None:
    webhook = factory.make_webhook(label)
    stranger = factory.make_user()
    own = factory.make_label(owner=stranger)
    client = browser_of(stranger)
    assert client.get(address_of(label)).status_code == 404
    for after in ("", f"/{webhook.id}/test", f"/{webhook.id}/remove"):
        assert client.post(address_of(label, after)).status_code == 404
    for act in ("test", "remove"):
        assert client.post(address_of(own, f"/{webhook.id}/{act}")).status_code == 404
    assert Webhook.objects.get() == webhook


def test_the_label_leads_there(dashboard: Client, label: Label) -> None:
    page = dashboard.get(f"/dashboard/labels/{label.id}").content.decode()
    assert address_of(label) in page
