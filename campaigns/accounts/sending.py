"""Sends account emails in a thread of their own, so that the answer takes no longer when there is
one to send: its time does not tell who has an account.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)

# One thread: a slow mail server holds up no page, and mails arrive in the order of what they tell.
# A process that ends sends the rest first.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="account-mail")


def send_soon(message: EmailMessage) -> None:
    _sender.submit(_send, message)


def wait_until_sent() -> None:
    _sender.submit(lambda: None).result()


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception as error:
        # Its text may hold an address, which is nobody's business in a log.
        logger.error("account email not sent: %s", type(error).__name__)
