"""Writes a label's history: call `record` in the transaction of the act itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from campaigns.models import Campaign, Event, HistoryEntry, Label, Membership, User


def record(
    label: Label, event: Event, by: User | None, campaign: Campaign | None = None, **details: object
) -> None:
    """`details` are what the event's sentence names: short, and never a link, a note or a secret.

    `by` is None for the operator's commands. A campaign's title is noted with it, and outlives it.
    """
    if campaign:
        details = {"campaign": campaign.title, **details}
    HistoryEntry.objects.create(
        label=label, event=event, by=by, campaign=campaign, at=timezone.now(), details=details
    )


def record_sign_in(user: User, event: Event) -> None:
    """In the history of every label that the user is in."""
    now = timezone.now()
    HistoryEntry.objects.bulk_create(
        HistoryEntry(label_id=label_id, event=event, by=user, at=now)
        for label_id in user.memberships.values_list("label_id", flat=True)
    )


@transaction.atomic
def record_failed_sign_in(email: str, now: datetime) -> None:
    """One entry an hour and label, however often somebody fails.

    An address that belongs to nobody is counted too, in an entry that no page shows, and one of
    many labels asks the database as often as one of a single label: nobody learns by the clock who
    has an account.
    """
    mine = Membership.objects.filter(user__email__iexact=email).order_by("label_id")
    pairs = list(mine.values_list("label_id", "user_id"))
    key = {"at": now.replace(minute=0, second=0, microsecond=0), "event": Event.SIGN_IN_FAILED}
    entries = [HistoryEntry(label_id=label, by_id=by, times=0, **key) for label, by in pairs]
    HistoryEntry.objects.bulk_create(
        entries or [HistoryEntry(times=0, **key)], ignore_conflicts=True
    )
    theirs = Q(label__in=dict(pairs), by=pairs[0][1]) if pairs else Q(label=None, by=None)
    HistoryEntry.objects.filter(theirs, **key).update(times=F("times") + 1)
