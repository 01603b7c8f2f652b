"""What an operator wants to know first: computed from what the page's tables say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

FANS: Final = 1_000_000
PACES: Final = (10, 100, 1_000)
CALLS_PER_FAN: Final = 2
HOSTS: Final = (
    "- **Several hosts:** any number of workers share one database, one pace and one keyring; "
    "[Scaling](scaling.md#several-worker-hosts) says how."
)

Sections = Mapping[str, str]


class NotMeasuredError(Exception):
    """The page has no such figure yet."""


@dataclass(frozen=True)
class Engine:
    pace: int
    cpu_ms: float
    postgres_ms: float | None

    @classmethod
    def of(cls, sections: Sections) -> Engine:
        said = figure(sections, "Release throughput", "the engine")
        numbers = [number.replace(",", "") for number in re.findall(r"\d[\d,.]*", said)]
        fans, cpu, *of_postgres = numbers
        return cls(int(fans), float(cpu), float(of_postgres[0]) if of_postgres else None)


def lines(sections: Sections) -> str:
    """One line each; `sections` are the page's, by their titles."""
    made = []
    for make in LINES:
        with suppress(NotMeasuredError):
            made.append(make(sections))
    return "".join(f"{line}\n" for line in [*made, HOSTS])


def figure(sections: Sections, title: str, what: str) -> str:
    found = re.search(rf"^\| {re.escape(what)} \| (.*?) \|", sections.get(title, ""), re.MULTILINE)
    if found is None:
        raise NotMeasuredError(title, what)
    return found[1]


def pace(sections: Sections) -> str:
    engine = Engine.of(sections)
    return (
        f"- **Fans a second per core:** {1000 / engine.cpu_ms:,.0f}, as a fan costs a worker "
        f"{engine.cpu_ms} ms of a core (1,000 ms ÷ {engine.cpu_ms} ms). One worker process, which "
        f"shared its machine with Postgres and the stand-in for Spotify, saved {engine.pace:,} a "
        "second."
    )


def cost(sections: Sections) -> str:
    engine = Engine.of(sections)
    parts = [
        f"{CALLS_PER_FAN * FANS:,} calls to Spotify (a refresh and a save each)",
        f"{minutes(engine.cpu_ms)} of a worker's core (1,000,000 times {engine.cpu_ms} ms)",
    ]
    if engine.postgres_ms is not None:
        of_postgres = f"(1,000,000 times {engine.postgres_ms} ms)"
        parts.append(f"{minutes(engine.postgres_ms)} of Postgres' {of_postgres}")
    return f"- **A million fans cost** {', '.join(parts[:-1])} and {parts[-1]}."


def duration(sections: Sections) -> str:
    engine = Engine.of(sections)
    times = ", ".join(f"{clock(FANS / pace)} at {pace:,}" for pace in PACES)
    loads = ", ".join(f"{pace * engine.cpu_ms / 10:.1f} %" for pace in PACES)
    return (
        f"- **A million fans take** {times} saves a second, which is Spotify's to allow "
        f"(1,000,000 ÷ pace). Workers then use {loads} of one core (pace times {engine.cpu_ms} ms)."
    )


def memory(sections: Sections) -> str:
    few, many = (
        figure(sections, "Growth", f"worker's peak memory at {rows} rows")
        for rows in ("10,000", "1,000,000")
    )
    return (
        f"- **Memory of a worker process:** {many} at its peak while the table holds 1,000,000 "
        f"rows, {few} with 10,000."
    )


def size(sections: Sections) -> str:
    waiting, saved = (
        figure(sections, "Size of the database", f"the database {when}, above an empty one")
        for when in ("while they wait", "after the release")
    )
    return (
        f"- **Database per million pre-saves:** {waiting} while they wait, {saved} after the "
        "release, in which each row is written anew several times."
    )


def clock(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


def minutes(ms_per_fan: float) -> str:
    return f"{FANS * ms_per_fan / 60_000:.1f} min"


LINES: Final[tuple[Callable[[Sections], str], ...]] = (pace, cost, duration, memory, size)
