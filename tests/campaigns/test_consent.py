"""The words that fans agreed to stay as they were."""

from __future__ import annotations

import hashlib
from html import unescape
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils.html import strip_tags

from campaigns import consent
from campaigns.models import Campaign
from tests.sandbox_process import ALBUM_URI, SAVE_SCOPE, TRACK_URI

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "fan" / "consent"

# Of the English words for an album and for a track. If one does not fit any more, fans would be
# told that they agreed to words they never saw: add a version instead.
DIGESTS = {
    1: "04106358b0bb250adfb442114c5f15ae77d224d09b207804373df1e4a28c1668",
}


def words_of(version: int, uri: str) -> str:
    context = {"campaign": Campaign(spotify_uri=uri), "scope": SAVE_SCOPE}
    page = render_to_string(consent.template_of(version), context)
    return " ".join(unescape(strip_tags(page)).split())


@pytest.mark.parametrize("version", DIGESTS)
def test_the_words_of_a_version_never_change(version: int) -> None:
    words = f"{words_of(version, ALBUM_URI)}\n{words_of(version, TRACK_URI)}"
    assert hashlib.sha256(words.encode()).hexdigest() == DIGESTS[version], words


def test_every_version_is_there_and_its_words_are_held() -> None:
    written = {int(path.stem) for path in TEMPLATES.iterdir()}
    assert written == set(DIGESTS) == set(range(1, consent.CURRENT_VERSION + 1))


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        (ALBUM_URI, "save this album to your Albums, once, then destroy the permission"),
        (TRACK_URI, "save this track to your Liked Songs, once, then destroy the permission"),
    ],
)
def test_the_present_words_say_where_the_release_goes(uri: str, sentence: str) -> None:
    assert sentence in words_of(consent.CURRENT_VERSION, uri)
