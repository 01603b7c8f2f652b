"""The counts' rows, which outlive what they count. campaigns/models/stats.py adds them up."""

from __future__ import annotations

from django.db import models


class DailyCount(models.Model):
    """Aggregates of one campaign and UTC day; they outlive the rows they counted."""

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="daily_counts"
    )
    day = models.DateField()
    consented = models.PositiveIntegerField(default=0)
    saved = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    expired = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "day"], name="one_count_per_day")
        ]

    def __str__(self) -> str:
        return f"Counts of {self.campaign_id} on {self.day}"


class ReminderKind(models.TextChoices):
    CALENDAR = "calendar", "Calendar files"
    COUNTDOWN = "countdown", "Visits to the Countdown page"


class ReminderCount(models.Model):
    """How often fans took a way that needs no permission; on one UTC day.

    Anybody can ask for these, as often as they like. So they are rows of their own: a flood of them
    does not hold up the counts of release night.
    """

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="reminder_counts"
    )
    day = models.DateField()
    kind = models.CharField(max_length=10, choices=ReminderKind)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "day", "kind"], name="one_reminder_count_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.campaign_id} on {self.day}"
