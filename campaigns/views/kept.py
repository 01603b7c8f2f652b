"""What a web process keeps for a second, so that a link which thousands open at once costs hardly
more than an empty page. Nothing of it may depend on who asks.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Final, TypeVar

from django.core.cache import caches

KEPT_SECONDS: Final = 1
# Long enough for one thread to make it anew while the others still answer with what there is.
SHOWN_SECONDS: Final = 2
T = TypeVar("T")


def for_a_second(kind: str, key: tuple[str, ...], make: Callable[[], T]) -> T:
    """What was made under this key within the last second, or else made now. While one thread
    makes it anew, the others get what is up to two seconds old.

    `kind` names one of the caches in the settings.
    """
    cache = caches[kind]
    digest = hashlib.sha256("\n".join(key).encode(errors="surrogateescape")).hexdigest()
    newest, mine = f"{digest}.newest", secrets.token_hex(8)
    is_mine_to_make = cache.add(newest, mine, KEPT_SECONDS)
    found: T | None = cache.get(digest)
    if found is None or is_mine_to_make:
        found = make()
        # What took so long that another thread began after it is older than the other's.
        if cache.get(newest, mine) == mine:
            cache.set(digest, found, SHOWN_SECONDS)
    return found
