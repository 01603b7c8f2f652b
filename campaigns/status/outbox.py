"""What is told to a label, on its way: an email to each owner and editor, a call to each webhook;
and mails about accounts that could not be sent at once.

A message is a row, written in the transaction that notes what it tells. A worker claims it by
putting its next try off, sends it, and deletes the row. So what fails, and what a worker took along
when it died, comes again with a back-off, for a day, except a test that failed: who asked for it
sees that, and asks again. Each message reaches everybody once as far as SMTP and HTTP allow. Where
a worker dies, or the line breaks, between the hand-over and the deletion, nobody can know whether
it arrived: it is sent again, under the same Message-ID or webhook-id, by which mailboxes and
receivers know what they have.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Thread
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connections, transaction
from django.db.models import QuerySet
from django.utils import translation

from campaigns import keyring, webhooks
from campaigns.clock import Clock, database_now
from campaigns.models import (
    EDITING_ROLES,
    Campaign,
    Message,
    MessageEvent,
    User,
    Webhook,
    WebhookKind,
    WebhookProblem,
)
from campaigns.webhooks import WebhookError

logger = logging.getLogger(__name__)

# Longer than a mail server that answers each step at the last moment can take: until then nobody
# else tries the same message.
FIRST_DELAY: Final = timedelta(minutes=2)
LONGEST_DELAY: Final = timedelta(hours=1)
CALLS_AT_ONCE: Final = 20
SEALED_FOR: Final = "webhook"
MAIL_SEALED_FOR: Final = "account-mail"


@dataclass(frozen=True)
class Told:
    """What is told: people read the subject and the mail's body, tools the note and the data."""

    event: MessageEvent
    subject: str
    note: str
    mail: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def tell(campaign: Campaign, write: Callable[[], Told], now: datetime) -> None:
    """Put it on its way, as it is written in each person's language, and for tools in English.
    Without a mail, and where no mail server is set, people are not told.

    Call it in the transaction that notes that they are.
    """
    english = in_language(settings.LANGUAGE_CODE, write)
    written = {settings.LANGUAGE_CODE: english}
    rows = []
    for user in editors_of(campaign.label_id) if english.mail and settings.SENDS_EMAIL else []:
        if user.mail_language not in written:
            written[user.mail_language] = in_language(user.mail_language, write)
        told = written[user.mail_language]
        rows.append(_message(told, told.mail, now, campaign=campaign, user=user))
    for webhook in Webhook.objects.filter(label=campaign.label_id):
        rows.append(_message(english, english.note, now, campaign=campaign, webhook=webhook))
    Message.objects.bulk_create(rows)


def in_language(code: str, write: Callable[[], Told]) -> Told:
    with translation.override(code):
        return write()


def tell_webhook(webhook: Webhook, told: Told, now: datetime) -> None:
    _message(told, told.note, now, webhook=webhook).save()


def _message(told: Told, body: str, now: datetime, **receiver: Any) -> Message:
    return Message(
        event=told.event,
        subject=told.subject,
        body=body,
        data=dict(told.data),
        created_at=now,
        next_try_at=now,
        **receiver,
    )


def editors_of(label_id: Any) -> QuerySet[User]:
    """Who is told of a label's campaigns."""
    editors = User.objects.filter(
        is_active=True, memberships__label=label_id, memberships__role__in=EDITING_ROLES
    )
    # Worker, which asks, may read no password.
    return editors.order_by("email").distinct().defer("password")


# One for people and one for tools, so that a tool that does not answer holds up no email.
_threads: dict[str, Thread] = {}


def start_delivering(now: datetime) -> None:
    """Deliver what is due on threads of their own: a slow server may not hold up the saves."""
    for name, messages in (("mails", Message.objects.mails()), ("calls", Message.objects.calls())):
        is_at_it = name in _threads and _threads[name].is_alive()
        if not is_at_it and messages.filter(next_try_at__lte=now).exists():
            _threads[name] = Thread(target=_run, args=[name], name="outbox")
            _threads[name].start()


def _run(name: str) -> None:
    try:
        deliver_due(name, database_now)
    except Exception:
        # The next round tries again.
        logger.exception("outbox failed")
    finally:
        connections.close_all()


def deliver_due(name: str, clock: Clock) -> int:
    """Deliver what is due of "mails" or "calls"; returns how many were delivered."""
    _give_up_old(clock())
    deliver, at_once = (_mail, 1) if name == "mails" else (_call, CALLS_AT_ONCE)
    delivered = 0
    while messages := _claim(name, at_once, clock()):
        delivered += deliver(messages, clock())
    return delivered


def _give_up_old(now: datetime) -> None:
    for message in Message.objects.given_up(now):
        _give_up(message)


def _give_up(message: Message) -> None:
    logger.error("message given up id=%s event=%s", message.id, message.event)
    message.delete()


@transaction.atomic
def _claim(name: str, number: int, now: datetime) -> list[Message]:
    kind = Message.objects.mails() if name == "mails" else Message.objects.calls()
    free = kind.due(now).select_for_update(of=("self",), skip_locked=True)
    told_to = free.select_related("user", "webhook", "campaign").defer("user__password")
    messages = list(told_to[:number])
    for message in messages:
        message.next_try_at = now + delay_after(message.attempts)
        message.attempts += 1
    Message.objects.bulk_update(messages, ["attempts", "next_try_at"])
    return messages


def delay_after(attempts: int) -> timedelta:
    """Two minutes, then four, eight … until an hour."""
    doublings = min(attempts, 10)
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def _mail(messages: list[Message], now: datetime) -> int:
    sent = [message for message in messages if _is_sent(message)]
    return _forget(sent)


def _is_sent(message: Message) -> bool:
    is_of_account = message.event == MessageEvent.ACCOUNT
    mail = _opened(message) if is_of_account else _written_to_editor(message)
    if mail is None:
        return False
    mail.extra_headers |= headers_of(message.id)
    try:
        mail.send()
    except Exception as error:
        # Its text may hold an address, which is nobody's business in a log.
        about = "account" if is_of_account else f"campaign={message.campaign_id}"
        reason = type(error).__name__
        logger.error("email not sent %s: %s, to be tried again", about, reason)
        return False
    return True


def headers_of(message_id: UUID) -> dict[str, str]:
    return {
        "Message-ID": f"<{message_id}@{settings.PUBLIC_HOST}>",
        "Auto-Submitted": "auto-generated",
    }


def _written_to_editor(message: Message) -> EmailMessage | None:
    """To an address that is read only now, of somebody who is still to be told; None, and the
    message is gone, when they are not.
    """
    user, campaign = message.user, message.campaign
    if not (user and campaign and editors_of(campaign.label_id).filter(id=user.id).exists()):
        message.delete()
        return None
    return EmailMessage(message.subject, message.body, to=[user.email])


def keep_for_account(mail: EmailMessage, message_id: UUID, user: User, now: datetime) -> None:
    """Try a mail about an account again that was refused. Its link may open the account, so the row
    shows nothing of it.
    """
    letter = json.dumps({"subject": mail.subject, "body": mail.body, "to": mail.to})
    Message.objects.create(
        id=message_id,
        user=user,
        event=MessageEvent.ACCOUNT,
        body=keyring.seal_cookie(settings.SECRET_KEY, letter.encode(), MAIL_SEALED_FOR),
        created_at=now,
        attempts=1,
        next_try_at=now + delay_after(0),
    )


def _opened(message: Message) -> EmailMessage | None:
    """None, and it is given up, where SECRET_KEY is another one by now."""
    letter = keyring.open_cookie(settings.SECRET_KEY, message.body, MAIL_SEALED_FOR)
    if letter is None:
        _give_up(message)
        return None
    return EmailMessage(**json.loads(letter))


def _call(messages: list[Message], now: datetime) -> int:
    """All at once, so that a tool that takes its time holds up few others. Rows are read and
    written here alone: the pool's threads have no connection.
    """
    receivers = [message.webhook for message in messages if message.webhook]
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        errors = list(pool.map(partial(_error_of, now=now), messages, receivers))
    for webhook, error in zip(receivers, errors, strict=True):
        _note(webhook, error, now)
    arrived = [one for one, error in zip(messages, errors, strict=True) if not error]
    _forget([one for one in messages if one in arrived or one.event == MessageEvent.TEST])
    return len(arrived)


def _error_of(message: Message, webhook: Webhook, now: datetime) -> WebhookError | None:
    try:
        webhooks.post(_written(message, webhook, now))
    except WebhookError as error:
        return error
    except Exception as error:
        # What was delivered next to it must be noted, or it comes again and again. Its text may
        # hold the address.
        logger.error("call failed webhook=%s: %s", webhook.id, type(error).__name__)
        return WebhookError(WebhookProblem.UNREACHABLE)
    return None


def _note(webhook: Webhook, error: WebhookError | None, now: datetime) -> None:
    row = Webhook.objects.filter(id=webhook.id)
    if error is None:
        row.update(problem="", problem_status=None, delivered_at=now)
    else:
        logger.warning("webhook not reached webhook=%s: %s", webhook.id, error)
        row.update(problem=error.problem, problem_status=error.status, problem_at=now)


def _forget(delivered: list[Message]) -> int:
    Message.objects.filter(id__in=[message.id for message in delivered]).delete()
    return len(delivered)


def _written(message: Message, webhook: Webhook, now: datetime) -> webhooks.Call:
    notice = webhooks.Notice(
        id=message.id,
        event=message.event,
        at=message.created_at,
        subject=message.subject,
        body=message.body,
        data=message.data,
    )
    address, secret = (unseal(text) for text in (webhook.sealed_address, webhook.sealed_secret))
    return webhooks.call(WebhookKind(webhook.kind), address, secret, notice, now)


def seal(text: str) -> str:
    return keyring.seal_cookie(settings.SECRET_KEY, text.encode(), SEALED_FOR)


def unseal(text: str) -> str:
    """Raises WebhookError where SECRET_KEY is another one by now."""
    opened = keyring.open_cookie(settings.SECRET_KEY, text, SEALED_FOR)
    if opened is None:
        raise WebhookError(WebhookProblem.UNREADABLE)
    return opened.decode()
