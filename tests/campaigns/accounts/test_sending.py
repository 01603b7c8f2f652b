"""Mails about accounts that the mail server refuses: kept sealed, and sent again for a day."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from django.test import Client
from django.utils import timezone

from campaigns.accounts import sending
from campaigns.models import RETRIED_FOR, Message, User
from campaigns.status import outbox
from tests import factory
from tests.fans import text_of
from tests.log_ins import logged_in

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from pytest_django import Settings

# The thread that sends has a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)

LATER = timedelta(minutes=3)


class OneSenderOnly(locmem.EmailBackend):
    """A mail server that takes one sender, which is not the one at first."""

    refused: list[EmailMessage]

    def send_messages(self, messages: Any) -> int:
        for message in messages:
            if "music@example.com" not in message.from_email:
                OneSenderOnly.refused.append(message)
                raise smtplib.SMTPSenderRefused(553, b"not owned by user", message.from_email)
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def refused(settings: Settings) -> Iterator[list[EmailMessage]]:
    settings.SENDS_EMAIL = True
    settings.EMAIL_BACKEND = f"{__name__}.OneSenderOnly"
    OneSenderOnly.refused = []
    yield OneSenderOnly.refused
    sending.wait_until_sent()


@pytest.fixture
def user() -> User:
    return factory.make_user(email="old@example.com")


def ask_for_a_link(email: str) -> None:
    Client().post("/accounts/password/reset/", {"email": email})
    sending.wait_until_sent()


def deliver(at: datetime) -> int:
    return outbox.deliver_due("mails", lambda: at)


def test_a_refused_link_arrives_once_the_sender_is_right_and_opens_the_account(
    user: User, settings: Settings, refused: list[EmailMessage]
) -> None:
    ask_for_a_link(user.email)
    assert deliver(timezone.now() + LATER) == 0

    settings.DEFAULT_FROM_EMAIL = "Demo Label <music@example.com>"
    assert deliver(timezone.now() + timedelta(hours=1)) == 1

    [message] = mail.outbox
    assert (message.to, message.subject) == (["old@example.com"], refused[0].subject)
    assert {one.extra_headers["Message-ID"] for one in [message, *refused]} == {
        message.extra_headers["Message-ID"]
    }
    link = next(word for word in str(message.body).split() if "/reset/key/" in word)
    assert "New password" in text_of(
        Client().get(link.removeprefix(settings.PUBLIC_URL), follow=True)
    )
    assert not Message.objects.exists()


def test_what_is_kept_shows_neither_link_nor_address(
    user: User, refused: list[EmailMessage], caplog: pytest.LogCaptureFixture
) -> None:
    ask_for_a_link(user.email)

    row = Message.objects.values().get()
    assert "/reset/key/" in refused[0].body
    for shown in (repr(row), repr(Message.objects.get()), caplog.text):
        assert "example.com" not in shown
        assert "reset" not in shown
    assert "account email not sent" in caplog.text


def test_the_old_address_is_told_though_it_is_nobodys_any_more(
    user: User, settings: Settings
) -> None:
    logged_in(user).post("/accounts/email/", {"email": "new@example.com", "action_add": ""})
    sending.wait_until_sent()
    begun = timezone.now()
    settings.DEFAULT_FROM_EMAIL = "music@example.com"
    assert deliver(begun + LATER) == 1
    link = next(word for word in str(mail.outbox[0].body).split() if "/confirm-email/" in word)
    settings.DEFAULT_FROM_EMAIL = "presave@example.com"

    Client().post(link.removeprefix(settings.PUBLIC_URL))
    sending.wait_until_sent()
    settings.DEFAULT_FROM_EMAIL = "music@example.com"
    assert deliver(begun + 2 * LATER) == 1

    assert [message.to for message in mail.outbox] == [["new@example.com"], ["old@example.com"]]


def test_who_signs_up_with_an_address_that_is_taken_is_told_later(
    user: User, settings: Settings
) -> None:
    settings.SIGN_UP, settings.ACCOUNT_EMAIL_VERIFICATION = "open", "mandatory"
    form = {"email": user.email, "password1": "another horse battery"}
    Client().post("/accounts/signup/", form)
    sending.wait_until_sent()
    assert Message.objects.get().user == user


def test_after_a_day_it_is_given_up(user: User, settings: Settings) -> None:
    ask_for_a_link(user.email)
    settings.DEFAULT_FROM_EMAIL = "music@example.com"
    assert deliver(timezone.now() + RETRIED_FOR) == 0
    assert mail.outbox == []
    assert not Message.objects.exists()


def test_with_another_secret_key_it_is_given_up(
    user: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    ask_for_a_link(user.email)
    settings.SECRET_KEY = "another" * 10
    settings.DEFAULT_FROM_EMAIL = "music@example.com"
    assert deliver(timezone.now() + LATER) == 0
    assert mail.outbox == []
    assert not Message.objects.exists()
    assert caplog.text.count("message given up") == 1


def test_an_account_that_is_gone_meanwhile_is_in_the_log_alone(
    user: User, caplog: pytest.LogCaptureFixture
) -> None:
    letter = mail.EmailMessage("Night Bus", "A text", to=["nobody@example.com"])
    sending.send_soon(letter)
    sending.wait_until_sent()
    assert "account email given up: DoesNotExist" in caplog.text
    assert not Message.objects.exists()


def test_without_a_mail_server_nothing_is_kept_to_be_tried_again(
    user: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "presave.smtp.NoMailServer"
    sending.send_soon(mail.EmailMessage("Log in", "A link", to=[user.email]), user)
    sending.wait_until_sent()
    assert "account email not sent: there is no mail server" in caplog.text
    assert not Message.objects.exists()
