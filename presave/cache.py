"""Django's cache in a table of the database, with JSON in it: a pickle that somebody wrote into the
table would run as code in web.
"""

from __future__ import annotations

from typing import Any

from django.core.cache.backends import db
from kombu.utils import json


class _InPlaceOfPickle:
    """kombu's JSON gives dates and times back as what they were."""

    HIGHEST_PROTOCOL = 0

    @staticmethod
    def dumps(value: Any, protocol: int) -> bytes:
        return bytes(json.dumps(value), "utf-8")

    @staticmethod
    def loads(stored: bytes) -> Any:
        return json.loads(stored)


# Django's module names pickle in two long methods, and has no setting for it.
db.pickle = _InPlaceOfPickle  # type: ignore[attr-defined]


class JSONDatabaseCache(db.DatabaseCache):
    """See the module."""
