"""What a worker's log says at its start about a mail server that will not take its emails."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from threading import enumerate as running_threads
from typing import TYPE_CHECKING

import pytest
from celery.signals import worker_ready

from campaigns.status import mail_server

if TYPE_CHECKING:
    from pytest_django import Settings


class MailServer(socketserver.ThreadingTCPServer):
    """Answers each command with 250, or with the code that is set for it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.codes: dict[str, int] = {}
        self.heard: list[str] = []


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        with suppress(ConnectionError):
            self._converse()

    def _converse(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().decode(errors="replace").strip():
            command = line.split()[0].upper()
            self.server.heard.append(line)
            code = self.server.codes.get(command, 250)
            lines = ["here", "AUTH PLAIN"] if command == "EHLO" else ["as you say"]
            for at, text in enumerate(lines, start=1):
                self.wfile.write(f"{code}{' ' if at == len(lines) else '-'}{text}\r\n".encode())


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "Presave <presave@presave.example.com>"
    settings.OPERATOR_CONTACT = "operator@example.com"
    with MailServer() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


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
