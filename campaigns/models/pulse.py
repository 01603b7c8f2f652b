"""The workers' pulse: one row that says when any of them was last heard of.
campaigns/status/heartbeat.py gives it and listens.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Pulse(models.Model):
    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="pulse_is_one")]

    def __str__(self) -> str:
        return f"Pulse of {self.given_at}"
