"""Messages on their way: which are due, in which order, and to whom one goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from campaigns.models import RETRIED_FOR, Message, MessageEvent
from tests.factory import make_label, make_user, make_webhook

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def make_message(**fields: Any) -> Message:
    now = timezone.now()
    defaults = {"event": MessageEvent.TEST, "created_at": now, "next_try_at": now}
    if "webhook" not in fields:
        fields.setdefault("user", make_user())
    return Message.objects.create(**{**defaults, **fields})


def test_what_was_never_tried_comes_first() -> None:
    now = timezone.now()
    tried = make_message(attempts=3, next_try_at=now - 2 * MINUTE)
    late = make_message(next_try_at=now - MINUTE)
    make_message(next_try_at=now + MINUTE)
    assert list(Message.objects.due(now)) == [late, tried]


def test_what_could_not_be_delivered_for_a_day_is_due_no_more() -> None:
    now = timezone.now()
    old = make_message(created_at=now - RETRIED_FOR)
    assert list(Message.objects.due(now)) == []
    assert list(Message.objects.given_up(now)) == [old]
    assert not Message.objects.given_up(now - MINUTE).exists()


def test_mails_and_calls_are_told_apart() -> None:
    mail, call = make_message(), make_message(webhook=make_webhook(make_label()))
    assert (list(Message.objects.mails()), list(Message.objects.calls())) == ([mail], [call])


def test_a_message_goes_to_one_receiver() -> None:
    with pytest.raises(IntegrityError, match="message_has_one_receiver"):
        make_message(user=make_user(), webhook=make_webhook(make_label()))
