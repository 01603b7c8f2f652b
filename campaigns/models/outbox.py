"""What is to be told to a label: webhooks, and messages on their way to people and webhooks."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.choices import WebhookKind, WebhookProblem
from campaigns.models.limits import RETRIED_FOR
from campaigns.models.people import Label, User


class Webhook(models.Model):
    """An address of the label's own that is told what its members are told by email.

    Address and secret are sealed with SECRET_KEY: a copy of the database shows neither.
    """

    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="webhooks")
    kind = models.CharField(max_length=10, choices=WebhookKind)
    # All that is shown of the address, whose path is a password at Slack and ntfy.
    host = models.CharField(max_length=255)
    sealed_address = models.TextField()
    sealed_secret = models.TextField()
    created_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    # What the last try came to: empty when it was delivered.
    problem = models.CharField(max_length=20, choices=WebhookProblem, blank=True)
    problem_status = models.PositiveSmallIntegerField(null=True)
    problem_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"Webhook {self.id} of {self.label_id}"

    @property
    def is_being_tested(self) -> bool:
        """Whether what the last test came to is not known yet."""
        if self.tested_at is None:
            return False
        told = (at for at in (self.delivered_at, self.problem_at) if at)
        return not any(at >= self.tested_at for at in told)


class MessageEvent(models.TextChoices):
    TROUBLE = "campaign.trouble", _("A release is in trouble")
    RESOLVED = "campaign.resolved", _("The trouble is over")
    FINISHED = "campaign.finished", _("A campaign has finished")
    TEST = "test", _("A test")
    ACCOUNT = "account", _("Account")


class MessageQuerySet(models.QuerySet["Message"]):
    def mails(self) -> MessageQuerySet:
        return self.filter(webhook=None)

    def calls(self) -> MessageQuerySet:
        return self.exclude(webhook=None)

    def due(self, now: datetime) -> MessageQuerySet:
        """What was never tried comes first, so that nobody waits for those who do not answer."""
        due = self.filter(next_try_at__lte=now, created_at__gt=now - RETRIED_FOR)
        return due.order_by("attempts", "next_try_at")

    def tried_again(self) -> MessageQuerySet:
        """What did not arrive and will be sent once more, which a test is not."""
        return self.filter(attempts__gt=0).exclude(event=MessageEvent.TEST)

    def given_up(self, now: datetime) -> MessageQuerySet:
        return self.filter(created_at__lte=now - RETRIED_FOR)


class Message(models.Model):
    """One message to one person or one webhook. The row is deleted when it was delivered."""

    # Stays the same with each try, so that a receiver knows a message that it has.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, null=True, related_name="+")
    # Null for a test, and for what is about an account.
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, null=True, related_name="+"
    )
    event = models.CharField(max_length=20, choices=MessageEvent)
    subject = models.TextField()
    # Sealed with SECRET_KEY, together with address and subject, when it is about an account.
    body = models.TextField()
    # What a program reads in place of the body.
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Message]] = MessageQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["next_try_at"], name="message_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, webhook=None) | Q(user=None, webhook__isnull=False),
                name="message_has_one_receiver",
            )
        ]

    def __str__(self) -> str:
        return f"Message {self.id}"
