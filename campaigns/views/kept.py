"""What a web process keeps for a second, so that a link which thousands open at once costs hardly
more than an empty page. Nothing of it may depend on who asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, TypeVar

from django.core.cache import caches

KEPT_SECONDS: Final = 1
# Long enough for one thread to make it anew while the others still answer with what there is.
SHOWN_SECONDS: Final = 2
T = TypeVar("T")


def for_a_second(kind: str, key: tuple[str, ...], make: Callable[[], T]) -> T:
    """What was made under this key within the last second, or else made now; by one thread at a
    time, once there is something.

    `kind` names one of the caches in the settings.
    """
    cache = caches[kind]
    digest = hashlib.sha256("\n".join(key).encode(errors="surrogateescape")).hexdigest()
    is_old = cache.add(f"{digest}.new", True, KEPT_SECONDS)
    found: T | None = cache.get(digest)
    if found is None or is_old:
        found = make()
        cache.set(digest, found, SHOWN_SECONDS)
    return found
