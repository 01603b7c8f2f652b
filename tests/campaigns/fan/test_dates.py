"""Dates in words: written once, and nothing passes for another."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import formats, translation

from campaigns.fan.dates import date_format

MIDNIGHT = datetime(2026, 12, 4, tzinfo=ZoneInfo("Europe/Berlin"))


def test_they_are_written_as_django_writes_them() -> None:
    """Also where Python takes one for the other: the same moment in two zones."""
    moments = (MIDNIGHT, MIDNIGHT.astimezone(UTC), MIDNIGHT.replace(second=59), MIDNIGHT)
    for language in ("en", "de", "en"):
        with translation.override(language):
            for moment in moments:
                for form in ("DATETIME_FORMAT", "TIME_FORMAT", "DATE_FORMAT", "H:i:s"):
                    assert date_format(moment, form) == formats.date_format(moment, form)
            day = date(2026, 12, 4)
            assert date_format(day, "DATE_FORMAT") == formats.date_format(day, "DATE_FORMAT")
