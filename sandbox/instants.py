"""Instants: Unix seconds inside the sandbox, ISO 8601 in UTC outside."""

from __future__ import annotations

from datetime import UTC, datetime


def to_iso(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="microseconds")


def from_iso(text: str) -> float:
    """Raises ValueError if the text is no ISO instant or carries no UTC offset."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("the instant has no UTC offset")
    return instant.timestamp()
