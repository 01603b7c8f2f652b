"""German as Django has it, but for what stands between date and time, and the day and its month
are not torn apart.
"""

from __future__ import annotations

DATE_FORMAT = "j.\N{NO-BREAK SPACE}F Y"
DATETIME_FORMAT = "j.\N{NO-BREAK SPACE}F Y, H:i"
WEEKDAY_FORMAT = "l, j.\N{NO-BREAK SPACE}F"
WEEKDAY_YEAR_FORMAT = "l, j.\N{NO-BREAK SPACE}F Y"
