"""What artists paste as the release's link."""

from __future__ import annotations

import pytest

from campaigns.links import ReleaseLinkError, parse_release_link
from tests.sandbox_process import ALBUM_URI, UPC

ID = ALBUM_URI.split(":")[2]


@pytest.mark.parametrize(
    "text",
    [
        f"https://open.spotify.com/album/{ID}",
        f"https://open.spotify.com/album/{ID}?si=abc123&nd=1",
        f"https://open.spotify.com/album/{ID}#top",
        f"https://open.spotify.com/album/{ID}/",
        f"https://open.spotify.com/intl-de/album/{ID}?si=abc",
        f"https://open.spotify.com/intl-pt-br/album/{ID}",
        f"http://open.spotify.com/album/{ID}",
        f"open.spotify.com/album/{ID}",
        f"https://play.spotify.com/album/{ID}",
        f"spotify:album:{ID}",
        f"  spotify:album:{ID}\n",
    ],
)
def test_a_link_or_uri_of_an_album_is_understood(text: str) -> None:
    assert parse_release_link(text) == ALBUM_URI
    assert parse_release_link(text.replace("album", "track")) == f"spotify:track:{ID}"


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (f"https://open.spotify.com/prerelease/{ID}", "Countdown Page"),
        (f"spotify:prerelease:{ID}", "Countdown Page"),
        (f"https://open.spotify.com/playlist/{ID}?si=x", "playlist"),
        (f"spotify:artist:{ID}", "artist's page"),
        (f"https://open.spotify.com/episode/{ID}", "episode cannot be pre-saved"),
        (f"https://open.spotify.com/album/{ID[:-1]}", "incomplete"),
        (f"spotify:track:{ID}x", "incomplete"),
        ("", "This is not the link"),
        ("Night Bus", "This is not the link"),
        (f"https://open.spotify.com.example.com/album/{ID}", "This is not the link"),
        (f"https://example.com/?u=https://open.spotify.com/album/{ID}", "This is not the link"),
        (f"https://open.spotify.com/album/{ID}/../{ID}", "This is not the link"),
        (f"javascript:spotify:album:{ID}", "This is not the link"),
        (f"spotify:album:{ID} spotify:album:{ID}", "This is not the link"),
        ("https://spotify.link/abc123", "This is not the link"),
        (UPC, "This is not the link"),
    ],
)
def test_anything_else_is_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(ReleaseLinkError) as caught:
        parse_release_link(text)
    assert advice in str(caught.value)
