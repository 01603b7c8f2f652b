"""How long the landing page may be kept: by the web process, so that a link which thousands open at
once costs little, and by caches before it. Nothing of it may depend on who asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar, cast

from django.core.cache import caches

from campaigns.models import Campaign
from campaigns.status.phase import Phase

T = TypeVar("T")
CACHE_SECONDS: Final = 1


def get_or_make(cache: str, key: tuple[str, ...], seconds: int, make: Callable[[], T]) -> T:
    """From the cache of that name in the settings. An address may be longer than its keys."""
    digest = hashlib.sha256(repr(key).encode()).hexdigest()
    return cast("T", caches[cache].get_or_set(digest, make, seconds))


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
