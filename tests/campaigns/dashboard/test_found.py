"""What was found is carried along sealed, and shown with its date in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from campaigns.catalogue.names import Names
from campaigns.dashboard.found import entry_of, seal, unseal
from campaigns.planning.looking_up import Found
from campaigns.spotify import Artist, Release
from tests.sandbox_process import ALBUM_URI, UPC

TODAY = date(2026, 11, 27)
RELEASE = Release(ALBUM_URI, UPC, "", "2026-12-04", True, (Artist("1" * 22, "Demo"),), "Night Bus")
FOUND = Found(Names(ALBUM_URI, "", ""), "US", (replace(RELEASE, cover="https://i.scdn.co/1"),))


def test_it_comes_back_as_it_was() -> None:
    back = unseal(seal(FOUND))

    assert back == FOUND
    assert back.releases[0].cover == "https://i.scdn.co/1"


@pytest.mark.parametrize("text", ["", "anything", seal(FOUND)[:-1]])
def test_what_is_not_ours_is_nothing(text: str) -> None:
    assert unseal(text) is None


@pytest.mark.parametrize(
    ("release_date", "day", "is_out"),
    [
        ("2026-12-04", "4 December 2026", False),
        ("2026-11-27", "27 November 2026", True),
        ("2026-11", "November 2026", True),
        ("2024", "2024", True),
        ("", "", True),
        ("0000-00-00", "", True),
    ],
)
def test_its_date_is_told_as_precisely_as_it_is_known(
    release_date: str, day: str, is_out: bool
) -> None:
    entry = entry_of(replace(RELEASE, release_date=release_date), TODAY)

    assert (entry.day, entry.is_out) == (day, is_out)
