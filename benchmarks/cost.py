"""What a release took: time, the worker's own processor time, and that of Postgres."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    fans: float
    seconds: float
    cpu: float
    postgres_cpu: float

    @property
    def pace(self) -> float:
        return self.fans / self.seconds

    @property
    def cpu_ms(self) -> float:
        return self.cpu / self.fans * 1000

    @property
    def postgres_ms(self) -> float:
        return self.postgres_cpu / self.fans * 1000

    def __str__(self) -> str:
        return (
            f"{self.pace:,.0f} fans/s, {self.cpu_ms:.2f} ms CPU per fan, "
            f"and {self.postgres_ms:.2f} ms of Postgres"
        )


class Used:
    """Processor time that Postgres used within a `with` block."""

    seconds = 0.0


@contextmanager
def of_postgres() -> Iterator[Used]:
    postmaster, used = _postmaster(), Used()
    before = _of_server(postmaster)
    yield used
    used.seconds = _of_server(postmaster) - before


def cpu_seconds(pid: int) -> float:
    """User and system time of a process: fields 14 and 15 of proc(5)'s stat."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def _of_server(postmaster: int) -> float:
    """Of all its processes; those that ended are in fields 16 and 17 of the one that began them."""
    fields = _stat(postmaster)
    ended = (int(fields[13]) + int(fields[14])) / TICKS
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return ended + sum(cpu_seconds(pid) for pid in (postmaster, *map(int, children)))


def _postmaster() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(_stat(cursor.fetchone()[0])[1])


def _stat(pid: int) -> list[str]:
    """From the third field on: the second is a name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
