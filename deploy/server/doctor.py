"""`./presavectl doctor` and `metrics-token`. Web and worker see different secrets and files, so the
doctor asks each, and web makes one page of both.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence

from deploy.server import compose

DOCTOR = ("python", "manage.py", "doctor")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "doctor", help="say what is set up right, what is not, and what to do about it"
    )
    command.add_argument("--json", action="store_true", help="for monitoring")
    command.add_argument("--mail", metavar="ADDRESS", help="send one email there")
    command.set_defaults(run=_run)
    token = commands.add_parser("metrics-token", help="print what Prometheus shows for /metrics")
    token.set_defaults(
        run=lambda chosen: compose.run("exec", "web", "python", "manage.py", "metrics_token")
    )


def _run(chosen: argparse.Namespace) -> int:
    running = _output("ps", "--services", "--status", "running").split()
    of_worker = _output(*_in("worker", running), *DOCTOR, "--part", "worker", "--json")
    options = ["--json"] if chosen.json else []
    options += ["--mail", chosen.mail] if chosen.mail else []
    command = [*_in("web", running), *DOCTOR, "--part", "web", "--merge", *options]
    return compose.run(*command, text=of_worker)


def _in(service: str, running: Sequence[str]) -> tuple[str, ...]:
    """In the container that runs; else in one with the settings that it would start with, which
    says what is wrong with them.
    """
    if service in running:
        return ("exec", "-T", service)
    return ("run", "--rm", "--no-deps", "-T", service)


def _output(*arguments: str) -> str:
    done = subprocess.run(
        ["docker", "compose", *arguments],
        cwd=compose.CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout
