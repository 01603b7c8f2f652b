"""Invitations into a label: a link that works once."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from campaigns.models.people import Label, Role, User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now: datetime) -> InvitationQuerySet:
        return self.filter(used_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """The row is deleted when the invitation is withdrawn or replaced, and once it has expired."""

    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="invitations")
    # In lower case, as accounts have it.
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role)
    token_hash = models.BinaryField(max_length=32, unique=True)
    # Whether the link went to that address, so that who has it can read its mail.
    was_mailed = models.BooleanField()
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Invitation]] = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                fields=["label", "email"],
                condition=Q(used_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.email} into {self.label_id}"
