"""The processes of a rehearsal: nothing of them runs on, whatever ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.rehearsal import stage
from campaigns.rehearsal.place import RehearsalError
from campaigns.rehearsal.stage import Stage


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
