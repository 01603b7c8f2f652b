"""The processes that read files from elsewhere: how many there are, and what they get."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from campaigns.confined import running
from campaigns.confined.running import BusyError, TooSlowError
from presave import web


def run(script: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    program = directory / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return running.run("a.reader", b"the file", 1, 2).stdout


def test_a_reader_gets_the_file_and_its_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = run('cat; echo " $@"', tmp_path, monkeypatch)
    assert answer == b"the file -m a.reader 1 2\n"


def test_a_reader_has_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "s3cret")

    answer = run("/usr/bin/env", tmp_path, monkeypatch)

    assert b"PYTHONDONTWRITEBYTECODE" in answer
    assert b"s3cret" not in answer


def test_a_reader_that_only_waits_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MOST_SECONDS_IN_ALL", 0.05)
    with pytest.raises(TooSlowError):
        run("exec sleep 60", tmp_path, monkeypatch)


def test_one_file_is_read_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_SECONDS_IN_LINE", 0.01)
    with running._turn(), pytest.raises(BusyError):
        run("cat", tmp_path, monkeypatch)

    assert run("cat", tmp_path, monkeypatch) == b"the file"


def test_who_finds_a_line_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the others' threads held for long, pages would wait."""
    monkeypatch.setattr(running, "MOST_SECONDS_IN_LINE", 600)
    places = 0
    with ExitStack() as line:
        while running._in_line.acquire(blocking=False):
            line.callback(running._in_line.release)
            places += 1
        assert places < web.THREADS / 2
        with pytest.raises(BusyError):
            run("cat", tmp_path, monkeypatch)
