"""Paces of single senders, by the generic cell rate algorithm. They live in this process's memory
for as long as they count, some seconds.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import Final

# Senders that do not count any more are forgotten when there are so many.
MOST_SENDERS: Final = 1_000


class Paces:
    def __init__(self) -> None:
        self._free_at: dict[str, float] = {}
        self._lock = Lock()

    def take(self, sender: str, per_second: float, burst: float) -> bool:
        """Whether this sender may send one more now."""
        step, now = 1 / per_second, time.monotonic()
        with self._lock:
            free_at = max(self._free_at.get(sender, now), now)
            if free_at - now >= (burst - 0.5) * step:  # whole steps, but for their rounding
                return False
            self._forget(now)
            self._free_at[sender] = free_at + step
        return True

    def _forget(self, now: float) -> None:
        if len(self._free_at) >= MOST_SENDERS:
            self._free_at = {sender: at for sender, at in self._free_at.items() if at > now}
