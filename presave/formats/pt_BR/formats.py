"""The day of a release in Brazilian Portuguese; all else is Django's."""

from __future__ import annotations

WEEKDAY_FORMAT = r"l, j \d\e F"
WEEKDAY_YEAR_FORMAT = r"l, j \d\e F \d\e Y"
