"""`make demo`: the night keeps its promises, and each start goes on where the last one ended."""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from demo.__main__ import directory_of, found_directory
from embedded import processes

ROOT = Path(__file__).resolve().parents[2]
LONGEST_NIGHT_SECONDS = 180

pytestmark = pytest.mark.stack


@pytest.fixture
def port() -> Iterator[int]:
    """Two ports in a row that are free, and nothing of this test's demo afterwards."""
    found = processes.free_port()
    while found > 65_000 or not processes.port_is_free(found + 1):
        found = processes.free_port()
    yield found
    shutil.rmtree(directory_of(found), ignore_errors=True)


def demo(port: int, *options: str) -> str:
    command = [sys.executable, "-m", "demo", "--once", "--fans", "3", "--seconds", "5"]
    ended = subprocess.run(
        [*command, "--port", str(port), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_NIGHT_SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def labels_and_people(port: int) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(directory_of(port) / "presave.sqlite3")) as database:
        labels = database.execute("SELECT id, name FROM campaigns_label").fetchall()
        return labels + database.execute("SELECT email, password FROM campaigns_user").fetchall()


def test_each_start_plays_the_night_and_keeps_what_was_made(port: int) -> None:
    assert "Every promise was kept." in demo(port)
    made = labels_and_people(port)
    assert len(made) == 3

    again = demo(port, "--mode", "development")

    assert again.startswith("Going on from the last demo")
    assert "A fan who is not on the app's list was refused" in again
    assert "Every promise was kept." in again
    assert labels_and_people(port) == made


def test_a_fresh_start_says_so_and_finds_nothing(
    port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = directory_of(port)
    directory.mkdir(parents=True)
    (directory / "presave.sqlite3").touch()

    assert found_directory(argparse.Namespace(port=port, fresh=True)) == directory

    assert [*directory.iterdir()] == []
    assert capsys.readouterr().out.startswith("Beginning anew")
