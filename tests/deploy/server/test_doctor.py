"""`./presavectl doctor` asks the worker's container, and web's makes one page of both."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Notes what it was asked and given. The worker says something, and web finds something red.
DOCKER = """\
#!/bin/sh
case "$*" in
  "compose version"*) echo 2.26.1; exit ;;
  info*) exit ;;
esac
echo "$*" >> "$TOLD"
case "$*" in
  *"ps --services"*) printf '%s\\n' $RUNNING ;;
  *"--part worker"*) echo '{"checks": []}'; exit 1 ;;
  *"--part web"*) cat >> "$TOLD"; echo "one page"; exit 1 ;;
  *metrics_token*) echo "the token" ;;
esac
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    monkeypatch.setenv("RUNNING", "web worker postgres")
    return tmp_path / "told"


def presavectl(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "presavectl", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_web_is_given_what_the_worker_said_and_its_code_is_ours(told: Path) -> None:
    done = presavectl("doctor")
    assert (done.returncode, done.stdout) == (1, "one page\n")
    doctor = "python manage.py doctor"
    assert told.read_text().splitlines() == [
        "compose ps --services --status running",
        f"compose exec -T worker {doctor} --part worker --json",
        f"compose exec -T web {doctor} --part web --merge",
        '{"checks": []}',
    ]


def test_what_does_not_run_is_asked_in_a_container_of_its_own(
    told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNING", "web")
    presavectl("doctor", "--json", "--mail", "you@example.com")
    _, of_worker, of_web, _ = told.read_text().splitlines()
    assert of_worker.startswith("compose run --rm --no-deps -T worker python")
    assert of_web.endswith("--part web --merge --json --mail you@example.com")


def test_the_token_of_metrics_is_printed(told: Path) -> None:
    assert presavectl("metrics-token").stdout == "the token\n"
