"""Pictures that wait for their form: who gets them, and when they go."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaigns.artwork import kept
from tools.pictures import picture

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture(autouse=True)
def directory(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    return tmp_path / "artwork" / "kept"


def test_the_user_alone_gets_it_until_it_is_discarded() -> None:
    name = kept.keep(1, picture(400, 300))

    loaded = kept.load(1, name)
    assert loaded
    assert loaded.size == (400, 300)
    assert kept.load(2, name) is None
    kept.discard(2, name)
    assert kept.load(1, name)
    kept.discard(1, name)
    assert kept.load(1, name) is None


@pytest.mark.parametrize("name", ["", "1-../../../secrets", "1-" + "0" * 31, "1-" + "0" * 32])
def test_nothing_else_is_loaded(name: str) -> None:
    assert kept.load(1, name) is None


def test_after_a_day_it_goes_with_the_next_upload(directory: Path) -> None:
    old = kept.keep(1, picture(320, 320))
    yesterday = time.time() - kept.LIFETIME.total_seconds() - 1
    os.utime(directory / old, (yesterday, yesterday))

    new = kept.keep(2, picture(320, 320))

    assert [path.name for path in directory.iterdir()] == [new]


def test_a_user_keeps_the_last_few(directory: Path) -> None:
    others = kept.keep(11, picture(320, 320))
    names = []
    for age in range(10, 0, -1):
        names.append(kept.keep(1, picture(320, 320)))
        os.utime(directory / names[-1], (time.time() - age,) * 2)

    assert {path.name for path in directory.iterdir()} == {
        others,
        *names[-kept.MOST_OF_A_USER :],
    }
