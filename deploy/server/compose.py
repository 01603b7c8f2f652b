"""Docker Compose, in the checkout that this file belongs to."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent.parent
SECONDS_TO_END: Final = 30


class CommandError(Exception):
    """What a command that failed has written."""


def run(
    *arguments: str, variables: Mapping[str, str] | None = None, text: str | None = None
) -> int:
    """Run `docker compose` on this terminal, and return its exit code. The variables count more
    than those in .env. It reads `text` in place of what is typed, if any is given.
    """
    return subprocess.run(
        ["docker", "compose", *arguments],
        cwd=CHECKOUT,
        env=_with(variables),
        input=text,
        text=True,
        check=False,
    ).returncode


def read(
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    given: IO[bytes] | None = None,
    into: IO[bytes] | None = None,
) -> str:
    """What `docker compose` answers, unless that goes into a file. Raises CommandError."""
    return _read("docker", "compose", *arguments, variables=variables, given=given, into=into)


def docker(*arguments: str) -> str:
    """What `docker` answers. Raises CommandError."""
    return _read("docker", *arguments)


def git(*arguments: str) -> str:
    """What `git` says of the checkout. Raises CommandError where it is none."""
    return _read("git", *arguments)


def config(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """docker-compose.yml and .env as Compose understands them. Raises CommandError."""
    found: dict[str, Any] = json.loads(read("config", "--format", "json", variables=variables))
    return found


def containers(service: str) -> list[str]:
    """The ids of its containers that run."""
    return read("ps", "--quiet", service).split()


def all_containers(service: str = "") -> list[str]:
    """Those of a service, or of all, and the ones that were created or have ended. Without what
    `run` began, which `ps` of Compose would list too.
    """
    labels = {"project": config()["name"], "oneoff": "False"}
    labels |= {"service": service} if service else {}
    filters = [
        f"--filter=label=com.docker.compose.{name}={value}" for name, value in labels.items()
    ]
    return docker("ps", "--all", "--quiet", "--no-trunc", *filters).split()


def id_of(image: str) -> str:
    """Nothing where the image is not on this machine."""
    try:
        return docker("image", "inspect", "--format", "{{.Id}}", image)
    except CommandError:
        return ""


def log_of(container: str, lines: int) -> str:
    """The end of what a container has written."""
    command = ["docker", "logs", "--tail", str(lines), container]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout.strip()


def _read(
    *command: str,
    variables: Mapping[str, str] | None = None,
    given: IO[bytes] | None = None,
    into: IO[bytes] | None = None,
) -> str:
    try:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=_with(variables),
            stdin=given or subprocess.DEVNULL,
            stdout=into or subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C is for this command, which then ends that one, or lets it do its work.
            start_new_session=True,
        )
    except FileNotFoundError:
        raise CommandError(f"{command[0]} is not installed.") from None
    with process:
        try:
            out, said = process.communicate()
        except BaseException:
            _end(process)
            raise
    answer = (out or b"").decode(errors="replace")
    if process.returncode:
        raise CommandError((answer + said.decode(errors="replace")).strip())
    return answer.strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let it take back what it has begun, as a container that is to be removed."""
    process.terminate()
    try:
        process.communicate(timeout=SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()


def _with(variables: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, **(variables or {})}
