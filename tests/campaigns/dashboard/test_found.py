"""What was found is carried along sealed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaigns.catalogue.names import Names
from campaigns.dashboard.found import FRESH, seal, unseal
from campaigns.planning.looking_up import Found
from campaigns.spotify import Artist, Release
from tests.sandbox_process import ALBUM_URI, UPC

RELEASE = Release(ALBUM_URI, UPC, "", "2026-12-04", True, (Artist("1" * 22, "Demo"),), "Night Bus")
TEXTS = ("Night Bus", "Demo")
FOUND = Found(
    Names(ALBUM_URI, "", ""), "US", (replace(RELEASE, cover="https://i.scdn.co/1"),), TEXTS
)


def test_it_comes_back_as_it_was() -> None:
    back = unseal(seal(FOUND))

    assert back == FOUND
    assert back.releases[0].cover == "https://i.scdn.co/1"


def test_what_is_older_than_was_asked_for_is_nothing() -> None:
    sealed = seal(FOUND)

    assert unseal(sealed, FRESH) == FOUND
    assert unseal(sealed, -FRESH) is None


@pytest.mark.parametrize("text", ["", "anything", seal(FOUND)[:-1]])
def test_what_is_not_ours_is_nothing(text: str) -> None:
    assert unseal(text) is None
