"""Fan pages that are the same for everybody, kept for a while: by the web process, so that a link
which thousands open at once costs little, and by caches before it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from django.core.cache import caches

from campaigns.models import Campaign
from campaigns.status.phase import Phase

T = TypeVar("T")
CACHE_SECONDS: Final = 1
STALE_SECONDS: Final = 9


def get_or_make(cache: str, key: tuple[str, ...], seconds: int, make: Callable[[], T]) -> T:
    """What was made no longer ago than that, from the cache of that name in the settings.

    While one thread makes it anew, the others get what is up to STALE_SECONDS older: all of them at
    once would make a slow database slower.
    """
    kept, now = caches[cache], time.time()
    # A digest is a key that any cache takes, however long the address is.
    name = hashlib.sha256(repr(key).encode()).hexdigest()
    found: tuple[T, float] | None = kept.get(name)
    if found and now < found[1]:
        return found[0]
    is_mine = kept.add(f"{name}-maker", True, STALE_SECONDS)
    if found and not is_mine:
        return found[0]
    try:
        made = make()
        kept.set(name, (made, time.time() + seconds), seconds + STALE_SECONDS)
    finally:
        if is_mine:
            kept.delete(f"{name}-maker")
    return made


def lifetime(campaign: Campaign, phase: Phase, now: datetime, is_away: bool) -> dict[str, int]:
    """How long caches may keep the landing page, in seconds: but for errors not beyond its release
    time, and hardly at all while the campaign goes from one phase to the next by itself, or Spotify
    is away.
    """
    fresh, stale = 60, 600
    if is_away or phase.is_passing:
        fresh, stale = 2, 0
    elif campaign.release_at > now:
        # The process itself answers with the page a second longer.
        left = max(1, int((campaign.release_at - now).total_seconds()) - CACHE_SECONDS)
        fresh, stale = min(fresh, left), min(stale, max(left - fresh, 0))
    return {"max_age": fresh, "stale_while_revalidate": stale, "stale_if_error": 86400}
