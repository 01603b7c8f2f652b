"""A catalogue entry in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from campaigns.spotify import Artist, Release
from campaigns.status.entries import entry_of
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC

TODAY = date(2026, 11, 27)
RELEASE = Release(ALBUM_URI, UPC, "", "2026-12-04", True, (Artist("1" * 22, "Demo"),), "Night Bus")


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


def test_an_album_is_told_by_its_kind() -> None:
    entry = entry_of(replace(RELEASE, album_type="single"), TODAY)

    assert (entry.kind, entry.album, entry.is_explicit, entry.code) == ("single", "", False, UPC)
    assert entry.link == "https://open.spotify.com/album/4aawyAB9vmqN3uQ7FjRGTy"


def test_a_track_is_told_by_its_album() -> None:
    track = replace(RELEASE, uri=TRACK_URI, upc="", isrc=ISRC, album_title="Late Lines")
    entry = entry_of(replace(track, is_explicit=True), TODAY)

    assert (entry.kind, entry.album, entry.is_explicit) == ("track", "Late Lines", True)
    assert entry.code == ISRC
    assert entry.link == "https://open.spotify.com/track/7a3LWj5xSFhFRYmztS8wgK"
