"""A label's webhooks: adding one, with the secret that its messages are signed with, testing it,
and removing it. Only a worker ever calls one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from campaigns.models import MOST_WEBHOOKS, Label, Message, MessageEvent, Webhook, WebhookKind
from campaigns.pasted import visible_text
from campaigns.status import outbox
from campaigns.status.outbox import Told
from campaigns.webhooks import WebhookError, is_loopback_host, new_secret

LONGEST_ADDRESS: Final = 500
TESTED_EVERY: Final = timedelta(minutes=1)
_HTTPS_PORT: Final = 443
# Takes Slack's form alone.
_SLACK: Final = "hooks.slack.com"


class Wrong(StrEnum):
    """Why a webhook is not added or tested; the dashboard has the sentences."""

    NO_ADDRESS = "no_address"
    NOT_HTTPS = "not_https"
    WITH_PASSWORD = "with_password"  # noqa: S105 -- a name
    OTHER_PORT = "other_port"
    NOT_PUBLIC = "not_public"
    TOO_MANY = "too_many"
    ADDED_ALREADY = "added_already"
    TESTED_JUST_NOW = "tested_just_now"


class WebhookRefusedError(ValueError):
    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong.value)
        self.wrong = wrong


def check_address(address: str) -> SplitResult:
    """What can be told without asking anybody; what its name leads to is looked at with each call.

    Raises WebhookRefusedError. An instance at a loopback address may call loopback, at any port.
    """
    try:
        parts = urlsplit(address)
        URLValidator(schemes=["http", "https"])(address)
    except (ValueError, ValidationError):
        raise WebhookRefusedError(Wrong.NO_ADDRESS) from None
    host = parts.hostname or ""
    if not settings.IS_HTTPS and is_loopback_host(host):
        return parts
    if parts.scheme != "https":
        raise WebhookRefusedError(Wrong.NOT_HTTPS)
    if parts.username is not None or parts.password is not None:
        raise WebhookRefusedError(Wrong.WITH_PASSWORD)
    if not _is_at_usual_port(parts):
        raise WebhookRefusedError(Wrong.OTHER_PORT)
    if "." not in host or host.endswith(".localhost") or _is_number(host):
        raise WebhookRefusedError(Wrong.NOT_PUBLIC)
    return parts


def _is_at_usual_port(parts: SplitResult) -> bool:
    try:
        return parts.port in (None, _HTTPS_PORT)
    except ValueError:  # above the highest that there is
        return False


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def add(label: Label, kind: WebhookKind, address: str, now: datetime) -> str:
    """Add a webhook; returns its secret, which is shown this once. Raises WebhookRefusedError."""
    address = visible_text(address)
    host = check_address(address).hostname or ""
    secret = new_secret()
    with transaction.atomic():
        # Two who add at once stay within the number.
        Label.objects.select_for_update(no_key=True).get(id=label.id)
        present = list(label.webhooks.all())
        if len(present) >= MOST_WEBHOOKS:
            raise WebhookRefusedError(Wrong.TOO_MANY)
        if any(_is_at(webhook, address) for webhook in present):
            raise WebhookRefusedError(Wrong.ADDED_ALREADY)
        label.webhooks.create(
            kind=WebhookKind.SLACK if host == _SLACK else kind,
            host=host,
            sealed_address=outbox.seal(address),
            sealed_secret=outbox.seal(secret),
            created_at=now,
        )
    return secret


def _is_at(webhook: Webhook, address: str) -> bool:
    try:
        return outbox.unseal(webhook.sealed_address) == address
    except WebhookError:
        return False


@transaction.atomic
def queue_test(webhook: Webhook, told: Told, now: datetime) -> None:
    """Let a worker send a test, at most one a minute, as it goes to somebody else's machine. It
    takes the place of one that is still on its way. Raises WebhookRefusedError.
    """
    mine = Webhook.objects.select_for_update(no_key=True).get(id=webhook.id)
    if mine.tested_at is not None and mine.tested_at > now - TESTED_EVERY:
        raise WebhookRefusedError(Wrong.TESTED_JUST_NOW)
    Message.objects.filter(webhook=mine, event=MessageEvent.TEST).delete()
    mine.tested_at = now
    mine.save(update_fields=["tested_at"])
    outbox.tell_webhook(mine, told, now)
