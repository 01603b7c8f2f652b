"""What a web process keeps for a second, so that a link which thousands open at once costs hardly
more than an empty page. Nothing of it may depend on who asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import caches

T = TypeVar("T")


def for_a_second(kind: str, key: tuple[str, ...], make: Callable[[], T]) -> T:
    """What was made under this key within the last second, or else made now.

    `kind` names one of the caches in the settings.
    """
    digest = hashlib.sha256("\n".join(key).encode(errors="surrogateescape")).hexdigest()
    found: T | None = caches[kind].get(digest)
    if found is None:
        found = make()
        caches[kind].set(digest, found)
    return found
