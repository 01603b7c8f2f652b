"""The words that fans agreed to stay as they were."""

from __future__ import annotations

import hashlib
from html import unescape
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import strip_tags

from campaigns.consent import wordings
from campaigns.models import Campaign
from tests.sandbox_process import ALBUM_URI, SAVE_SCOPE, TRACK_URI

TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "fan" / "consent"

# Of the words for an album and for a track, in each language. If one does not fit any more, fans
# would be told that they agreed to words they never saw: add a version instead.
DIGESTS = {
    (1, "en"): "c91f1c15c39834d6d2a04f93a3987d528a4fea67fe26d3c179d2f006082fc1ca",
    (1, "es"): "d361a49f54e59b734bc1c9e6623d4c4fa4910711948af68dd4d1fd77e22a7d16",
    (1, "pt-br"): "fca40fad9af19cbedb7583abb3fd7bd0646b93b8cd42df2c33f4aaf27df569e9",
    (1, "de"): "676e33625808a815070ebef3251f630b34e3a6d7f4c8109721061d1f7745aeb1",
    (1, "fr"): "2f122a33ffb586a2cfc97f6a382891cd1eb60828917f06adc15ff7c4e0539cd1",
    (1, "ja"): "3685703a6c241474ac737b02a611b0771f441abd4f65d402540e3a0e541ae959",
    (2, "en"): "f4bbf0090c32dd50be86d4f9283e3cd6cc4baf85cfda8fa3bee2983e673f3231",
    (2, "es"): "00f6d918a0ceef3601243fbde81a5eca069780f487c0082e1020bd303c66b066",
    (2, "pt-br"): "31207977daefc507d3de8cc079f11a6036b7cda1abe98b55df143a5445524be6",
    (2, "de"): "321d621c60a61e8fb7d774fff47de3d71d3c819f4a5d1d9d841d74adca5f23b3",
    (2, "fr"): "5cd912758cebaeef3ca90738af5f48670122a3c3f4b1fece41d1892dc812149f",
    (2, "ja"): "f324d1289329836fb739a54d007b09b0fb939483b4d8fc7911b9ea44d32f9553",
}


def words_of(version: int, uri: str, language: str = "en") -> str:
    context = {"campaign": Campaign(spotify_uri=uri), "scope": SAVE_SCOPE}
    with translation.override(language):
        page = render_to_string(wordings.template_of(version), context)
    return " ".join(unescape(strip_tags(page)).split())


@pytest.mark.parametrize(("version", "language"), DIGESTS)
def test_the_words_of_a_version_never_change(version: int, language: str) -> None:
    words = "\n".join(words_of(version, uri, language) for uri in (ALBUM_URI, TRACK_URI))
    assert hashlib.sha256(words.encode()).hexdigest() == DIGESTS[version, language], words


def test_every_version_is_there_and_its_words_are_held() -> None:
    written = {int(path.stem) for path in TEMPLATES.iterdir()}
    assert written == set(range(1, wordings.CURRENT_VERSION + 1))
    languages = [code for code, _ in settings.LANGUAGES]
    assert set(DIGESTS) == set(product(written, languages))


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        (ALBUM_URI, "We save this album to your Albums, once, then destroy the permission."),
        (TRACK_URI, "We save this track to your Liked Songs, once, then destroy the permission."),
    ],
)
def test_the_present_words_say_where_the_release_goes(uri: str, sentence: str) -> None:
    assert sentence in words_of(wordings.CURRENT_VERSION, uri)
