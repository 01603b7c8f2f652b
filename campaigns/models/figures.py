"""What an ended campaign came to, in numbers alone."""

from __future__ import annotations

from django.db import models


class FinalFigures(models.Model):
    """Figures that retention/figures.py takes from a campaign's rows before they are deleted.

    Next to them stand `delivery_p50`, `delivery_p95` and `failures` of the campaign itself.
    """

    campaign = models.OneToOneField(
        "campaigns.Campaign", on_delete=models.CASCADE, primary_key=True, related_name="figures"
    )
    # Seconds to the last save, as delivery_p50; null if nobody was saved.
    delivery_latest = models.PositiveIntegerField(null=True)
    # How many were cancelled, by reason.
    cancellations = models.JSONField(default=dict)
    # When the first and the last permission were destroyed: to the minute, outwards, so that no
    # second is one fan's, but not past the key's destruction. And how many in which hour, as
    # [[start of the hour, number], …].
    first_destroyed_at = models.DateTimeField(null=True)
    last_destroyed_at = models.DateTimeField(null=True)
    destroyed_by_hour = models.JSONField(default=list)
    # When the label was told that the campaign has finished.
    announced_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Figures of {self.campaign_id}"
