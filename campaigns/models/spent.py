"""States that came back from Spotify. campaigns/consent/arriving.py spends them."""

from __future__ import annotations

from django.db import models


class SpentState(models.Model):
    """OAuth states that came back, kept until their cookie is too old: a state counts once."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    spent_at = models.DateTimeField()

    def __str__(self) -> str:
        return "Spent state"
