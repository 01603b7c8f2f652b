"""What stands between date and time in French; all else is Django's."""

from __future__ import annotations

DATETIME_FORMAT = r"j F Y \à H:i"
WEEKDAY_FORMAT = "l j F"
WEEKDAY_YEAR_FORMAT = "l j F Y"
