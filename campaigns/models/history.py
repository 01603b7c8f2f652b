"""A campaign's history: what its artists decided that changes what fans get."""

from __future__ import annotations

from django.db import models

from campaigns.models.formats import LONGEST_CATALOGUE_NAME
from campaigns.models.people import User


class HistoryEntry(models.Model):
    """An artist's answer that a catalogue entry is the release: one that has another title or
    artist than fans agreed to, or one of several.
    """

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="history"
    )
    at = models.DateTimeField()
    # Null once the account is deleted.
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # The entry as the catalogue had it at the time.
    accepted_uri = models.CharField(max_length=40)
    title = models.CharField(max_length=LONGEST_CATALOGUE_NAME)
    artist = models.CharField(max_length=LONGEST_CATALOGUE_NAME)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.accepted_uri} accepted for {self.campaign_id}"
