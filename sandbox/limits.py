"""The rolling 30-second window of calls, and the ban that a 429 with Retry-After starts."""

from __future__ import annotations

import math
from collections import deque

# https://developer.spotify.com/documentation/web-api/concepts/rate-limits
WINDOW_SECONDS = 30.0


class RollingWindow:
    """All instants are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._admitted: deque[float] = deque()
        self._ban_from = -math.inf
        self._ban_until = -math.inf

    def seconds_into_ban(self, arrived: float) -> float | None:
        if self._ban_from < arrived < self._ban_until:
            return arrived - self._ban_from
        return None

    def admit(self, now: float, limit: int | None, *, enforce_ban: bool) -> int:
        """Return 0 for an admitted call, otherwise its Retry-After in whole seconds.

        A call inside a ban never makes the ban longer.
        """
        if enforce_ban and now < self._ban_until:
            return math.ceil(self._ban_until - now)
        while self._admitted and self._admitted[0] <= now - WINDOW_SECONDS:
            self._admitted.popleft()
        if limit is None or len(self._admitted) < limit:
            self._admitted.append(now)
            return 0
        return self._refuse(now, limit)

    def start_ban(self, now: float, seconds: float) -> None:
        if now >= self._ban_until:
            self._ban_from = now
        self._ban_until = max(self._ban_until, now + seconds)

    def _refuse(self, now: float, limit: int) -> int:
        if limit > 0:
            # The call that has to leave the window before there is room again.
            blocking = self._admitted[len(self._admitted) - limit]
            wait = max(1, math.ceil(blocking + WINDOW_SECONDS - now))
        else:
            wait = math.ceil(WINDOW_SECONDS)
        if now >= self._ban_until:
            self.start_ban(now, wait)
        return wait
