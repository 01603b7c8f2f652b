"""How mail leaves: by SMTP, whatever characters the password has; and never into nothing."""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend


class NoMailServerError(Exception):
    """EMAIL_URL names no mail server, so nothing was sent."""


class NoMailServer(BaseEmailBackend):
    """In place of Django's dummy, which says that it has sent what it has thrown away."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise NoMailServerError


class _AnyPassword(smtplib.SMTP):
    def login(self, user: str, password: str, **options: Any) -> tuple[int, bytes]:
        """smtplib knows ASCII alone; RFC 4616 has UTF-8."""
        if (user + password).isascii():
            return super().login(user, password, **options)
        self.ehlo_or_helo_if_needed()
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        code, answer = self.docmd("AUTH", f"PLAIN {secret}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, answer)
        return code, answer


class _AnyPasswordWithTls(_AnyPassword, smtplib.SMTP_SSL):
    """TLS from the start."""


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _AnyPasswordWithTls if self.use_ssl else _AnyPassword
