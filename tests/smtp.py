"""A mail server for tests: a real one on loopback, which takes everything unless told not to."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

import pytest

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
        while line := self._line():
            command = line.split()[0].upper()
            self.server.heard.append(line)
            usual = 354 if command == "DATA" else 235 if command == "AUTH" else 250
            code = self.server.codes.get(command, usual)
            lines = ["here", "AUTH PLAIN"] if command == "EHLO" else ["as you say"]
            for at, text in enumerate(lines, start=1):
                self.wfile.write(f"{code}{' ' if at == len(lines) else '-'}{text}\r\n".encode())
            if code == 354:
                self._take_email()

    def _take_email(self) -> None:
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            self.server.heard.append(f"> {line}")
        self.wfile.write(b"250 taken\r\n")

    def _line(self) -> str:
        return self.rfile.readline().decode(errors="replace").strip()


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """What EMAIL_URL names."""
    settings.EMAIL_BACKEND = "presave.smtp.EmailBackend"
    settings.SENDS_EMAIL = True
    settings.DEFAULT_FROM_EMAIL = "Presave <presave@presave.example.com>"
    settings.OPERATOR_CONTACT = "operator@example.com"
    with MailServer() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.shutdown()
        thread.join()
