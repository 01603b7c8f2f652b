"""Rows that all workers share: the gates, on which campaigns/gate decides, and the heartbeat."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.choices import ErrorReason, GateName


class Gate(models.Model):
    """The app-wide pace of one kind of calls to Spotify, in a row: no worker can forget a ban."""

    name = models.CharField(primary_key=True, max_length=10, choices=GateName)
    # Calls a second: of the Web API at most SPOTIFY_MAX_RATE, of the token endpoint those of all.
    rate = models.FloatField()
    # The last rate that was seen to work, to which it returns after a 429; null while unknown.
    good_rate = models.FloatField(null=True)
    # From when on the next permit may be used.
    free_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True)
    # Since when it has been closed for this reason; a trial that failed in between does not count.
    blocked_at = models.DateTimeField(null=True)
    blocked_reason = models.CharField(max_length=40, choices=ErrorReason, blank=True)
    # Calls of the last minute, as [second since 1970, number of calls].
    recent = models.JSONField(default=list, db_default=[])
    # When `rate` was last estimated from a 429 or raised since; null while SPOTIFY_MAX_RATE is it.
    adjusted_at = models.DateTimeField(null=True)
    # How often it was raised since that estimate.
    increases = models.PositiveSmallIntegerField(default=0, db_default=0, db_column="raises")
    # How often in a row the gate was closed for an outage, and until when a trial with one call
    # is under way.
    outages = models.PositiveSmallIntegerField(default=0, db_default=0)
    trial_until = models.DateTimeField(null=True)
    # When this half was last seen to work, and until when no refusal of its is believed, because
    # too many fans were refused at once.
    worked_at = models.DateTimeField(null=True)
    distrusted_until = models.DateTimeField(null=True, db_column="doubted_until")
    # The line of consents: how many places were given, and up to which fans were called up when.
    places = models.PositiveBigIntegerField(default=0, db_default=0)
    called_up = models.FloatField(default=0, db_default=0)
    called_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(rate__gt=0), name="gate_rate_positive")]

    def __str__(self) -> str:
        return f"Gate {self.name}"


class Heartbeat(models.Model):
    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    beat_at = models.DateTimeField(db_column="given_at")
    # When a task message of beat's last reached a worker; null where none ever did.
    rung_at = models.DateTimeField(null=True)
    # What a worker last found of itself and when, as campaigns/doctor/report.py writes it: web sees
    # neither the keyring nor the worker's disk.
    reported_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "campaigns_pulse"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="pulse_is_one")]

    def __str__(self) -> str:
        return f"Heartbeat of {self.beat_at}"
