"""The call log: what was asked, when, by whom and with what result; never a token or code."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.instants import to_iso
from sandbox.limits import WINDOW_SECONDS

MOST_CALLS_KEPT = 500_000
DROPPED_AT_ONCE = 50_000


@dataclass(slots=True)
class Call:
    seq: int
    at: float
    lane: str
    endpoint: str
    account: str | None
    status: int | None
    uris: tuple[str, ...]
    inside_ban: bool
    ban_age_ms: float | None
    fault: str | None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": to_iso(self.at)}


class CallLog:
    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._last_seq = 0

    def append(self, call: Call) -> None:
        self._last_seq += 1
        call.seq = self._last_seq
        self._calls.append(call)
        if len(self._calls) > MOST_CALLS_KEPT:
            del self._calls[:DROPPED_AT_ONCE]

    def since(self, seq: int, limit: int, endpoint: str | None) -> list[Call]:
        """Calls with a sequence number above `seq`, oldest first."""
        oldest = self._last_seq - len(self._calls) + 1
        found: list[Call] = []
        for position in range(max(0, seq + 1 - oldest), len(self._calls)):
            if len(found) == limit:
                break
            call = self._calls[position]
            if endpoint is None or call.endpoint == endpoint:
                found.append(call)
        return found

    def summary(self) -> dict[str, Any]:
        by_endpoint: dict[str, Counter[str]] = {}
        for call in self._calls:
            status = "unanswered" if call.status is None else str(call.status)
            by_endpoint.setdefault(call.endpoint, Counter())[status] += 1
        return {
            "calls": self._last_seq,
            "calls_kept": len(self._calls),
            "by_endpoint": by_endpoint,
            "inside_ban": sum(call.inside_ban for call in self._calls),
            "most_api_calls_in_30_seconds": self._busiest_window(),
        }

    def _busiest_window(self) -> int:
        arrivals = sorted(call.at for call in self._calls if call.lane == "api")
        busiest = first = 0
        for last, arrived in enumerate(arrivals):
            while arrivals[first] <= arrived - WINDOW_SECONDS:
                first += 1
            busiest = max(busiest, last - first + 1)
        return busiest
