"""Dates in words, as Django writes them. Releases fall on the same few days, so a process writes
each of them once in each language.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from django.utils import formats
from django.utils.translation import get_language


def date_format(moment: date, form: str) -> str:
    """For formats that name no zone."""
    if isinstance(moment, datetime):
        # Midnight in Berlin is the same moment as 23:00 in London, and written otherwise.
        moment = moment.replace(microsecond=0, tzinfo=None)
    return _written(moment, form, get_language())


@lru_cache(maxsize=4096)
def _written(moment: date, form: str, _language: str | None) -> str:
    return formats.date_format(moment, form)
