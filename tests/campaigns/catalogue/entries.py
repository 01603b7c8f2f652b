"""Entries of a catalogue, as a look finds them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from campaigns.spotify import Artist, Release
from tests.sandbox_process import ALBUM_URI, UPC


def make_release(*artists: str, **fields: Any) -> Release:
    """The album "Night Bus", of Demo Artist if none is given."""
    credited = tuple(Artist(f"id of {name}", name) for name in artists or ["Demo Artist"])
    usual = Release(ALBUM_URI, UPC, "", "2026-11-27", True, credited, "Night Bus", "album")
    return replace(usual, **fields)
