"""`manage.py rehearse` with 10,000 fans: on the embedded default, and on Postgres."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.report import Line, Table

FANS: Final = 10_000
RATE: Final = "50"
# What a machine can do shows where no pace is set.
WITHOUT_PACE: Final = "2000"
# As tests/postgres.py starts it; Valkey is there for Redis.
POSTGRES: Final = "Postgres without fsync, and Valkey"
ROOT: Final = Path(__file__).resolve().parent.parent


def embedded(directory: Path) -> Table:
    database = {"DATABASE_URL": f"sqlite:///{directory}/rehearsed.sqlite3"}
    for command in (("migrate", "--verbosity=0"), ("createcachetable",)):
        _manage(database, *command)
    return _table("Rehearsal on the embedded default", "SQLite and Valkey", database, RATE)


def postgres(directory: Path) -> Table:
    return _table("Rehearsal on Postgres", POSTGRES, {}, RATE)


def postgres_with_faults(directory: Path) -> Table:
    title = "Rehearsal on Postgres, with faults"
    return _table(title, POSTGRES, {}, RATE, "--faults")


def postgres_without_pace(directory: Path) -> Table:
    title = "Rehearsal on Postgres, without a pace"
    return _table(title, POSTGRES, {}, WITHOUT_PACE)


def _table(title: str, on: str, env: Mapping[str, str], rate: str, *options: str) -> Table:
    command = ("rehearse", "--fans", str(FANS), "--limit", f"{rate}/s", *options)
    said = _manage({**env, "SPOTIFY_MAX_RATE": rate}, *command)
    lines = [Line(what, figure) for what, figure in re.findall(r"^  (\S.*?)  +(\S.*)$", said, re.M)]
    [limit] = re.findall(r"^What limits it: (.*)$", said, re.M)
    about = (
        f"What `SPOTIFY_MAX_RATE={rate} manage.py {' '.join(command)}` printed; {on}, 50 ms per "
        f"call. What limited it: {limit}"
    )
    return Table(title, about, lines)


def _manage(env: Mapping[str, str], *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
