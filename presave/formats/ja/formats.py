"""The day of a release in Japanese; all else is Django's."""

from __future__ import annotations

WEEKDAY_FORMAT = "n月j日(D)"
WEEKDAY_YEAR_FORMAT = "Y年n月j日(D)"
