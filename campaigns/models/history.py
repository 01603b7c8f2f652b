"""A label's history: who did what, and when."""

from __future__ import annotations

from enum import StrEnum, auto
from typing import Final
from uuid import UUID

from django.db import models
from django.db.models import Q, UUIDField, Value
from django.db.models.functions import Coalesce

from campaigns.models.people import Label, User

# Stand for nulls where the database compares, as no two nulls are the same there.
_NO_LABEL: Final = UUID(int=0)
_NOBODY: Final = 0


class Event(StrEnum):
    """What a history tells: each has a sentence in templates/dashboard/history_entry.txt."""

    # A campaign.
    CREATED = auto()
    OPENED = auto()
    EDITED = auto()
    MOVED = auto()
    RELABELLED = auto()
    RESUMED = auto()
    CANCELLED = auto()
    DUPLICATED = auto()
    ARCHIVED = auto()
    UNARCHIVED = auto()
    DELETED = auto()
    RELEASE_ACCEPTED = auto()
    # The label and its members.
    LABEL_CREATED = auto()
    RENAMED = auto()
    INVITED = auto()
    UNINVITED = auto()
    JOINED = auto()
    ROLE_CHANGED = auto()
    REMOVED = auto()
    LEFT = auto()
    ARTIST_REMOVED = auto()
    ARTIST_PAGE_ON = auto()
    ARTIST_PAGE_OFF = auto()
    # A member's account.
    SIGN_IN_FAILED = auto()
    NEW_BROWSER = auto()


class HistoryEntry(models.Model):
    # Null where a sign-in failed with an address that belongs to no member.
    label = models.ForeignKey(Label, on_delete=models.CASCADE, null=True, related_name="history")
    # Null once the campaign is deleted; `details` keeps its title.
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.SET_NULL, null=True, related_name="history"
    )
    at = models.DateTimeField(db_index=True)
    # Null once the account is deleted, and for the operator's commands.
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    event = models.CharField(max_length=30)
    # What the sentence names: short, and never a link, a note or a secret.
    details = models.JSONField(default=dict, db_default={}, blank=True)
    # Sign-ins that fail within an hour are one entry.
    times = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                Coalesce("label", Value(_NO_LABEL, UUIDField())),
                Coalesce("by", Value(_NOBODY)),
                "at",
                condition=Q(event=Event.SIGN_IN_FAILED.value),
                name="history_failures_once_an_hour",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} in {self.label_id}"
