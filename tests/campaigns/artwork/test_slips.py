"""Pictures of slips as they are kept: each is drawn once, one at a time, and not for ever."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.files import locks

from campaigns.artwork import slips
from campaigns.artwork.slip import Slip
from campaigns.models import Accent

if TYPE_CHECKING:
    from pytest_django import Settings

TOLD = Slip("I pre-saved", "Night Bus", "Demo Artist", "11 December 2026", Accent.TEAL)


@pytest.fixture(autouse=True)
def artwork_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    return tmp_path / "artwork"


def test_a_picture_is_drawn_once(artwork_dir: Path) -> None:
    path = slips.file_of(TOLD, None)
    assert path
    drawn = path.stat().st_mtime_ns
    assert slips.file_of(TOLD, None) == path
    assert path.stat().st_mtime_ns == drawn
    assert {file.suffix for file in path.parent.iterdir()} == {".jpg", ""}


def test_another_look_is_another_picture() -> None:
    others = {slips.file_of(TOLD, None)}
    others.add(slips.file_of(replace(TOLD, title="Night Train"), None))
    assert len(others) == 2


def test_while_one_is_drawn_no_other_is(artwork_dir: Path) -> None:
    directory = artwork_dir / "slips"
    directory.mkdir(parents=True)
    with (directory / "lock").open("w") as lock:
        assert locks.lock(lock, locks.LOCK_EX)
        assert slips.file_of(TOLD, None) is None
    path = slips.file_of(TOLD, None)
    assert path
    with (directory / "lock").open("w") as lock:
        assert locks.lock(lock, locks.LOCK_EX)
        assert slips.file_of(TOLD, None) == path, "what is there needs no drawing"


def test_a_full_disk_is_one_line_for_the_operator_and_leaves_nothing_behind(
    artwork_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fill_up(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", fill_up)
        assert slips.file_of(TOLD, None) is None
    assert [record.message for record in caplog.records] == [
        "A picture of a slip could not be stored."
    ]
    assert [file.name for file in (artwork_dir / "slips").iterdir()] == ["lock"]
    assert slips.file_of(TOLD, None)


def test_who_comes_right_after_another_finds_the_same_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other drew it between our look and our turn."""
    path = slips.file_of(TOLD, None)
    assert path
    drawn = path.stat().st_mtime_ns
    looks = iter([False, True])
    monkeypatch.setattr(Path, "is_file", lambda _: next(looks))
    assert slips.file_of(TOLD, None) == path
    assert path.stat().st_mtime_ns == drawn


def test_a_picture_of_a_week_ago_goes() -> None:
    path = slips.file_of(TOLD, None)
    assert path
    long_ago = time.time() - slips.LIFETIME.total_seconds() - 60
    os.utime(path, (long_ago, long_ago))
    slips.file_of(replace(TOLD, title="Night Train"), None)
    assert not path.exists()
