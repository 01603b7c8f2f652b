"""Looking the release up with the app's own credentials."""

from __future__ import annotations

import logging
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import requests
from pytest_django import Settings

from campaigns import spotify
from campaigns.models import ErrorReason
from campaigns.models.formats import LONGEST_RELEASE_NAME
from campaigns.spotify import Release, Scope, SpotifyError, catalogue_calls, http
from campaigns.spotify.catalogue_calls import APP_TOKEN
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC, Sandbox


def unpaced() -> None:
    """A permit that is there at once."""


find_by_uri = partial(spotify.find_by_uri, permit=unpaced)
find_by_upc = partial(spotify.find_by_upc, permit=unpaced)
find_by_isrc = partial(spotify.find_by_isrc, permit=unpaced)
FUTURE = "2099-01-01T00:00:00+00:00"
REDIRECTED = f"/v1/albums/{ALBUM_URI.split(':')[2]}"


def failure(sandbox: Sandbox, endpoint: str = "album", **fault: Any) -> SpotifyError:
    sandbox.add_album()
    sandbox.fault(endpoint, **fault)
    with pytest.raises(SpotifyError) as caught:
        find_by_uri(ALBUM_URI, "US")
    return caught.value


def test_an_album_is_found_by_its_uri(sandbox: Sandbox) -> None:
    sandbox.add_album(artists=["Demo Artist", "Guest"], release_date="2026-11-27")
    (album,) = find_by_uri(ALBUM_URI, "US")
    assert album == Release(
        *(ALBUM_URI, UPC, "", "2026-11-27", True, album.artists, "Night Bus", "album", False),
        album_title="Night Bus",
    )
    assert [artist.name for artist in album.artists] == ["Demo Artist", "Guest"]
    assert all(artist.id for artist in album.artists)


def test_a_track_is_found_by_its_uri_with_its_albums_date(sandbox: Sandbox) -> None:
    sandbox.add_track(release_date="2026-11")
    (track,) = find_by_uri(TRACK_URI, "US")
    assert (track.uri, track.isrc, track.release_date) == (TRACK_URI, ISRC, "2026-11")


def test_a_track_is_found_with_its_albums_title(sandbox: Sandbox) -> None:
    sandbox.add_track(album_name="Late Lines")
    (track,) = find_by_uri(TRACK_URI, "US")
    assert (track.title, track.album_title) == ("Night Bus", "Late Lines")


@pytest.mark.parametrize(
    "images",
    [[{"width": 640}], [{"url": "https://i.scdn.co/image/a", "width": "wide"}], [None], [{}]],
)
def test_an_odd_cover_is_none_and_hides_no_release(images: list[Any]) -> None:
    assert catalogue_calls._cover(images) == ""


def test_a_search_reads_ten_results_whatever_total_says(sandbox: Sandbox) -> None:
    """The tenth is the one that is looked for."""
    for number in range(9):
        sandbox.add_track(id=f"{number}" * 22)
    sandbox.add_track()
    assert spotify.lists_track(TRACK_URI, ISRC, "US", unpaced)
    assert len(find_by_isrc(ISRC, "US")) == 10


def test_a_upc_finds_the_album_and_an_isrc_the_track(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_track()
    assert [hit.uri for hit in find_by_upc(UPC, "US")] == [ALBUM_URI]
    assert [hit.upc for hit in find_by_upc(UPC, "US")] == [UPC]
    assert [hit.uri for hit in find_by_isrc(ISRC, "US")] == [TRACK_URI]
    assert find_by_upc("000000000000", "US") == []
    assert find_by_isrc("QZAAA2600009", "US") == []


def test_a_release_that_has_not_appeared_is_not_found(sandbox: Sandbox) -> None:
    sandbox.add_album(available_at=FUTURE)
    sandbox.add_track(available_at=FUTURE)
    assert find_by_uri(ALBUM_URI, "US") == []
    assert find_by_uri(TRACK_URI, "US") == []
    assert find_by_upc(UPC, "US") == []
    assert find_by_isrc(ISRC, "US") == []


@pytest.mark.parametrize(
    "uri",
    [
        *("", "x", f"spotify:album:{'1' * 23}", f"spotify:album:{'1' * 400}"),
        *(f"spotify:artist:{'1' * 22}", f"{ALBUM_URI}\n", "spotify:local:Demo+Artist:::180"),
    ],
)
def test_an_entry_whose_uri_is_none_is_not_a_release(uri: str, sandbox: Sandbox) -> None:
    body = {"uri": uri, "artists": []}
    error = failure(sandbox, status=200, body=body)
    assert error.reason is ErrorReason.UNUSABLE_ANSWER


def test_names_are_without_what_no_database_stores(sandbox: Sandbox) -> None:
    artist = {"id": "1", "name": "Demo\x00 Artist\ud83c"}
    body = {"uri": ALBUM_URI, "name": "Night\x00 Bus\udf19", "artists": [artist]}
    sandbox.fault("album", status=200, body=body)
    (found,) = find_by_uri(ALBUM_URI, "US")
    assert (found.title, found.artists[0].name) == ("Night Bus", "Demo Artist")


def test_of_a_name_without_end_the_beginning_is_read(sandbox: Sandbox) -> None:
    sandbox.add_album(name="La " * 2_000)
    (found,) = find_by_uri(ALBUM_URI, "US")
    assert found.title == ("La " * 2_000)[:LONGEST_RELEASE_NAME]


def test_the_market_decides(sandbox: Sandbox) -> None:
    sandbox.add_album(available_at=FUTURE, markets={"NZ": "2020-01-01T00:00:00+00:00"})
    assert find_by_uri(ALBUM_URI, "US") == find_by_upc(UPC, "US") == []
    assert len(find_by_uri(ALBUM_URI, "NZ")) == len(find_by_upc(UPC, "NZ")) == 1


def test_a_release_that_a_market_cannot_play_says_so(sandbox: Sandbox) -> None:
    sandbox.add_album(unplayable_markets=["US"])
    assert [hit.is_playable for hit in find_by_uri(ALBUM_URI, "US")] == [False]


@pytest.mark.parametrize("given", [UPC, f"0{UPC}", f"00{UPC}"])
def test_each_form_of_a_upc_is_one_call_with_a_permit(given: str, sandbox: Sandbox) -> None:
    permits: list[int] = []
    assert spotify.find_by_upc(given, "US", lambda: permits.append(1)) == []
    assert len(permits) == len(sandbox.calls("search")) == 3


@pytest.mark.parametrize("given", [UPC, f"0{UPC}", f"00{UPC}"])
def test_the_first_form_that_finds_something_is_the_last(given: str, sandbox: Sandbox) -> None:
    """The one that the artist gave is the first."""
    sandbox.add_album(upc=given)
    assert find_by_upc(given, "US")
    assert len(sandbox.calls("search")) == 1


def test_an_isrc_is_asked_for_with_hyphens_too(sandbox: Sandbox) -> None:
    sandbox.add_track(isrc="QZ-AAA-26-00001")
    assert [hit.uri for hit in find_by_isrc(ISRC, "US")] == [TRACK_URI]


@pytest.mark.parametrize("upc", ["", "0", "0" * 14])
def test_zeros_alone_are_not_asked_for(upc: str, sandbox: Sandbox) -> None:
    sandbox.add_album(upc=upc or None)
    assert find_by_upc(upc, "US") == []
    assert sandbox.calls() == []


@pytest.mark.parametrize(
    ("explicit", "found"), [([True, False], True), ([False, False], False), ([], False)]
)
def test_an_album_with_an_explicit_track_is_explicit(
    explicit: list[bool], found: bool, sandbox: Sandbox
) -> None:
    tracks = {"items": [{"explicit": one} for one in explicit]}
    body = {"uri": ALBUM_URI, "artists": [], "tracks": tracks}
    sandbox.fault("album", status=200, body=body)
    assert [hit.is_explicit for hit in find_by_uri(ALBUM_URI, "US")] == [found]


@pytest.mark.parametrize("message", ["invalid id", "Invalid base62 id", "Invalid album id"])
def test_an_id_that_spotify_calls_invalid_is_not_found(message: str, sandbox: Sandbox) -> None:
    body = {"error": {"status": 400, "message": message}}
    sandbox.fault("album", status=400, body=body)
    assert find_by_uri(ALBUM_URI, "US") == []


def test_an_impossible_id_is_not_found(sandbox: Sandbox) -> None:
    assert find_by_uri("spotify:album:0000000000000000000000", "US") == []


@pytest.mark.parametrize(
    ("fault", "reason", "scope", "retry_after"),
    [
        ({"status": 429, "headers": {"Retry-After": "17"}}, "rate_limited", Scope.APP, 17.0),
        ({"status": 429}, "rate_limited", Scope.APP, 30.0),
        ({"status": 500}, "unavailable", Scope.FAN, None),
        ({"status": 502, "body": "<html>"}, "unavailable", Scope.FAN, None),
        ({"status": 403}, "forbidden", Scope.APP, None),
        ({"status": 401}, "access_token_refused", Scope.FAN, None),
        ({"kind": "html"}, "unusable_answer", Scope.FAN, None),
        ({"kind": "empty"}, "unusable_answer", Scope.FAN, None),
        ({"kind": "empty", "status": 204}, "unusable_answer", Scope.FAN, None),
        ({"kind": "redirect", "location": REDIRECTED}, "unusable_answer", Scope.FAN, None),
        ({"kind": "reset_before", "times": None}, "unreachable", Scope.FAN, None),
        ({"status": 500, "body": {"error": "a bare string"}}, "unavailable", Scope.FAN, None),
        ({"status": 400}, "question_refused", Scope.FAN, None),
        ({"status": 400, "body": "<html>"}, "unusable_answer", Scope.FAN, None),
        ({"status": 200, "body": {}}, "unusable_answer", Scope.FAN, None),
        ({"status": 200, "body": []}, "unusable_answer", Scope.FAN, None),
        ({"status": 200, "body": {"uri": "x", "album": 1}}, "unusable_answer", Scope.FAN, None),
    ],
)
def test_a_look_up_that_goes_wrong_is_one_error(
    fault: dict[str, Any],
    reason: str,
    scope: Scope,
    retry_after: float | None,
    sandbox: Sandbox,
) -> None:
    error = failure(sandbox, **fault)
    assert (error.reason, error.scope, error.retry_after) == (reason, scope, retry_after)
    # aiohttp repeats an idempotent call once when its connection breaks.
    assert len(sandbox.calls("album")) == 1 + (fault.get("kind") == "reset_before")


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"albums": None}, {"albums": {}}, {"albums": {"items": [{"id": 1}]}}, []),
        *({"albums": {"items": [{"uri": uri}]}} for uri in ("x", "spotify:album:../me", None)),
    ],
)
def test_a_search_without_hits_where_they_belong_is_one_error(
    body: object, sandbox: Sandbox
) -> None:
    sandbox.fault("search", status=200, body=body)
    with pytest.raises(SpotifyError, match="unusable_answer"):
        find_by_upc(UPC, "US")


@pytest.mark.parametrize(
    ("fault", "reason", "scope", "retry_after"),
    [
        ({"status": 429, "headers": {"Retry-After": "17"}}, "rate_limited", Scope.APP, 17.0),
        ({"status": 503}, "unavailable", Scope.FAN, None),
        ({"status": 503, "body": "<html>"}, "unavailable", Scope.FAN, None),
        ({"status": 400, "body": {"error": "invalid_client"}}, "invalid_client", Scope.APP, None),
        ({"kind": "html"}, "unusable_answer", Scope.FAN, None),
        ({"kind": "empty"}, "unusable_answer", Scope.FAN, None),
        ({"status": 200, "body": {}}, "unusable_answer", Scope.FAN, None),
        ({"kind": "reset_before"}, "unreachable", Scope.FAN, None),
    ],
)
def test_trouble_with_the_apps_own_token_is_one_error(
    fault: dict[str, Any],
    reason: str,
    scope: Scope,
    retry_after: float | None,
    sandbox: Sandbox,
) -> None:
    error = failure(sandbox, "token.client", **fault)
    assert (error.reason, error.scope, error.retry_after) == (reason, scope, retry_after)
    assert sandbox.calls("album") == []


def test_a_wrong_client_secret_concerns_the_whole_app(sandbox: Sandbox, settings: Settings) -> None:
    settings.SPOTIFY_CLIENT_SECRET = "wrong"
    with pytest.raises(SpotifyError, match="invalid_client") as caught:
        find_by_uri(ALBUM_URI, "US")
    assert caught.value.scope is Scope.APP


def test_an_app_token_that_spotify_forgot_is_asked_for_anew(sandbox: Sandbox) -> None:
    sandbox.add_album()
    assert find_by_uri(ALBUM_URI, "US")
    sandbox.post("reset")
    sandbox.add_album()
    with pytest.raises(SpotifyError, match="access_token_refused"):
        find_by_uri(ALBUM_URI, "US")
    assert find_by_uri(ALBUM_URI, "US")


def app_token(sandbox: Sandbox) -> str:
    form = {"grant_type": "client_credentials"}
    answer = requests.post(f"{sandbox.url}/api/token", form, auth=sandbox.client, timeout=10)
    return str(answer.json()["access_token"])


@pytest.mark.parametrize(
    ("lifetime", "asked"),
    [
        ({"expires_in": 3600}, 1),
        ({"expires_in": 10**400}, 1),
        ({"expires_in": 60}, 3),
        ({"expires_in": -1}, 3),
        ({"expires_in": "3600"}, 3),
        ({}, 3),
    ],
    ids=["an hour", "for ever", "a minute", "no time", "a word", "not said"],
)
def test_the_app_token_is_kept_until_shortly_before_it_expires(
    lifetime: dict[str, Any], asked: int, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    body = {"access_token": app_token(sandbox), **lifetime}
    sandbox.fault("token.client", status=200, body=body, times=None)
    before = len(sandbox.calls("token.client"))
    for _ in range(3):
        assert find_by_uri(ALBUM_URI, "US")
    assert len(sandbox.calls("token.client")) - before == asked


def test_threads_that_look_at_once_share_the_app_token(sandbox: Sandbox) -> None:
    sandbox.add_album()
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: find_by_uri(ALBUM_URI, "US"), range(16)))
    asked = len(sandbox.calls("token.client"))
    assert asked <= 8
    assert find_by_uri(ALBUM_URI, "US")
    assert len(sandbox.calls("token.client")) == asked


def test_no_proxy_of_the_environment_sees_a_look_up(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.add_album()
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert find_by_uri(ALBUM_URI, "US")


@pytest.mark.parametrize("endpoint", ["album", "token.client"])
def test_neither_an_error_nor_the_log_holds_a_secret(
    endpoint: str, sandbox: Sandbox, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.add_album()
    with caplog.at_level(logging.DEBUG):
        assert find_by_uri(ALBUM_URI, "US")
        token = APP_TOKEN.current().reveal()
        if endpoint == "token.client":
            APP_TOKEN.forget()
        error = failure(sandbox, endpoint, status=503, body={"error": f"no {token}"})
    told = f"{error!r} {error} {vars(error)} {vars(APP_TOKEN)} {caplog.text}"
    basic = b64encode(":".join(sandbox.client).encode()).decode()
    assert not [
        secret for secret in (token, settings.SPOTIFY_CLIENT_SECRET, basic) if secret in told
    ]


@pytest.mark.parametrize("kind", ["timeout", "slow_body"])
@pytest.mark.parametrize("endpoint", ["album", "token.client"])
def test_a_look_up_has_a_deadline_for_all_of_the_answer(
    endpoint: str, kind: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.3)
    assert failure(sandbox, endpoint, kind=kind, seconds=20).reason == "unreachable"


def test_every_call_of_a_look_up_has_a_permit_of_its_own(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id="1111111111111111111111", name="Another")
    sent: list[int] = []
    spotify.find_by_upc(
        UPC, "US", lambda: sent.append(len(sandbox.calls("search") + sandbox.calls("album")))
    )
    assert sent == [0, 1, 2]


def test_without_a_permit_the_next_call_is_not_sent(sandbox: Sandbox) -> None:
    sandbox.add_album()

    def refuse_the_second() -> None:
        if sandbox.calls("search"):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        spotify.find_by_upc(UPC, "US", refuse_the_second)
    assert sandbox.calls("album") == []
