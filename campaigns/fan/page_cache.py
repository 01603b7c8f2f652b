"""What a web process keeps for a second, so that a link which thousands open at once costs no more
than an empty page. Nothing of it may depend on who asks.

Django's cache in memory would do, but for its lock: sixteen threads that queue for it give a third
fewer answers (`make bench T=pages`). What is done to a dictionary here is done in one step each.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

CACHE_SECONDS: Final = 1.0
# Long enough for one thread to make it anew while the others still answer with what there is, also
# when the database is slow: all of them at once would make it slower.
STALE_SECONDS: Final = 9.0
# About 12 MB of landing pages.
MOST: Final = 1000
Key = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class _Entry(Generic[T]):
    began_at: float
    made_at: float
    value: T


class PageCache(Generic[T]):
    """Values by their keys, for so many seconds; `clock` counts seconds too."""

    def __init__(
        self, seconds: float = CACHE_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._made: dict[Key, _Entry[T]] = {}
        self._makers: dict[Key, object] = {}

    def get(self, key: Key, make: Callable[[], T]) -> T:
        """What was made no longer ago than that, or else made now. While one thread makes it anew,
        the others get what is up to nine seconds older.
        """
        found, now = self._made.get(key), self._clock()
        if found and now < found.made_at + self._seconds:
            return found.value
        me = object()
        is_mine = self._makers.setdefault(key, me) is me
        shown_until = found.made_at + self._seconds + STALE_SECONDS if found else now
        if found and not is_mine and now < shown_until:
            return found.value
        try:
            value = make()
        finally:
            if is_mine:
                self._makers.pop(key, None)
        self._keep(key, _Entry(now, self._clock(), value))
        return value

    def _keep(self, key: Key, made: _Entry[T]) -> None:
        newest = self._made.get(key)
        if newest and newest.began_at > made.began_at:
            return  # this took so long that another thread began later and is through
        if len(self._made) >= MOST:
            self._made.clear()
        self._made[key] = made

    def clear(self) -> None:
        self._made.clear()
