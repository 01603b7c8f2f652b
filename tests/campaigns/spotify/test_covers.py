"""Covers are fetched from Spotify's picture servers alone, and not without bounds."""

from __future__ import annotations

import pytest

from campaigns.spotify import covers, fetch_cover
from campaigns.spotify.answers import SpotifyError
from tests.sandbox_process import Sandbox


def test_a_cover_is_fetched(sandbox: Sandbox) -> None:
    assert fetch_cover(f"{sandbox.url}/image/300/{'1' * 22}").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/image",
        "https://scdn.co.example/image",
        "https://example.com/i.scdn.co",
        "http://i.scdn.co/image",
        "https://i.scdn.co:8443/image",
        "file:///etc/passwd",
        "https://[broken",
        "",
    ],
)
def test_no_other_server_is_asked(address: str) -> None:
    with pytest.raises(SpotifyError, match="unusable_answer"):
        fetch_cover(address)


def test_what_is_too_large_or_not_there_is_refused(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SpotifyError):
        fetch_cover(f"{sandbox.url}/image/300")
    monkeypatch.setattr(covers, "MOST_BYTES", 100)
    with pytest.raises(SpotifyError):
        fetch_cover(f"{sandbox.url}/image/300/{'1' * 22}")
