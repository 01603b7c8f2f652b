"""What stands between date and time in German; all else is Django's."""

from __future__ import annotations

DATETIME_FORMAT = "j. F Y, H:i"
