"""Whether the mail server takes our emails: asked when a worker starts, since an alarm that it
refuses tells nobody, and by `manage.py doctor` and `manage.py sendtestemail`.
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
    if not isinstance(mail.get_connection(), EmailBackend):
        return
    problem = problem_found()
    if problem:
        logger.error("%s", problem)


def problem_found() -> str:
    """What keeps the mail server from taking our emails; empty if nothing does. Nothing is sent."""
    connection = mail.get_connection()
    if not isinstance(connection, EmailBackend):
        return f"no mail server: {type(connection).__name__} keeps every email to itself"
    try:
        connection.open()
        return _asked(connection.connection) if connection.connection else ""
    except smtplib.SMTPAuthenticationError as error:
        return f"mail server refuses the user or password of EMAIL_URL: {error.smtp_code}"
    except (OSError, smtplib.SMTPException) as error:
        return f"mail server of EMAIL_URL not reached: {type(error).__name__}"
    finally:
        connection.close()


def _asked(server: smtplib.SMTP) -> str:
    """Most servers judge the sender only when they are told a receiver."""
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    server.ehlo_or_helo_if_needed()
    code, _ = server.mail(sender)
    if code < 400 and not settings.OPERATOR_CONTACT.startswith("https://"):
        code, _ = server.rcpt(settings.OPERATOR_CONTACT)
    server.rset()
    if code >= 500:
        return f"mail server does not take the sender of MAIL_FROM, {sender}: {code}"
    return ""


def send_test(address: str) -> str:
    """Send one email; returns what kept it from being accepted, empty if nothing did."""
    connection = mail.get_connection()
    if not isinstance(connection, EmailBackend):
        return problem_found()
    text = (
        f"The mail server that {settings.PUBLIC_URL} uses has accepted this email. If you can read "
        "it, alarms and links to set a password arrive, too."
    )
    try:
        mail.EmailMessage("Test email from Presave", text, to=[address]).send()
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        answer = said.decode(errors="replace") if isinstance(said, bytes) else said
        return f"mail server refuses the email: {error.smtp_code} {answer}"
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return f"mail server refuses the receiver: {code} {said.decode(errors='replace')}"
    except (OSError, smtplib.SMTPException) as error:
        return f"mail server of EMAIL_URL not reached: {type(error).__name__}"
    return ""
