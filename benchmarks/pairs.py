"""The engine beside that of another commit: both release fresh fans in turns, each in its own
checkout, with its own packages and its own database on the same Postgres.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import cost
from benchmarks.cost import Cost
from benchmarks.report import Line

PAIRS: Final = 5
FANS: Final = 20_000
FASTER: Final = 2.2
CHEAPER: Final = 0.45
PATIENCE_SECONDS: Final = 600
OURS: Final = Path(__file__).resolve().parent.parent
PACKAGES: Final = "requirements-dev.txt"
# Both sides' own code, by what commits of before have too.
MAKE_FANS: Final = """
import sys
import django
django.setup()
from benchmarks import environment
environment.forget_everything()
campaign = environment.make_due(f"{number:0150d}" for number in range(int(sys.argv[1])))
environment.let_go(campaign)
print(campaign.id)
"""


@dataclass(frozen=True)
class Side:
    checkout: Path
    environment: dict[str, str]

    def release(self) -> Cost:
        campaign_id = self.run("-c", MAKE_FANS, str(FANS)).strip()
        with cost.of_postgres() as postgres:
            took = json.loads(self.run("-m", "benchmarks.designs", "engine", campaign_id))
        if took["saved"] != FANS:
            raise RuntimeError(f"{self.checkout} saved {took['saved']} of {FANS} fans.")
        return Cost(FANS, took["seconds"], took["cpu"], postgres.seconds)

    def run(self, *arguments: str) -> str:
        """What a program of this side prints."""
        done = subprocess.run(
            [self._python(), *arguments],
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[:3]} failed in {self.checkout}: {done.stderr[-2000:]}")
        return done.stdout

    def _python(self) -> str:
        own = self.checkout / ".venv" / "bin" / "python"
        return str(own) if own.exists() else sys.executable


def lines(directory: Path, against: str) -> list[Line]:
    commit = _git("-C", str(OURS), "rev-parse", "--verify", "--short=8", f"{against}^{{commit}}")
    sides = _side(directory, "ours", OURS), _side(directory, "theirs", _clone(directory, commit))
    runs = [(sides[0].release(), sides[1].release()) for _ in range(PAIRS)]
    faster = [ours.pace / theirs.pace for ours, theirs in runs]
    cheaper = [ours.cpu_ms / theirs.cpu_ms for ours, theirs in runs]
    of_pairs = f"median of {PAIRS} pairs"
    return [
        *(Line(f"pair {n}, the engine", str(ours)) for n, (ours, _) in enumerate(runs, 1)),
        *(
            Line(f"pair {n}, that of {commit}", str(theirs))
            for n, (_, theirs) in enumerate(runs, 1)
        ),
        Line.at_least(f"fans/s, engine to {commit}, {of_pairs}", median(faster), FASTER, " times"),
        Line.at_most(
            f"CPU per fan, engine to {commit}, {of_pairs}", median(cheaper), CHEAPER, " times"
        ),
    ]


def _clone(directory: Path, commit: str) -> Path:
    """That commit, with packages of its own where it names others than ours."""
    checkout = directory / "theirs"
    _git("clone", "--quiet", "--shared", "--no-checkout", str(OURS), str(checkout))
    _git("-C", str(checkout), "checkout", "--quiet", "--detach", commit)
    if (checkout / PACKAGES).read_bytes() != (OURS / PACKAGES).read_bytes():
        base = {"PYTHON": sys.executable}
        subprocess.run(
            ["deploy/install.sh", PACKAGES], cwd=checkout, env=os.environ | base, check=True
        )
    return checkout


def _side(directory: Path, name: str, checkout: Path) -> Side:
    """With a database and keys of its own: its tables may be others."""
    from django.db import connection

    database = f"presave_{name}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(database)}")
    keyring = directory / f"keyring-{name}"
    keyring.mkdir(mode=0o700)
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    own = {"DATABASE_URL": f"{server}/{database}", "KEYRING_DIR": str(keyring)}
    side = Side(checkout, {**os.environ, **own})
    side.run("manage.py", "migrate", "--verbosity=0")
    side.run("manage.py", "createcachetable", "--verbosity=0")
    return side


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout.strip()
