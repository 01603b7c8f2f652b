"""What stands between date and time in French; all else is Django's."""

from __future__ import annotations

DATETIME_FORMAT = r"j F Y \à H:i"
