"""`./presavectl domain` is web's own command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCKER = """#!/bin/sh
case $* in
"compose version"*) echo 2.26.1 ;;
info*) ;;
*) printf "%s\\n" "$@" ;;
esac
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "presave.label.example", "--label", "Your label"),
        ("remove", "presave.label.example"),
        ("list",),
    ],
)
def test_a_domain_is_given_listed_and_taken_back_in_web(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "presavectl", "domain", *arguments],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    in_web = ["compose", "exec", "web", "python", "manage.py", "domain"]
    assert done.stdout.splitlines() == [*in_web, *arguments]


@pytest.mark.parametrize(
    ("command", "told"),
    [("status", "Show which services run, and how they are."), ("logs", "Follow the logs of")],
)
def test_the_help_of_a_command_says_what_it_does(command: str, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "presavectl", command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told in done.stdout
