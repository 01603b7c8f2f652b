"""Sends account emails in a thread of their own, so that the answer takes no longer when there is
one to send: its time does not tell who has an account.
"""

from __future__ import annotations

import logging
import uuid
from concurrent.futures import ThreadPoolExecutor

from django.core.mail import EmailMessage
from django.db import DatabaseError, connections

from campaigns.clock import database_now
from campaigns.models import User
from campaigns.status import outbox
from presave.smtp import NoMailServerError

logger = logging.getLogger(__name__)

# One thread: a slow mail server holds up no page, and mails arrive in the order of what they tell.
# A process that ends sends the rest first.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="account-mail")


def send_soon(mail: EmailMessage, user: User | None = None) -> None:
    """What the mail server refuses, the worker tries again for a day. Without a user, the mail goes
    to the address of one.
    """
    _sender.submit(_send, mail, user)


def wait_until_sent() -> None:
    _sender.submit(lambda: None).result()


def _send(mail: EmailMessage, user: User | None) -> None:
    message_id = uuid.uuid4()
    mail.extra_headers |= outbox.headers_of(message_id)
    try:
        mail.send()
    except NoMailServerError:
        # Nothing would come of trying again.
        logger.warning("account email not sent: there is no mail server")
    except Exception as error:
        # Its text may hold an address, which is nobody's business in a log.
        logger.error("account email not sent: %s", type(error).__name__)
        _keep(mail, message_id, user)


def _keep(mail: EmailMessage, message_id: uuid.UUID, user: User | None) -> None:
    try:
        whose = user or User.objects.get(email=mail.to[0])
        outbox.keep_for_account(mail, message_id, whose, database_now())
    except (DatabaseError, User.DoesNotExist) as error:
        logger.error("account email given up: %s", type(error).__name__)
    finally:
        connections.close_all()
