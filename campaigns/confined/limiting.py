"""What a process that reads a hostile file takes from itself before it begins."""

from __future__ import annotations

import os
import resource
from contextlib import suppress


def limit_this_process(most_memory: int, most_seconds: int) -> None:
    """Pages go first. Not every system has every limit: macOS has none of memory."""
    os.nice(10)
    limits = {"RLIMIT_AS": most_memory, "RLIMIT_CPU": most_seconds}
    _limit({**limits, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0})


def open_nothing_more() -> None:
    """No file and no connection: all that is needed has been imported."""
    _limit({"RLIMIT_NOFILE": 0})


def _limit(limits: dict[str, int]) -> None:
    for name, most in limits.items():
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (most, most))
