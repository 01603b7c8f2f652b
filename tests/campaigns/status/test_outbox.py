"""Messages on their way: delivered once, tried again when that fails, given up after a day."""

from __future__ import annotations

import json
import logging
import smtplib
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from threading import enumerate as running_threads
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from django.db import DataError, connection
from django.utils import timezone, translation

from campaigns.models import (
    RETRIED_FOR,
    Campaign,
    CampaignState,
    Label,
    Membership,
    Message,
    MessageEvent,
    Role,
    User,
    Webhook,
    WebhookKind,
)
from campaigns.release.maintenance import Shift, run_maintenance
from campaigns.status import outbox
from campaigns.status.outbox import Told
from campaigns.status.troubles import LATE_AFTER
from campaigns.webhooks import WebhookError, writing
from tests.factory import make_campaign, make_label, make_member, make_user, make_webhook
from tests.nights.night import in_threads, make_night, states, work
from tests.receiver import Receiver
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

TOLD = Told(
    MessageEvent.FINISHED, "Night Bus: done", "Done: 3 of 3.", "A long text", {"numbers": {}}
)


@pytest.fixture
def mailing(settings: Settings) -> None:
    settings.SENDS_EMAIL = True


@pytest.fixture
def label() -> Label:
    """With an owner and an editor, who are told, and a viewer, who is not."""
    label = make_label(owner=make_user(email="owner@example.com"))
    make_member(label, make_user(email="editor@example.com"), Role.EDITOR)
    make_member(label, make_user(email="viewer@example.com"), Role.VIEWER)
    return label


@pytest.fixture
def campaign(label: Label) -> Campaign:
    return make_campaign(label=label, state=CampaignState.FINISHED)


def deliver(name: str, at: datetime | None = None) -> int:
    return outbox.deliver_due(name, lambda: at or timezone.now())


def addresses() -> list[str]:
    return sorted(address for message in mail.outbox for address in message.to)


class Refusing(locmem.EmailBackend):
    """A mail server that refuses, until it is mended."""

    is_mended = False

    def send_messages(self, messages: Any) -> int:
        if not Refusing.is_mended:
            raise smtplib.SMTPServerDisconnected("451 <owner@example.com> later")
        return super().send_messages(messages)


@pytest.fixture
def refusing(settings: Settings) -> Iterator[None]:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    yield
    Refusing.is_mended = False


# Mails.


@pytest.mark.usefixtures("mailing")
def test_owners_and_editors_get_one_mail_each(campaign: Campaign) -> None:
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    assert [deliver("mails"), deliver("mails")] == [2, 0]
    assert addresses() == ["editor@example.com", "owner@example.com"]
    assert {(one.subject, one.body) for one in mail.outbox} == {(TOLD.subject, TOLD.mail)}
    assert not Message.objects.exists()


@pytest.mark.usefixtures("mailing")
def test_people_are_told_in_their_language_and_tools_in_english(campaign: Campaign) -> None:
    User.objects.filter(email="editor@example.com").update(language="de")
    make_webhook(campaign.label, "https://hooks.example/x")

    def write() -> Told:
        spoken = translation.get_language() or ""
        return Told(MessageEvent.FINISHED, spoken, f"note: {spoken}", f"mail: {spoken}")

    with translation.override("de"):
        outbox.tell(campaign, write, timezone.now())
    assert {one.user.email: one.body for one in Message.objects.mails() if one.user} == {
        "owner@example.com": "mail: en",
        "editor@example.com": "mail: de",
    }
    assert [one.body for one in Message.objects.calls()] == ["note: en"]


def test_without_a_mail_server_nothing_waits_for_one(campaign: Campaign) -> None:
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    assert not Message.objects.exists()


@pytest.mark.usefixtures("mailing")
def test_who_is_no_editor_any_more_is_not_told(campaign: Campaign) -> None:
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    Membership.objects.filter(user__email="editor@example.com").update(role=Role.VIEWER)
    deliver("mails")
    assert addresses() == ["owner@example.com"]
    assert not Message.objects.exists()


@pytest.mark.usefixtures("mailing", "refusing")
def test_a_mail_that_failed_is_sent_again_until_it_is_through(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    begun = timezone.now()
    outbox.tell(campaign, lambda: TOLD, begun)
    for minutes in (0, 2, 6):
        deliver("mails", begun + timedelta(minutes=minutes))
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [3, 3]
    assert caplog.text.count("email not sent") == 6
    assert "@example.com" not in caplog.text

    Refusing.is_mended = True
    deliver("mails", begun + timedelta(minutes=13, seconds=59))
    assert addresses() == []
    assert deliver("mails", begun + timedelta(minutes=14)) == 2
    assert addresses() == ["editor@example.com", "owner@example.com"]


class TakesItsOwn(locmem.EmailBackend):
    """A mail server that takes one sender only."""

    def send_messages(self, messages: Any) -> int:
        for message in messages:
            if "music@example.com" not in message.from_email:
                raise smtplib.SMTPSenderRefused(553, b"not owned by user", message.from_email)
        return super().send_messages(messages)


@pytest.mark.usefixtures("mailing")
def test_what_waited_for_a_sender_that_the_server_takes_is_sent(
    campaign: Campaign, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.TakesItsOwn"
    begun = timezone.now()
    outbox.tell(campaign, lambda: TOLD, begun)
    assert deliver("mails") == 0
    settings.DEFAULT_FROM_EMAIL = "Demo Label <music@example.com>"
    assert deliver("mails", begun + timedelta(hours=23)) == 2
    assert {one.from_email for one in mail.outbox} == {"Demo Label <music@example.com>"}


def test_the_delay_doubles_up_to_an_hour() -> None:
    minutes = [outbox.delay_after(attempts).total_seconds() / 60 for attempts in range(8)]
    assert minutes == [2, 4, 8, 16, 32, 60, 60, 60]
    assert outbox.delay_after(10_000) == outbox.LONGEST_DELAY


@pytest.mark.usefixtures("mailing", "refusing")
def test_after_a_day_it_is_given_up(campaign: Campaign, caplog: pytest.LogCaptureFixture) -> None:
    begun = timezone.now()
    outbox.tell(campaign, lambda: TOLD, begun)
    deliver("mails", begun + RETRIED_FOR)
    assert not Message.objects.exists()
    assert caplog.text.count("message given up") == 2
    assert addresses() == []


@pytest.mark.usefixtures("mailing", "refusing")
def test_a_mail_that_is_sent_again_is_known_as_the_same(campaign: Campaign) -> None:
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    ids = {f"<{message.id}@127.0.0.1>" for message in Message.objects.all()}
    deliver("mails")
    Refusing.is_mended = True
    deliver("mails", timezone.now() + outbox.FIRST_DELAY)
    assert {one.message()["Message-ID"] for one in mail.outbox} == ids


@pytest.mark.usefixtures("mailing")
def test_what_a_worker_took_along_when_it_died_comes_again(campaign: Campaign) -> None:
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    taken = [outbox._claim("mails", 1, timezone.now()) for _ in range(3)]
    assert [len(some) for some in taken] == [1, 1, 0]
    assert deliver("mails") == 0
    assert deliver("mails", timezone.now() + outbox.FIRST_DELAY) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mailing")
def test_of_many_workers_one_sends(campaign: Campaign) -> None:
    for _ in range(5):
        outbox.tell(campaign, lambda: TOLD, timezone.now())
    assert sum(in_threads(8, lambda _: deliver("mails"))) == 10
    assert len(mail.outbox) == 10


# Webhooks.


def test_a_webhook_is_told_in_its_own_form(
    campaign: Campaign, label: Label, receiver: Receiver
) -> None:
    for kind in WebhookKind:
        make_webhook(label, receiver.address, kind=kind)
    make_webhook(make_label(), receiver.address)
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    assert deliver("calls") == 3
    bodies = [body for *_, body in receiver.got]
    assert b"Done: 3 of 3." in bodies
    assert json.dumps({"text": "*Night Bus: done*\nDone: 3 of 3."}).encode() in bodies
    assert any(b'"type": "campaign.finished"' in body for body in bodies)
    assert all(Webhook.objects.filter(label=label).values_list("delivered_at", flat=True))


def test_a_receiver_can_check_the_signature(
    campaign: Campaign, label: Label, receiver: Receiver
) -> None:
    webhook = make_webhook(label, receiver.address)
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    deliver("calls")
    ((_, headers, body),) = receiver.got
    secret = outbox.unseal(webhook.sealed_secret)
    signed = writing.signature(secret, headers["webhook-id"], headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == signed


def test_a_webhook_that_refuses_is_called_again_with_the_same_id(
    campaign: Campaign, label: Label, receiver: Receiver
) -> None:
    webhook, begun = make_webhook(label, receiver.address), timezone.now()
    receiver.status = 503
    outbox.tell(campaign, lambda: TOLD, begun)
    assert deliver("calls", begun) == 0
    webhook.refresh_from_db()
    assert (webhook.problem, webhook.problem_status) == ("status", 503)

    receiver.status = 200
    assert deliver("calls", begun + outbox.FIRST_DELAY) == 1
    webhook.refresh_from_db()
    assert (webhook.problem, webhook.problem_status) == ("", None)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1
    assert not Message.objects.exists()


def test_a_webhook_that_takes_its_time_holds_up_no_other(
    campaign: Campaign, label: Label, receiver: Receiver
) -> None:
    """Each is answered only once all three have been called."""
    receiver.may_answer.clear()
    receiver.answers_from = 3
    for _ in range(3):
        make_webhook(label, receiver.address)
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    assert deliver("calls") == 3


def test_a_call_that_cannot_be_written_has_no_other_made_again(
    campaign: Campaign, label: Label, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    make_webhook(label, receiver.address)
    broken = make_webhook(label, receiver.address, sealed_secret=outbox.seal("whsec_a"))
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    assert deliver("calls") == 1
    assert Message.objects.get().webhook == broken
    assert f"call failed webhook={broken.id}: Error" in caplog.text
    assert len(receiver.got) == 1


def test_neither_address_nor_secret_is_in_the_log_or_the_database(
    campaign: Campaign, label: Label, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.IS_HTTPS = True
    webhook = make_webhook(label, "https://127.0.0.1/services/s3cret")
    secret = outbox.unseal(webhook.sealed_secret)
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    deliver("calls")
    assert "webhook not reached" in caplog.text
    row = str(Webhook.objects.values().get())
    for hidden in ("s3cret", secret):
        assert hidden not in caplog.text
        assert hidden not in row
        assert hidden not in repr(webhook)


def test_with_another_secret_key_nothing_is_called(
    campaign: Campaign, label: Label, receiver: Receiver, settings: Settings
) -> None:
    webhook = make_webhook(label, receiver.address)
    settings.SECRET_KEY = "another key, of fifty characters or rather more of them"
    outbox.tell(campaign, lambda: TOLD, timezone.now())
    assert deliver("calls") == 0
    webhook.refresh_from_db()
    assert webhook.problem == "unreadable"
    assert receiver.got == []
    with pytest.raises(WebhookError):
        outbox.unseal(webhook.sealed_secret)


# Beside the saves.


class SilentServer:
    """Takes a connection and says nothing, until it is let go."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.called, self._done = Event(), Event()
        self.calls = 0
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with connection:
                if self._done.is_set():
                    return
                self.calls += 1
                self.called.set()
                self._done.wait()

    def let_go(self) -> None:
        self._done.set()
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listening.close()


@pytest.fixture
def silent_server(settings: Settings) -> Iterator[SilentServer]:
    server = SilentServer()
    settings.SENDS_EMAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 60
    yield server
    server.let_go()
    join_threads()


def join_threads() -> None:
    for thread in running_threads():
        if thread.name == "outbox":
            thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_silent_holds_up_neither_saves_nor_maintenance(
    sandbox: Sandbox, silent_server: SilentServer, keyring_dir: Path
) -> None:
    late = timezone.now() - LATE_AFTER
    make_campaign(label=make_label(owner=make_user()), upc="609008295070", release_at=late)
    cancelled = make_campaign(state=CampaignState.CANCELLED)
    night = make_night(sandbox, fans=3)

    work()
    assert silent_server.called.wait(20)
    work()

    assert [thread.name for thread in running_threads()].count("outbox") == 1
    assert states(night) == {"saved": 3}
    assert not (keyring_dir / f"{cancelled.id}.key").exists()
    assert silent_server.calls == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mailing")
def test_a_webhook_that_is_silent_holds_up_no_mail(
    campaign: Campaign, label: Label, receiver: Receiver
) -> None:
    receiver.may_answer.clear()
    make_webhook(label, receiver.address)
    outbox.tell(campaign, lambda: TOLD, timezone.now())

    outbox.start_delivering(timezone.now())
    outbox._threads["mails"].join(20)

    assert addresses() == ["editor@example.com", "owner@example.com"]
    receiver.may_answer.set()
    join_threads()
    assert len(receiver.got) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mailing")
def test_maintenance_that_fails_keeps_no_mail_back(campaign: Campaign) -> None:
    outbox.tell(campaign, lambda: TOLD, timezone.now())

    def fail(execute: Any, sql: str, *arguments: Any) -> Any:
        if "campaigns_finalfigures" in sql:
            raise DataError("no such figure")
        return execute(sql, *arguments)

    now = timezone.now()
    with connection.execute_wrapper(fail), pytest.raises(DataError):
        run_maintenance(Shift(now, Event(), lambda: now))
    join_threads()
    assert addresses() == ["editor@example.com", "owner@example.com"]


def test_no_thread_runs_for_nothing(campaign: Campaign) -> None:
    outbox.start_delivering(timezone.now())
    assert "outbox" not in [thread.name for thread in running_threads()]
