"""`make demo`: the night keeps its promises, and each start goes on where the last one ended."""

from __future__ import annotations

import argparse
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import requests

from demo.__main__ import directory_of, found_directory, told_at_once
from demo.environment import Secrets
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
    # Time to open it; where its fans take longer, the demo moves the release.
    command = [sys.executable, "-m", "demo", "--once", "--fans", "3", "--seconds", "10"]
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


@contextmanager
def shown(port: int) -> Iterator[subprocess.Popen[str]]:
    """A demo that goes on until it is asked to end, and has told its addresses by now."""
    command = [sys.executable, "-m", "demo", "--fans", "3", "--seconds", "20", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            for line in process.stdout:
                if line.startswith("The sandbox's fans"):
                    break
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=LONGEST_NIGHT_SECONDS)


def visitor(port: int) -> requests.Session:
    """The label's owner, logged in."""
    session, address = requests.Session(), f"http://127.0.0.1:{port}/accounts/login/"
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', session.get(address).text)
    assert token
    form = {"login": "artist@example.com", "password": Secrets.of(directory_of(port)).password}
    session.post(
        address, form | {"csrfmiddlewaretoken": token[1]}, headers={"Referer": address}
    ).raise_for_status()
    return session


def test_whoever_looks_at_once_finds_nothing_overdue(port: int) -> None:
    with shown(port) as demo:
        artist, pages = visitor(port), [""]
        while pages[-1].count("Night Bus") == 0 or "Last Stop" not in pages[-1]:
            assert demo.poll() is None
            pages.append(artist.get(f"http://127.0.0.1:{port}/dashboard").text)
        for page in pages:
            assert not re.search("Overdue|never went live|no sign of the worker", page)
        assert "<audio" in artist.get(f"http://127.0.0.1:{port}/slow-tide").text

        demo.terminate()
        assert demo.stdout
        last_words = [line.strip() for line in demo.stdout][-2:]
        assert last_words[0] == "Stopping…"
        assert last_words[1].startswith("The demo has ended")


def test_that_it_stops_is_said_before_anything_has_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def is_interrupted() -> None:
        with ExitStack() as closing, told_at_once():
            closing.callback(print, "Everything has stopped")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        is_interrupted()

    assert capsys.readouterr().out == "\nStopping…\nEverything has stopped\n"


def test_a_fresh_start_says_so_and_finds_nothing(
    port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = directory_of(port)
    directory.mkdir(parents=True)
    (directory / "presave.sqlite3").touch()

    assert found_directory(argparse.Namespace(port=port, fresh=True)) == directory

    assert [*directory.iterdir()] == []
    assert capsys.readouterr().out.startswith("Beginning anew")
