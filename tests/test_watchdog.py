"""deploy/watchdog.sh, in the place of a container's process 1."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.processes import Process, spawn, wait_until

WATCHDOG = Path(__file__).resolve().parent.parent / "deploy" / "watchdog.sh"
# Ends with its child, as Docker's tini does; the child has one of its own, as web's processes are.
FIRST_PROCESS = """
import subprocess, sys
service = [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '600'])"]
sys.exit(subprocess.run(service).returncode)
"""
ANSWERS, IS_SILENT = "true", "false"


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Process]:
    process = spawn([sys.executable, "-c", FIRST_PROCESS], None, tmp_path / "first.log")
    wait_until(lambda: len(line_of(process.pid)) == 3, 60, "The service")
    yield process
    process.kill9()


def line_of(pid: int) -> list[int]:
    """A process, its child and the child of that."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *line_of(int(children[0]))] if children else [pid]


def freeze(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) == "T", 60, "The stop")


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return "gone"


def look(first: Process, memory: Path, *command: str) -> tuple[int, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "WATCHDOG_FIRST": str(first.pid),
        "WATCHDOG_MEMORY": str(memory / "watchdog"),
    }
    argv = ["sh", "-u", str(WATCHDOG), *command]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_service_that_is_well_is_left_alone(first: Process, tmp_path: Path) -> None:
    assert [look(first, tmp_path, ANSWERS) for _ in range(4)] == [(0, "")] * 4
    assert [look(first, tmp_path) for _ in range(2)] == [(0, "")] * 2
    assert len(line_of(first.pid)) == 3


@pytest.mark.parametrize("generation", [1, 2])
def test_what_is_stopped_at_two_looks_is_killed(
    first: Process, tmp_path: Path, generation: int
) -> None:
    """The service itself, with which its container ends; and a process of its own."""
    frozen = line_of(first.pid)[generation]
    freeze(frozen)
    assert look(first, tmp_path) == (1, f"process {frozen} is stopped\n")
    assert state_of(frozen) == "T"
    assert look(first, tmp_path) == (1, f"process {frozen} was stopped, and is killed\n")
    assert first.wait(60) == (0 if generation == 2 else 256 - signal.SIGKILL)


def test_what_goes_on_by_itself_is_spared(first: Process, tmp_path: Path) -> None:
    _, service, own = line_of(first.pid)
    freeze(service)
    look(first, tmp_path)
    os.kill(service, signal.SIGCONT)
    wait_until(lambda: state_of(service) in "RS", 60, "The service")
    assert look(first, tmp_path) == (0, "")
    freeze(own)
    assert look(first, tmp_path)[1] == f"process {own} is stopped\n"


def test_the_first_process_is_woken(first: Process, tmp_path: Path) -> None:
    freeze(first.pid)
    assert look(first, tmp_path)[0] == 1
    # A process that was just woken runs for a moment before it sleeps.
    assert state_of(first.pid) in "RS"


def test_a_service_that_answers_no_more_is_killed_at_the_third_look(
    first: Process, tmp_path: Path
) -> None:
    looks = [look(first, tmp_path, command)[0] for command in (ANSWERS, IS_SILENT, IS_SILENT)]
    assert looks == [0, 1, 1]
    assert len(line_of(first.pid)) == 3
    assert look(first, tmp_path, IS_SILENT) == (1, "no answer\n")
    assert first.wait(60) == 256 - signal.SIGKILL


def test_a_service_that_still_starts_is_waited_for(first: Process, tmp_path: Path) -> None:
    assert {look(first, tmp_path, IS_SILENT) for _ in range(5)} == {(1, "no answer\n")}
    look(first, tmp_path, ANSWERS)
    # Not three in a row.
    for command in (IS_SILENT, IS_SILENT, ANSWERS, IS_SILENT, IS_SILENT):
        look(first, tmp_path, command)
    assert len(line_of(first.pid)) == 3
