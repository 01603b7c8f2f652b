"""Saving into the library, and who may call the Web API at all."""

from __future__ import annotations

import pytest

from tests.sandbox.driver import (
    ALBUM_ID,
    ALBUM_URI,
    SAVE_SCOPE,
    TRACK_ID,
    TRACK_URI,
    Sandbox,
    Tokens,
    error_of,
)

UNLISTED = (403, "User not registered in the Developer Dashboard")
FORBIDDEN_SCOPE = (403, "Insufficient client scope")
FUTURE = "2126-01-01T00:00:00Z"


@pytest.fixture
def fan(sandbox: Sandbox) -> Tokens:
    sandbox.add_album()
    sandbox.add_track()
    return sandbox.consent()


def test_albums_and_tracks_are_saved_in_one_call(sandbox: Sandbox, fan: Tokens) -> None:
    answer = sandbox.save(fan, ALBUM_URI, TRACK_URI)
    assert (answer.status_code, answer.content) == (200, b"")
    assert set(sandbox.library("fan-1")) == {ALBUM_URI, TRACK_URI}
    assert sandbox.library("fan-2") == {}


def test_colons_may_be_raw_or_escaped(sandbox: Sandbox, fan: Tokens) -> None:
    raw = f"{sandbox.api_url}/me/library?uris={ALBUM_URI}"
    escaped = f"{sandbox.api_url}/me/library?uris={TRACK_URI.replace(':', '%3A')}"
    assert sandbox.http.put(raw, headers=fan.header).status_code == 200
    assert sandbox.http.put(escaped, headers=fan.header).status_code == 200
    assert set(sandbox.library()) == {ALBUM_URI, TRACK_URI}


def test_saving_again_keeps_the_first_time(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.save(fan, ALBUM_URI)
    first = sandbox.library()
    assert sandbox.save(fan, ALBUM_URI).status_code == 200
    assert sandbox.library() == first


def test_an_unknown_id_is_answered_with_200_and_saves_nothing(
    sandbox: Sandbox, fan: Tokens
) -> None:
    answer = sandbox.save(fan, "spotify:album:0000000000000000000000")
    assert (answer.status_code, answer.content) == (200, b"")
    assert sandbox.library() == {}


def test_an_item_that_has_not_appeared_is_answered_with_200_and_saves_nothing(
    sandbox: Sandbox, fan: Tokens
) -> None:
    sandbox.add_album(available_at=FUTURE)
    assert sandbox.save(fan, ALBUM_URI).status_code == 200
    assert sandbox.library() == {}


@pytest.mark.parametrize(
    ("uris", "message"),
    [
        ("", "Missing required field: uris"),
        (ALBUM_ID, "Invalid Spotify URI"),
        (f"spotify:album:{ALBUM_ID}x", "Invalid Spotify URI"),
        (f"{ALBUM_URI},", "Invalid Spotify URI"),
        (f"https://open.spotify.com/album/{ALBUM_ID}", "Invalid Spotify URI"),
        (f"spotify:prerelease:{ALBUM_ID}", "Unsupported URI type: prerelease"),
        (",".join([ALBUM_URI] * 41), "Too many uris requested"),
    ],
)
def test_malformed_uris_are_refused_and_nothing_is_saved(
    sandbox: Sandbox, fan: Tokens, uris: str, message: str
) -> None:
    assert error_of(sandbox.save(fan, uris)) == (400, message)
    assert sandbox.library() == {}


def test_forty_uris_are_accepted(sandbox: Sandbox, fan: Tokens) -> None:
    assert sandbox.save(fan, *[ALBUM_URI] * 40).status_code == 200


def test_uris_in_the_body_are_not_seen(sandbox: Sandbox, fan: Tokens) -> None:
    answer = sandbox.http.put(
        f"{sandbox.api_url}/me/library", json={"uris": [ALBUM_URI]}, headers=fan.header
    )
    assert error_of(answer) == (400, "Missing required field: uris")


def test_an_empty_body_beside_the_query_is_fine(sandbox: Sandbox, fan: Tokens) -> None:
    url = f"{sandbox.api_url}/me/library?uris={ALBUM_URI}"
    assert sandbox.http.put(url, json={}, headers=fan.header).status_code == 200


def test_every_kind_of_uri_needs_its_scope(sandbox: Sandbox, fan: Tokens) -> None:
    reader = sandbox.consent("fan-2", scope="user-library-read")
    assert error_of(sandbox.save(reader, ALBUM_URI)) == FORBIDDEN_SCOPE
    assert error_of(sandbox.save(fan, f"spotify:playlist:{ALBUM_ID}")) == FORBIDDEN_SCOPE
    assert error_of(sandbox.save(fan, "spotify:user:someone")) == FORBIDDEN_SCOPE
    assert sandbox.save(fan, f"spotify:show:{ALBUM_ID}").status_code == 200
    assert sandbox.library("fan-2") == {}


def test_the_library_cannot_be_read_at_its_own_address(sandbox: Sandbox, fan: Tokens) -> None:
    answer = sandbox.get("/me/library", fan)
    assert error_of(answer)[0] == 405
    assert answer.headers["Allow"] == "PUT"


def test_contains_needs_the_scope_to_read(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.save(fan, ALBUM_URI)
    uris = f"{ALBUM_URI},{TRACK_URI}"
    assert error_of(sandbox.get("/me/library/contains", fan, uris=uris)) == FORBIDDEN_SCOPE
    reader = sandbox.consent(scope="user-library-read")
    assert sandbox.get("/me/library/contains", reader, uris=uris).json() == [True, False]


def test_the_older_endpoints_save_with_extended_quota(sandbox: Sandbox, fan: Tokens) -> None:
    albums, tracks = f"{sandbox.api_url}/me/albums", f"{sandbox.api_url}/me/tracks"
    assert sandbox.http.put(f"{albums}?ids={ALBUM_ID}", headers=fan.header).status_code == 200
    answer = sandbox.http.put(tracks, json={"ids": [TRACK_ID]}, headers=fan.header)
    assert answer.status_code == 200
    assert set(sandbox.library()) == {ALBUM_URI, TRACK_URI}
    assert sandbox.http.put(tracks, json={"ids": [7]}, headers=fan.header).status_code == 400
    assert sandbox.http.put(tracks, data=b"{", headers=fan.header).status_code == 400
    assert sandbox.http.put(tracks, headers=fan.header).status_code == 400


@pytest.mark.parametrize("path", ["/me/albums", "/me/tracks"])
def test_the_older_endpoints_are_closed_in_development_mode(
    sandbox: Sandbox, fan: Tokens, path: str
) -> None:
    sandbox.set(mode="development")
    url = f"{sandbox.api_url}{path}?ids={ALBUM_ID}"
    assert sandbox.http.put(url, headers=fan.header).status_code == 403
    assert sandbox.library() == {}


def test_an_unlisted_fan_consents_and_is_then_refused_in_development_mode(
    sandbox: Sandbox,
) -> None:
    sandbox.add_album()
    sandbox.script("users", {"accounts": [{"id": "stranger", "listed": False}]})
    sandbox.set(mode="development")
    stranger = sandbox.consent("stranger")
    assert error_of(sandbox.get("/me", stranger)) == UNLISTED
    assert error_of(sandbox.save(stranger, ALBUM_URI)) == UNLISTED
    assert sandbox.save(sandbox.consent("fan-1"), ALBUM_URI).status_code == 200
    assert set(sandbox.shown("libraries")) == {"fan-1"}


def test_a_lapsed_premium_stops_the_whole_app(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.set(premium_lapsed=True)
    expected = (403, "Active premium subscription required for the owner of the app")
    assert error_of(sandbox.save(fan, ALBUM_URI)) == expected
    assert error_of(sandbox.get("/search", sandbox.app_token(), q="x", type="album")) == expected


def test_a_call_without_a_good_token_is_refused(sandbox: Sandbox) -> None:
    assert error_of(sandbox.http.get(f"{sandbox.api_url}/me")) == (401, "No token provided")
    made_up = Tokens("made-up", "")
    assert error_of(sandbox.get("/me", made_up)) == (401, "Invalid access token")
    assert error_of(sandbox.save(made_up, ALBUM_URI)) == (401, "Invalid access token")


def test_me_shows_more_only_for_more_scopes(sandbox: Sandbox, fan: Tokens) -> None:
    profile = sandbox.get("/me", fan).json()
    assert profile["id"] == "fan-1"
    assert not {"email", "country", "product"} & set(profile)
    curious = sandbox.consent("fan-2", scope=f"{SAVE_SCOPE} user-read-email user-read-private")
    assert {"email", "country", "product"} < set(sandbox.get("/me", curious).json())


def test_an_unknown_address_is_answered_in_spotifys_form(sandbox: Sandbox, fan: Tokens) -> None:
    assert error_of(sandbox.get("/me/nothing", fan)) == (404, "Service not found")
