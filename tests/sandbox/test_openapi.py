"""Every answer fits Spotify's published schemas (an excerpt of the OpenAPI description)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from openapi_core.validation.response.exceptions import InvalidData

from tests.sandbox.driver import (
    ALBUM_ID,
    ALBUM_URI,
    ISRC,
    TRACK_ID,
    TRACK_URI,
    UPC,
    Sandbox,
    Tokens,
)

EXCERPT = Path(__file__).parents[1] / "data" / "spotify-openapi.yml"
READ_SCOPE = "user-library-modify user-library-read user-read-email user-read-private"


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    # The whole file can be put in the excerpt's place to compare with a newer one.
    path = os.environ.get("SPOTIFY_OPENAPI", str(EXCERPT))
    parsed: dict[str, Any] = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    return parsed


@pytest.fixture
def spotify(sandbox: Sandbox, description: dict[str, Any]) -> Validator:
    sandbox.add_album(total_tracks=3)
    sandbox.add_track()
    return Validator(sandbox, description)


class Validator:
    """Sends one request and holds its answer against the description."""

    def __init__(self, sandbox: Sandbox, description: dict[str, Any]) -> None:
        self.sandbox = sandbox
        self.openapi = OpenAPI.from_dict({**description, "servers": [{"url": sandbox.api_url}]})

    def ask(self, method: str, path: str, tokens: Tokens, **query: str | int) -> Any:
        request = requests.Request(
            method, f"{self.sandbox.api_url}{path}", params=query, headers=tokens.header
        )
        response = self.sandbox.http.send(request.prepare())
        self.openapi.validate_response(
            RequestsOpenAPIRequest(request), RequestsOpenAPIResponse(response)
        )
        return response


@pytest.mark.parametrize("query", [{"market": "DE"}, {"market": "FR"}])
@pytest.mark.parametrize("path", [f"/albums/{ALBUM_ID}", f"/tracks/{TRACK_ID}"])
def test_albums_and_tracks_fit(spotify: Validator, path: str, query: dict[str, str]) -> None:
    spotify.sandbox.add_album(unplayable_markets=["FR"], album_type="compilation")
    spotify.sandbox.add_track(unplayable_markets=["FR"], album_name="Night Bus", isrc=None)
    assert spotify.ask("GET", path, spotify.sandbox.app_token(), **query).status_code == 200


@pytest.mark.parametrize("path", [f"/albums/{ALBUM_ID}", f"/tracks/{TRACK_ID}"])
def test_odd_albums_and_tracks_fit(spotify: Validator, path: str) -> None:
    """Relinked, moved, explicit, with codes in other forms and artists with ids of their own."""
    other, artists = "1" * 22, [{"name": "Kino", "id": "2" * 22}, "Guest"]
    spotify.sandbox.add_album(moved_to=other)
    spotify.sandbox.add_album(
        id=other, artists=artists, explicit=True, upc=f"00{UPC}", windows=[{"share": 1}]
    )
    spotify.sandbox.add_track(relinked_to=other)
    spotify.sandbox.add_track(id=other, artists=artists, explicit=True, isrc="qz-aaa-26-00001")
    answer = spotify.ask("GET", path, spotify.sandbox.app_token(), market="DE").json()
    assert answer["id"] == other
    assert ("linked_from" in answer) == path.startswith("/tracks")


def test_search_results_fit(spotify: Validator) -> None:
    app = spotify.sandbox.app_token()
    for query in (f"upc:{UPC}", f"isrc:{ISRC}", "night", "nothing at all"):
        answer = spotify.ask("GET", "/search", app, q=query, type="album,track", market="DE")
        assert answer.status_code == 200


def test_the_profile_fits(spotify: Validator) -> None:
    for scope in ("user-library-modify", READ_SCOPE):
        answer = spotify.ask("GET", "/me", spotify.sandbox.consent(scope=scope))
        assert answer.status_code == 200


def test_the_library_fits(spotify: Validator) -> None:
    fan = spotify.sandbox.consent(scope=READ_SCOPE)
    uris = f"{ALBUM_URI},{TRACK_URI}"
    assert spotify.ask("PUT", "/me/library", fan, uris=uris).status_code == 200
    assert spotify.ask("GET", "/me/library/contains", fan, uris=uris).json() == [True, True]
    assert spotify.ask("PUT", "/me/albums", fan, ids=ALBUM_ID).status_code == 200
    assert spotify.ask("PUT", "/me/tracks", fan, ids=TRACK_ID).status_code == 200


@pytest.mark.parametrize("path", ["/me", f"/albums/{ALBUM_ID}", f"/tracks/{TRACK_ID}"])
def test_refusals_fit(spotify: Validator, path: str) -> None:
    sandbox, fan = spotify.sandbox, spotify.sandbox.consent()
    assert spotify.ask("GET", path, Tokens("made-up", "")).status_code == 401
    sandbox.set(premium_lapsed=True)
    assert spotify.ask("GET", path, fan).status_code == 403
    sandbox.set(rate_limit=0)
    assert spotify.ask("GET", path, fan).status_code == 429
    sandbox.set(quota_retry_after=50_000)
    assert spotify.ask("GET", path, fan).status_code == 429


def test_refused_saves_fit(spotify: Validator) -> None:
    sandbox, query = spotify.sandbox, {"uris": ALBUM_URI}
    reader = sandbox.consent(scope="user-library-read")
    assert spotify.ask("PUT", "/me/library", reader, **query).status_code == 403
    assert spotify.ask("PUT", "/me/library", Tokens("made-up", ""), **query).status_code == 401
    sandbox.set(rate_limit=0)
    assert spotify.ask("PUT", "/me/library", reader, **query).status_code == 429


def test_a_malformed_save_is_the_one_answer_that_differs(spotify: Validator) -> None:
    """The description has the bare error object; Spotify was measured to wrap it in `error`."""
    fan = spotify.sandbox.consent()
    with pytest.raises(InvalidData):
        spotify.ask("PUT", "/me/library", fan, uris="wrong")
    wrapped = spotify.sandbox.save(fan, "wrong").json()["error"]
    assert set(wrapped) == {"status", "message"}


def test_an_answer_that_does_not_fit_is_noticed(spotify: Validator) -> None:
    app = spotify.sandbox.app_token()
    spotify.sandbox.set(mode="development")  # leaves out fields that the description requires
    with pytest.raises(InvalidData):
        spotify.ask("GET", f"/albums/{ALBUM_ID}", app, market="DE")
