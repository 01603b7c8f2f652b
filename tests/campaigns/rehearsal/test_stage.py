"""The processes of a rehearsal: nothing of them runs on, whatever ends it."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from campaigns.rehearsal import stage
from campaigns.rehearsal.place import RehearsalError
from campaigns.rehearsal.stage import Stage
from embedded.processes import Process, spawn


def test_a_process_that_ends_by_itself_ends_the_rehearsal(tmp_path: Path) -> None:
    with Stage(tmp_path) as running:
        running.start("night", "sandbox", "--port", "nonsense", env={})
        (tmp_path / stage.TOLD).write_text('{"step": "pre-saved", "done": 1, "of": 2}\n')
        told = running.told()
        assert next(told) == {"step": "pre-saved", "done": 1, "of": 2}

        with pytest.raises(RehearsalError, match="night has ended"):
            list(told)


def test_what_was_started_is_killed_at_the_end(tmp_path: Path) -> None:
    with Stage(tmp_path) as running:
        sandbox = running.start("sandbox", "sandbox", "--port", "0", env={})
        assert sandbox.exit_code is None

    assert sandbox.exit_code == -9


def test_an_interruption_while_a_process_starts_is_neither_lost_nor_leaves_it_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Process] = []

    def interrupted(*arguments: Any, **options: Any) -> Process:
        started.append(spawn(*arguments, **options))
        signal.raise_signal(signal.SIGINT)
        return started[0]

    monkeypatch.setattr(stage, "spawn", interrupted)
    with pytest.raises(KeyboardInterrupt), Stage(tmp_path) as running:
        running.start("sandbox", "sandbox", "--port", "0", env={})

    assert started[0].exit_code == -9
