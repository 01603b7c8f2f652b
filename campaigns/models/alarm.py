"""Alarms that were raised about a campaign's troubles, so that people are told once.

campaigns/status/alarms.py raises them.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.choices import Trouble


class Alarm(models.Model):
    """A record that people were told of one trouble of one campaign at one release time."""

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="alarms"
    )
    # A release that was moved is a new promise: people are told again when it is broken.
    release_at = models.DateTimeField()
    trouble = models.CharField(max_length=20, choices=Trouble)
    raised_at = models.DateTimeField()
    # When the campaign went on, or had ended.
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Whether it is over is asked every few seconds.
            models.Index(
                fields=["campaign"], condition=Q(resolved_at=None), name="alarm_unresolved"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "release_at", "trouble"], name="alarm_once_per_moment"
            ),
            models.CheckConstraint(
                condition=Q(trouble__in=Trouble.values), name="alarm_trouble_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trouble} of {self.campaign_id}"
