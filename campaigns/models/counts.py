"""Counts per campaign and UTC day, which outlive the rows that they count."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from campaigns.models.sources import LONGEST_NAME, OTHER, Source

COUNTED = ("presaves", "saved", "failed", "cancelled", "expired")
ROWS_AT_ONCE: Final = 1000


@dataclass(frozen=True)
class Totals:
    presaves: int = 0
    saved: int = 0
    failed: int = 0
    cancelled: int = 0
    expired: int = 0

    @property
    def settled(self) -> int:
        return self.saved + self.failed + self.cancelled + self.expired

    @property
    def pending(self) -> int:
        return self.presaves - self.settled

    @property
    def wanted(self) -> int:
        """Pre-saves that nobody cancelled."""
        return self.presaves - self.cancelled

    @property
    def by_name(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in (*COUNTED, "pending")}


@dataclass(frozen=True)
class Reminders:
    """How often fans took a reminder, which needs no permission; not how many fans did."""

    calendar: int = 0
    countdown: int = 0


@dataclass(frozen=True)
class Recent:
    """All pre-saves of a campaign, and those of each of the last days, today's last."""

    presaves: int
    days: tuple[int, ...]


class DailyCountQuerySet(models.QuerySet["DailyCount"]):
    def add(self, campaign_id: UUID, now: datetime, amounts: Mapping[str, int]) -> None:
        """Add to the campaign's counts of the day.

        Call it in the transaction that changes the rows it counts.
        """
        changes = {name: F(name) + amount for name, amount in amounts.items() if amount}
        today = {"campaign_id": campaign_id, "day": now.date()}
        if changes and not self.filter(**today).update(**changes):
            self.bulk_create([DailyCount(**today)], ignore_conflicts=True)
            self.filter(**today).update(**changes)

    def totals(self) -> Totals:
        return Totals(**self.aggregate(**{name: Sum(name, default=0) for name in COUNTED}))

    def totals_of(self, campaign_id: UUID) -> Totals:
        return self.filter(campaign_id=campaign_id).totals()

    def presaves_by_day(self, campaign_id: UUID) -> dict[date, int]:
        return dict(self.filter(campaign_id=campaign_id).values_list("day", "presaves"))

    def totals_by_campaign(self, campaign_ids: Iterable[UUID]) -> dict[UUID, Totals]:
        """One query; a campaign without counts is left out."""
        sums = {f"{name}__sum": Sum(name) for name in COUNTED}
        counts = self.filter(campaign_id__in=campaign_ids).order_by("campaign_id")
        rows = counts.values("campaign_id").annotate(**sums).values_list("campaign_id", *sums)
        return {campaign_id: Totals(*numbers) for campaign_id, *numbers in rows}

    def recent_by_campaign(
        self, campaign_ids: Iterable[UUID], today: date, days: int
    ) -> dict[UUID, Recent]:
        """One query; a campaign without counts is left out."""
        last = [today - timedelta(days=ago) for ago in reversed(range(days))]
        sums = {f"on_{day}": Sum("presaves", filter=Q(day=day), default=0) for day in last}
        counts = self.filter(campaign_id__in=list(campaign_ids)).order_by("campaign_id")
        rows = counts.values("campaign_id").annotate(total=Sum("presaves"), **sums)
        return {
            campaign_id: Recent(total, tuple(of_days))
            for campaign_id, total, *of_days in rows.values_list("campaign_id", "total", *sums)
        }


class DailyCount(models.Model):
    """What became of one campaign's pre-saves on one UTC day."""

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="daily_counts"
    )
    day = models.DateField()
    presaves = models.PositiveIntegerField(default=0, db_column="consented")
    saved = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    expired = models.PositiveIntegerField(default=0)

    objects = DailyCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "day"], name="one_count_per_day")
        ]

    def __str__(self) -> str:
        return f"Counts of {self.campaign_id} on {self.day}"


class ReminderKind(models.TextChoices):
    CALENDAR = "calendar", _("Calendar files")
    COUNTDOWN = "countdown", _("Visits to the Countdown Page")


class ReminderCountQuerySet(models.QuerySet["ReminderCount"]):
    def add(self, campaign_id: UUID, now: datetime, kind: ReminderKind) -> None:
        """Costs one query, and three for the first of its day."""
        today = {"campaign_id": campaign_id, "day": now.date(), "kind": kind}
        if not self.filter(**today).update(number=F("number") + 1):
            self.bulk_create([ReminderCount(**today)], ignore_conflicts=True)
            self.filter(**today).update(number=F("number") + 1)

    def totals_of(self, campaign_id: UUID) -> Reminders:
        sums = self.filter(campaign_id=campaign_id).values_list("kind").annotate(Sum("number"))
        return Reminders(**dict(sums))


class ReminderCount(models.Model):
    """How often fans took a reminder, which needs no permission, on one UTC day.

    Anybody can ask for these, as often as they like. So they are rows of their own: a flood of them
    does not hold up the counts of release night.
    """

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="reminder_counts"
    )
    day = models.DateField()
    kind = models.CharField(max_length=10, choices=ReminderKind)
    number = models.PositiveIntegerField(default=0)

    objects = ReminderCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "day", "kind"], name="one_reminder_count_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.campaign_id} on {self.day}"


class Step(models.TextChoices):
    """What is counted on the way from a link to a pre-save."""

    VISIT = "visit", _("Visit")  # the landing page was opened, and its script ran
    TAP = "tap", _("Tap")  # the fan was sent on to Spotify
    PRESAVE = "presave", _("Pre-save")


@dataclass(frozen=True)
class Funnel:
    """How many went how far. Nobody knows who is who: one person may be in it more than once."""

    visits: int = 0
    taps: int = 0
    presaves: int = 0

    def __add__(self, other: Funnel) -> Funnel:
        return Funnel(
            self.visits + other.visits, self.taps + other.taps, self.presaves + other.presaves
        )

    @property
    def conversion(self) -> float | None:
        """Pre-saves of 100 visits, to a tenth."""
        return round(100 * self.presaves / self.visits, 1) if self.visits else None


@dataclass(frozen=True, order=True)
class Counted:
    """One count: of a campaign, a UTC day, a source and a step."""

    campaign_id: UUID
    day: date
    source: str
    kind: str


class SourceCountQuerySet(models.QuerySet["SourceCount"]):
    def add(self, amounts: Mapping[Counted, int]) -> None:
        """Add to these counts; what has a source beyond the campaign's 50 counts as OTHER."""
        apart = Source.objects.admit({(one.campaign_id, one.source) for one in amounts})
        sums: Counter[Counted] = Counter()
        for one, amount in amounts.items():
            is_apart = (one.campaign_id, one.source) in apart
            sums[one if is_apart else replace(one, source=OTHER)] += amount
        ordered = sorted(sums.items())
        # All or none: who could not add them adds all of them again.
        with transaction.atomic(savepoint=False):
            for start in range(0, len(ordered), ROWS_AT_ONCE):
                self._upsert(ordered[start : start + ROWS_AT_ONCE])

    def _upsert(self, sums: list[tuple[Counted, int]]) -> None:
        """One statement. The same order everywhere, so that no two writers wait for each other."""
        fields = SourceCount._meta.concrete_fields[1:]  # all but the row's number
        values = [
            field.get_db_prep_save(value, connection)
            for one, amount in sums
            for field, value in zip(fields, (*astuple(one), amount), strict=True)
        ]
        table = connection.ops.quote_name(SourceCount._meta.db_table)
        columns = ", ".join(str(field.column) for field in fields)
        row = f"({', '.join(['%s'] * len(fields))})"
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES "  # nosec B608 # noqa: S608 -- names of ours
                f"{', '.join([row] * len(sums))} ON CONFLICT (campaign_id, day, source, kind) "
                f"DO UPDATE SET number = {table}.number + excluded.number",
                values,
            )

    def by_day(self, campaign_id: UUID) -> dict[date, Funnel]:
        return self._funnels(campaign_id, "day")

    def by_source(self, campaign_id: UUID) -> dict[str, Funnel]:
        return self._funnels(campaign_id, "source")

    def _funnels(self, campaign_id: UUID, per: str) -> dict[Any, Funnel]:
        """One query."""
        rows = self.filter(campaign_id=campaign_id).order_by(per)
        steps: dict[Any, dict[str, int]] = defaultdict(dict)
        for key, kind, number in rows.values_list(per, "kind").annotate(Sum("number")):
            steps[key][f"{kind}s"] = number
        return {key: Funnel(**numbers) for key, numbers in steps.items()}


class SourceCount(models.Model):
    """How many of one source's visitors came how far on one UTC day.

    Anybody can make these grow, as often as they like. So they are rows of their own, as a
    ReminderCount is.
    """

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="source_counts"
    )
    day = models.DateField()
    source = models.CharField(max_length=LONGEST_NAME)
    kind = models.CharField(max_length=7, choices=Step)
    number = models.PositiveIntegerField()

    objects = SourceCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "day", "source", "kind"], name="one_source_count_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.source} of {self.campaign_id} on {self.day}"
