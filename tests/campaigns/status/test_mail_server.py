"""What a worker's log says at its start about a mail server that will not take its emails."""

from __future__ import annotations

from threading import enumerate as running_threads
from typing import TYPE_CHECKING

import pytest
from celery.signals import worker_ready

from campaigns.status import mail_server
from tests.smtp import MailServer

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture
def server(mail_server: MailServer) -> MailServer:
    return mail_server


def test_a_server_that_takes_the_sender_is_asked_and_gets_nothing(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    mail_server.check()
    assert [line.split()[0] for line in server.heard] == ["ehlo", "mail", "rcpt", "rset", "quit"]
    assert caplog.text == ""


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_server_that_takes_only_its_own_sender_is_told_of_at_once(
    command: str, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.codes[command] = 553
    mail_server.check()
    assert "does not take the sender of MAIL_FROM, presave@presave.example.com: 553" in caplog.text


def test_a_worker_that_is_ready_asks(server: MailServer) -> None:
    worker_ready.send(sender=None)
    for thread in running_threads():
        if thread.name == "mail-server":
            thread.join()
    assert server.heard[-1] == "quit"


def test_without_an_email_of_the_operators_no_receiver_is_named(
    server: MailServer, settings: Settings
) -> None:
    settings.OPERATOR_CONTACT = "https://example.com/contact"
    mail_server.check()
    assert [line for line in server.heard if line.startswith("rcpt")] == []


def test_a_server_that_puts_us_off_is_no_fault(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.codes["RCPT"] = 451
    mail_server.check()
    assert caplog.text == ""


def test_a_wrong_password_is_told_and_not_repeated(
    server: MailServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "label", "s3cret"
    server.codes["AUTH"] = 535
    mail_server.check()
    assert "refuses the user or password of EMAIL_URL: 535" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_server_that_is_not_there_is_told(
    server: MailServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_PORT = 9
    mail_server.check()
    assert "mail server of EMAIL_URL not reached: ConnectionRefusedError" in caplog.text


def test_tls_from_the_start_is_tried_at_once(
    server: MailServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_USE_SSL = True
    settings.EMAIL_TIMEOUT = 10
    mail_server.check()
    assert "mail server of EMAIL_URL not reached: SSLError" in caplog.text
    assert server.heard[:1] != ["ehlo"]


def test_without_a_mail_server_nobody_is_asked(caplog: pytest.LogCaptureFixture) -> None:
    mail_server.start_checking()
    mail_server.check()
    assert caplog.text == ""
