"""What a web process keeps for a moment, so that a link which thousands open at once costs little.
Nothing of it may depend on who asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar, cast

from django.core.cache import caches

T = TypeVar("T")


def get_or_make(cache: str, key: tuple[str, ...], seconds: int, make: Callable[[], T]) -> T:
    """From the cache of that name in the settings. An address may be longer than its keys."""
    digest = hashlib.sha256(repr(key).encode()).hexdigest()
    return cast("T", caches[cache].get_or_set(digest, make, seconds))
