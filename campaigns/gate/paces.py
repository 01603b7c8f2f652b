"""Paces of single senders, by the generic cell rate algorithm. They live in this process's memory
for as long as they count, some seconds.
"""

from __future__ import annotations

import time
from threading import Lock, Timer
from typing import Final

# Senders that do not count any more are forgotten so often, whether or not others come.
FORGET_EVERY_SECONDS: Final = 5.0


class Paces:
    def __init__(self) -> None:
        self._free_at: dict[str, float] = {}
        self._lock = Lock()
        self._is_forgetting = False

    def take(self, sender: str, per_second: float, burst: float) -> bool:
        """Whether this sender may send one more now."""
        step, now = 1 / per_second, time.monotonic()
        with self._lock:
            free_at = max(self._free_at.get(sender, now), now)
            if free_at - now >= (burst - 0.5) * step:  # whole steps, but for their rounding
                return False
            self._free_at[sender] = free_at + step
            self._forget_later()
        return True

    def _forget_later(self) -> None:
        if self._free_at and not self._is_forgetting:
            timer = Timer(FORGET_EVERY_SECONDS, self._forget)
            timer.daemon = self._is_forgetting = True
            timer.start()

    def _forget(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._free_at = {sender: at for sender, at in self._free_at.items() if at > now}
            self._is_forgetting = False
            self._forget_later()
