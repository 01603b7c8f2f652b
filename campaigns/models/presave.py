"""Pre-saves: what is kept about a fan, and how it ends."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, Final

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce

from campaigns.models.any_of import Ids
from campaigns.models.choices import PreSaveState, Reason
from campaigns.models.limits import PERMISSION_LIFETIME

# Fans whom a market that showed the release speaks for; by what their campaign's row says now.
SERVABLE: Final = Q(due_at__lt=F("campaign__confirmed_until")) | Q(campaign__confirmed_until=None)

# For rows that lose their fence before its worker has said what became of the save.
IN_DOUBT: Final = Coalesce("in_doubt", "lease")


class PreSaveQuerySet(models.QuerySet["PreSave"]):
    def pending(self) -> PreSaveQuerySet:
        return self.filter(state=PreSaveState.PENDING)

    def waiting(self) -> PreSaveQuerySet:
        """Those for whom nothing that counts was sent to Spotify yet."""
        return self.pending().filter(sent_for=None)

    def sent(self) -> PreSaveQuerySet:
        """Those whose save Spotify answered with 200, and which no look has confirmed yet."""
        return self.pending().exclude(sent_for=None)

    def put_back(self) -> PreSaveQuerySet:
        """Those whose save was sent and does not count: it has to be sent again."""
        return self.waiting().exclude(sent_at=None)

    def cancelled_with_campaign(self) -> PreSaveQuerySet:
        return self.filter(state=PreSaveState.CANCELLED, reason=Reason.CAMPAIGN_CANCELLED)

    def cancelled_by_fan(self) -> PreSaveQuerySet:
        return self.filter(state=PreSaveState.CANCELLED, reason=Reason.BY_FAN)

    def failed_since(self, moment: datetime) -> PreSaveQuerySet:
        """Those whose permission was of no use, or was too old."""
        is_failed = Q(state=PreSaveState.FAILED) | Q(reason=Reason.PERMISSION_AGE)
        return self.filter(is_failed, settled_at__gt=moment)

    def due(self, now: datetime) -> PreSaveQuerySet:
        """Those who may be tried now: held by no worker, and not put off to a later try."""
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        return self.waiting().filter(free, due_at__lte=now)

    def held_or_due(self, now: datetime) -> PreSaveQuerySet:
        """Those whom a worker holds, or may claim by then."""
        held_or_free = ~Q(lease=None) | Q(lease_until=None) | Q(lease_until__lte=now)
        return self.waiting().filter(held_or_free, due_at__lte=now)

    def first_come(self) -> PreSaveQuerySet:
        """In the order in which they are served: by due time, then by time of consent."""
        return self.order_by("due_at", "consented_at")

    def never_tried(self) -> PreSaveQuerySet:
        return self.filter(attempts=0, refused_at=None)

    def servable_until(self, confirmed_until: datetime | None) -> PreSaveQuerySet:
        """Those due before `confirmed_until`; all if there is no bound."""
        return self.filter(due_at__lt=confirmed_until) if confirmed_until else self

    def servable(self) -> PreSaveQuerySet:
        """As servable_until, by what each one's campaign says now."""
        return self.filter(SERVABLE)

    def newcomers(self, paused_at: datetime | F | None) -> PreSaveQuerySet:
        """Those who consented after their campaign was paused, and whom Spotify has not refused."""
        if paused_at is None:
            return self.none()
        return self.filter(refused_at=None, consented_at__gt=paused_at)

    def held_under(self, fences: Collection[uuid.UUID] | Ids) -> PreSaveQuerySet:
        """The rows still pending under exactly these fences."""
        return self.pending().filter(lease__any_of=fences)

    def told_something(self) -> PreSaveQuerySet:
        """Those who were tried in vain."""
        return self.waiting().filter(Q(attempts__gt=0) | Q(refused_at__isnull=False))

    def try_anew(self, **changes: Any) -> int:
        """Forget what Spotify said of those who are pending. The claims stay, since a save that is
        on its way is recorded as what it was; what waits for another try without a claim is free.
        """
        free_at = Case(When(lease=None, then=None), default=F("lease_until"))
        changes |= {"attempts": 0, "refused_at": None, "reason": Reason.NONE}
        return self.pending().update(lease_until=free_at, **changes)

    def end(self, state: PreSaveState, reason: Reason, now: datetime) -> int:
        """End pre-saves, in the one way there is: the same statement erases their permissions.

        Who is cancelled while a worker holds the row may get the save all the same.
        """
        doubt = {"in_doubt": IN_DOUBT} if state is PreSaveState.CANCELLED else {}
        return self.update(
            **doubt,
            state=state,
            reason=reason,
            sealed=None,
            lease=None,
            lease_until=None,
            refused_at=None,
            settled_at=now,
        )


_Manager = models.Manager.from_queryset(PreSaveQuerySet)


class PreSaveManager(_Manager["PreSave"]):
    """Only who saves reads the permissions: web may not, and Postgres tells it so."""

    def get_queryset(self) -> PreSaveQuerySet:
        rows: PreSaveQuerySet = super().get_queryset().defer("sealed")  # type: ignore[assignment]
        return rows


class PreSave(models.Model):
    """One fan's pre-save.

    These columns are all that is kept about a fan; campaigns/fan/disclosure.py says what for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="presaves"
    )
    state = models.CharField(max_length=10, choices=PreSaveState, default=PreSaveState.PENDING)
    reason = models.CharField(max_length=20, choices=Reason, default=Reason.NONE, blank=True)
    # The fan's own release time; a further try is put off by lease_until alone.
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    sealed = models.BinaryField(null=True)
    # What the fan agreed to, which the permission is sealed to as well: see identity.digest. Null
    # in rows from before it was kept.
    agreed_digest = models.BinaryField(max_length=32, null=True)
    consented_at = models.DateTimeField()
    # When Spotify first refused this permission. `reason` says how, and Presave asks once more
    # before it believes it.
    refused_at = models.DateTimeField(null=True)
    # The fence of a try whose save may be on its way, or was sent and got no answer that says what
    # became of it. Kept once the row no longer holds that fence, until a save is answered with 200.
    in_doubt = models.UUIDField(null=True)
    # When Spotify last answered a save with 200, which it also does for what it does not show. It
    # stays, whatever becomes of the save.
    sent_at = models.DateTimeField(null=True)
    # The `confirmed_at` of the campaign for which that save counts; the permission is kept until a
    # later look still shows the release. Null while the save is still to come, or has to be sent
    # again.
    sent_for = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    receipt_hash = models.BinaryField(max_length=32, unique=True)

    objects: ClassVar[PreSaveManager] = PreSaveManager()

    class Meta:
        indexes = [
            models.Index(
                fields=["campaign", "due_at", "consented_at"],
                condition=Q(state=PreSaveState.PENDING, sent_for=None),
                name="presave_waiting",
            ),
            models.Index(
                fields=["campaign", "sent_at"],
                condition=Q(state=PreSaveState.PENDING, sent_for__isnull=False),
                name="presave_sent",
            ),
            # Few at any time. A page counts them, and may not look through all who wait.
            models.Index(
                fields=["campaign"],
                condition=Q(state=PreSaveState.PENDING, sent_for=None, sent_at__isnull=False),
                name="presave_put_back",
            ),
            # Which permission is the oldest is asked every few seconds.
            models.Index(
                fields=["campaign", "consented_at"],
                condition=Q(state=PreSaveState.PENDING),
                name="presave_oldest",
            ),
            # Who has cancelled of late is asked every few seconds.
            models.Index(
                fields=["settled_at"],
                condition=Q(state=PreSaveState.CANCELLED, reason=Reason.BY_FAN),
                name="presave_cancelled_by_fan",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=PreSaveState.values, reason__in=Reason.values),
                name="presave_state_known",
            ),
            # What a row holds in each state. Who waits may be claimed; who was sent is claimed by
            # nobody. Destroyed means destroyed: a statement that settles a row has to erase its
            # permission.
            models.CheckConstraint(
                condition=Q(state=PreSaveState.PENDING, sealed__isnull=False, settled_at=None)
                & (
                    Q(sent_for=None)
                    | Q(sent_at__isnull=False, lease=None, lease_until=None, refused_at=None)
                )
                | ~Q(state=PreSaveState.PENDING)
                & Q(
                    sealed=None,
                    lease=None,
                    lease_until=None,
                    refused_at=None,
                    settled_at__isnull=False,
                ),
                name="presave_state_holds",
            ),
            models.CheckConstraint(
                condition=~Q(state=PreSaveState.FAILED) | ~Q(reason=Reason.NONE),
                name="presave_failed_says_why",
            ),
            # A permission that is bound to what the fan agreed to is never given up as unreadable:
            # a worker of version 0.1 cannot open it, and would erase it.
            models.CheckConstraint(
                condition=~Q(reason=Reason.UNREADABLE) | Q(agreed_digest=None),
                name="presave_bound_is_not_unreadable",
            ),
        ]

    def __str__(self) -> str:
        return f"Pre-save {self.id}"

    @property
    def is_pending(self) -> bool:
        return self.state == PreSaveState.PENDING

    @property
    def is_sent(self) -> bool:
        """As PreSaveQuerySet.sent."""
        return self.is_pending and self.sent_for is not None

    @property
    def is_in_doubt(self) -> bool:
        """Whether a cancelled pre-save may have been saved, and nobody knows."""
        unknown = self.in_doubt is not None and self.sent_at is None
        return unknown and self.state == PreSaveState.CANCELLED

    @property
    def saved_at(self) -> datetime | None:
        """When Spotify answered the save that a look confirmed. Rows from before saves were
        confirmed have one time alone.
        """
        is_saved = self.state == PreSaveState.SAVED
        return self.sent_at or self.settled_at if is_saved else None

    @property
    def permission_ends_at(self) -> datetime:
        """When our copy of the permission is destroyed at the latest, whatever happens."""
        return min(self.campaign.last_day, self.consented_at + PERMISSION_LIFETIME)


class SpentState(models.Model):
    """OAuth states that came back, kept until their cookie is too old: a state counts once."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    spent_at = models.DateTimeField()

    def __str__(self) -> str:
        return "Spent state"
