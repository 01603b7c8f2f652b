"""Whether the mail server takes our emails: asked when a worker starts, since an alarm that it
refuses tells nobody.
"""

from __future__ import annotations

import logging
import smtplib
from email.utils import parseaddr
from threading import Thread

from django.conf import settings
from django.core import mail
from django.core.mail.backends.smtp import EmailBackend

logger = logging.getLogger(__name__)


def start_checking() -> None:
    """On a thread of its own: a slow server may not hold the worker up."""
    Thread(target=check, name="mail-server", daemon=True).start()


def check() -> None:
    """Say in the log what is wrong. Nothing is sent."""
    connection = mail.get_connection()
    if not isinstance(connection, EmailBackend):
        return
    try:
        connection.open()
        if connection.connection:
            _ask(connection.connection)
    except smtplib.SMTPAuthenticationError as error:
        logger.error("mail server refuses the user or password of EMAIL_URL: %s", error.smtp_code)
    except (OSError, smtplib.SMTPException) as error:
        logger.error("mail server of EMAIL_URL not reached: %s", type(error).__name__)
    finally:
        connection.close()


def _ask(server: smtplib.SMTP) -> None:
    """Most servers judge the sender only when they are told a receiver."""
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    server.ehlo_or_helo_if_needed()
    code, _ = server.mail(sender)
    if code < 400 and not settings.OPERATOR_CONTACT.startswith("https://"):
        code, _ = server.rcpt(settings.OPERATOR_CONTACT)
    server.rset()
    if code >= 500:
        logger.error("mail server does not take the sender of MAIL_FROM, %s: %s", sender, code)
