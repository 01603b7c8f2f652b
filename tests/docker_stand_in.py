#!/usr/bin/env python3
"""Stands in for `docker` where there is no engine: runs on this machine what `docker compose` would
run in a container, with the settings of this environment. What was started and stopped is noted in
STAND_IN_LOG.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = ROOT / ".venv" / "bin" / "docker-compose"
MIGRATE = ("sh", "-c", "python manage.py migrate --no-input && python manage.py createcachetable")
WITH_VALUE = ("--env",)
# Of an engine without rootless mode, and of no container.
ANSWERS = {"info": "[]", "ps": ""}


def main(arguments: list[str]) -> int:
    if arguments[0] == "run":
        command = arguments[arguments.index("-m") :]
        return run(["any-image", sys.executable, *command])
    if arguments[0] in ANSWERS:
        sys.stdout.write(ANSWERS[arguments[0]])
        return 0
    verb, rest = arguments[1], arguments[2:]
    if verb == "version":
        return subprocess.run([COMPOSE, verb, *rest], check=False).returncode
    if verb == "config":
        files = ("--env-file", ".env.example", "--file", os.environ["STAND_IN_FILE"])
        return subprocess.run([COMPOSE, *files, "config", *rest], cwd=ROOT, check=False).returncode
    if verb in ("exec", "run"):
        return run(rest)
    with Path(os.environ["STAND_IN_LOG"]).open("a") as log:
        log.write(f"{verb} {' '.join(rest)}\n")
    return 0


def run(rest: list[str]) -> int:
    while rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in WITH_VALUE else rest[1:]
    service, *command = rest
    command = [here(word) for word in command or MIGRATE]
    if service != "postgres" and command[0] == "python":
        command[0] = sys.executable
    binaries = os.environ["STAND_IN_BINARIES"]
    environment = {**os.environ, "PATH": f"{binaries}:{Path(sys.executable).parent}:/usr/bin:/bin"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def here(word: str) -> str:
    """Where a container's volume is on this machine."""
    places = {
        "/data": os.environ["DATA_DIR"],
        "/keyring": os.environ["KEYRING_DIR"],
        "/checkout/secrets": os.environ["STAND_IN_SECRETS"],
    }
    for container, place in places.items():
        if word == container or word.startswith(f"{container}/"):
            return place + word.removeprefix(container)
    return word


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
