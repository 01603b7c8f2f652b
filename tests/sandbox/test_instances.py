"""One release under several ids: relinked tracks, ids that moved, twins, codes as stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.driver import (
    ALBUM_ID,
    ALBUM_URI,
    ISRC,
    TRACK_ID,
    TRACK_URI,
    UPC,
    Sandbox,
    Tokens,
    error_of,
)

PAST = "2026-01-01T00:00:00+00:00"
FUTURE = "2126-01-01T00:00:00+00:00"
OTHER_ID = "1111111111111111111111"
NOT_FOUND = (404, "Resource not found")
HYPHENS = "QZ-AAA-26-00001"


def track_of(sandbox: Sandbox, spotify_id: str = TRACK_ID, market: str = "US") -> Any:
    return sandbox.get(f"/tracks/{spotify_id}", sandbox.app_token(), market=market).json()


def found(sandbox: Sandbox, query: str, kind: str = "album") -> list[str]:
    answer = sandbox.get("/search", sandbox.app_token(), q=query, type=kind, market="US")
    return [item["id"] for item in answer.json()[f"{kind}s"]["items"]]


# Relinked tracks.


def add_relinked(sandbox: Sandbox, **asked: Any) -> None:
    sandbox.add_track(relinked_to=OTHER_ID, **{"release_date": "2026-11-27", **asked})
    sandbox.add_track(id=OTHER_ID, release_date="2024-03-01", unplayable_markets=["DE"])


def test_a_relinked_track_is_answered_with_the_other_one_and_its_date(sandbox: Sandbox) -> None:
    add_relinked(sandbox)
    track = track_of(sandbox)
    assert (track["id"], track["uri"]) == (OTHER_ID, f"spotify:track:{OTHER_ID}")
    assert track["album"]["release_date"] == "2024-03-01"
    assert track["linked_from"] == {
        "external_urls": {"spotify": f"https://open.spotify.com/track/{TRACK_ID}"},
        "href": f"{sandbox.api_url}/tracks/{TRACK_ID}",
        "id": TRACK_ID,
        "type": "track",
        "uri": TRACK_URI,
    }
    playable = [track_of(sandbox, market=market)["is_playable"] for market in ("US", "DE")]
    assert playable == [True, False]


def test_development_mode_does_not_say_that_a_track_is_relinked(sandbox: Sandbox) -> None:
    add_relinked(sandbox)
    sandbox.set(mode="development")
    track = track_of(sandbox)
    assert track["id"] == OTHER_ID
    assert "linked_from" not in track


@pytest.mark.parametrize("asked", [{"available_at": FUTURE}, {"markets": {"US": None}}], ids=str)
def test_a_track_that_is_not_there_is_answered_with_the_other_one_and_not_saved(
    sandbox: Sandbox, asked: dict[str, Any]
) -> None:
    add_relinked(sandbox, **asked)
    assert track_of(sandbox)["id"] == OTHER_ID
    assert sandbox.save(sandbox.consent(), TRACK_URI).status_code == 200
    assert sandbox.library() == {}


def test_a_relinked_track_is_saved_and_found_as_itself(sandbox: Sandbox) -> None:
    add_relinked(sandbox)
    sandbox.save(sandbox.consent(), TRACK_URI)
    assert set(sandbox.library()) == {TRACK_URI}
    assert found(sandbox, f"isrc:{ISRC}", "track") == [TRACK_ID, OTHER_ID]


def test_a_track_is_not_relinked_without_a_market_or_where_the_other_is_not(
    sandbox: Sandbox,
) -> None:
    add_relinked(sandbox)
    fan = sandbox.consent()
    assert sandbox.get(f"/tracks/{TRACK_ID}", fan).json()["id"] == TRACK_ID
    assert sandbox.get(f"/tracks/{TRACK_ID}", fan, market="US").json()["id"] == OTHER_ID
    sandbox.change(f"spotify:track:{OTHER_ID}", markets={"US": None})
    track = track_of(sandbox)
    assert track["id"] == TRACK_ID
    assert "linked_from" not in track


def test_an_album_is_not_relinked(sandbox: Sandbox) -> None:
    body = {"kind": "album", "name": "Night Bus", "relinked_to": OTHER_ID}
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/catalogue", json=body)
    assert answer.json() == {"error": "The field relinked_to is for tracks only."}


# Ids that moved.


def test_an_id_that_moved_is_answered_under_the_new_one(sandbox: Sandbox) -> None:
    sandbox.add_album(moved_to=OTHER_ID)
    sandbox.add_album(id=OTHER_ID)
    app = sandbox.app_token()
    old, new = (
        sandbox.get(f"/albums/{spotify_id}", app, market="US").json()
        for spotify_id in (ALBUM_ID, OTHER_ID)
    )
    assert old == new
    assert new["uri"] == f"spotify:album:{OTHER_ID}"
    assert found(sandbox, f"upc:{UPC}") == found(sandbox, "night bus") == [OTHER_ID]


def test_a_track_that_moved_does_not_say_so(sandbox: Sandbox) -> None:
    sandbox.add_track(moved_to=OTHER_ID)
    sandbox.add_track(id=OTHER_ID)
    track = track_of(sandbox)
    assert track["id"] == OTHER_ID
    assert "linked_from" not in track


def test_saving_an_id_that_moved_has_no_effect(sandbox: Sandbox) -> None:
    sandbox.add_album(moved_to=OTHER_ID)
    sandbox.add_album(id=OTHER_ID)
    fan = sandbox.consent()
    assert sandbox.save(fan, ALBUM_URI).status_code == 200
    assert sandbox.library() == {}
    sandbox.save(fan, f"spotify:album:{OTHER_ID}")
    assert set(sandbox.library()) == {f"spotify:album:{OTHER_ID}"}


def test_an_id_that_moved_is_seen_while_the_new_one_is(sandbox: Sandbox) -> None:
    sandbox.add_album(moved_to=OTHER_ID)
    app = sandbox.app_token()
    assert error_of(sandbox.get(f"/albums/{ALBUM_ID}", app, market="US")) == NOT_FOUND
    sandbox.add_album(id=OTHER_ID, available_at=FUTURE)
    assert error_of(sandbox.get(f"/albums/{ALBUM_ID}", app, market="US")) == NOT_FOUND


def test_an_id_that_died_leaves_its_upc_to_a_new_one(sandbox: Sandbox) -> None:
    sandbox.add_album(removed_at=PAST)
    sandbox.add_album(id=OTHER_ID)
    app = sandbox.app_token()
    assert error_of(sandbox.get(f"/albums/{ALBUM_ID}", app, market="US")) == NOT_FOUND
    assert found(sandbox, f"upc:{UPC}") == [OTHER_ID]


# Twins.


def album_of(sandbox: Sandbox, app: Tokens, spotify_id: str) -> Any:
    return sandbox.get(f"/albums/{spotify_id}", app, market="US").json()


def test_twins_differ_in_their_tracks_being_explicit_alone(sandbox: Sandbox) -> None:
    sandbox.add_album(total_tracks=2, explicit=True)
    sandbox.add_album(total_tracks=2, id=OTHER_ID)
    assert found(sandbox, f"upc:{UPC}") == [ALBUM_ID, OTHER_ID]
    app = sandbox.app_token()
    explicit, clean = album_of(sandbox, app, ALBUM_ID), album_of(sandbox, app, OTHER_ID)
    for field in ("name", "artists", "release_date", "external_ids", "album_type"):
        assert explicit[field] == clean[field]
    told = [[track["explicit"] for track in twin["tracks"]["items"]] for twin in (explicit, clean)]
    assert told == [[True, True], [False, False]]
    assert not {"explicit"} & {*explicit, *clean}


def test_a_track_tells_whether_it_is_explicit(sandbox: Sandbox) -> None:
    sandbox.add_track(explicit=True)
    assert track_of(sandbox)["explicit"] is True


def test_an_isrc_stands_at_the_single_and_at_the_album(sandbox: Sandbox) -> None:
    sandbox.add_track(release_date="2026-10-30")
    sandbox.add_track(
        id=OTHER_ID, album_name="The Album", album_id="2" * 22, release_date="2026-11-27"
    )
    assert found(sandbox, f"isrc:{ISRC}", "track") == [TRACK_ID, OTHER_ID]
    albums = [track_of(sandbox, spotify_id)["album"] for spotify_id in (TRACK_ID, OTHER_ID)]
    told = [(album["album_type"], album["name"], album["release_date"]) for album in albums]
    assert told == [("single", "Last Stop", "2026-10-30"), ("album", "The Album", "2026-11-27")]
    assert albums[1]["id"] == "2" * 22


def test_a_track_can_be_on_a_single_with_a_name_of_its_own(sandbox: Sandbox) -> None:
    sandbox.add_track(album_name="Last Stop - EP", album_type="single")
    album = track_of(sandbox)["album"]
    assert (album["album_type"], album["name"]) == ("single", "Last Stop - EP")


def test_artists_of_one_name_can_be_two(sandbox: Sandbox) -> None:
    sandbox.add_album(artists=["Kino", {"name": "Kino", "id": OTHER_ID}, {"name": "Nika"}])
    artists = album_of(sandbox, sandbox.app_token(), ALBUM_ID)["artists"]
    assert [artist["name"] for artist in artists] == ["Kino", "Kino", "Nika"]
    assert artists[0]["id"] != artists[1]["id"] == OTHER_ID
    assert artists[1]["uri"] == f"spotify:artist:{OTHER_ID}"
    sandbox.add_album(artists="Kino")
    (kino,) = album_of(sandbox, sandbox.app_token(), ALBUM_ID)["artists"]
    assert kino == artists[0]


# Codes as they are stored.


FORMS = [UPC, f"0{UPC}", f"00{UPC}"]


@pytest.mark.parametrize("stored", FORMS)
def test_only_the_digits_as_stored_find_a_upc(sandbox: Sandbox, stored: str) -> None:
    sandbox.add_album(upc=stored)
    assert [form for form in FORMS if found(sandbox, f"upc:{form}")] == [stored]
    album = album_of(sandbox, sandbox.app_token(), ALBUM_ID)
    assert album["external_ids"] == {"upc": stored}


@pytest.mark.parametrize("stored", [HYPHENS, HYPHENS.lower(), ISRC.lower()])
def test_an_isrc_is_found_as_stored_and_in_its_plain_form(sandbox: Sandbox, stored: str) -> None:
    sandbox.add_track(isrc=stored)
    assert track_of(sandbox)["external_ids"] == {"isrc": stored}
    for query in (stored, ISRC):
        assert found(sandbox, f"isrc:{query}", "track") == [TRACK_ID]
    assert found(sandbox, f"isrc:{ISRC[:-1]}", "track") == []


def test_hyphens_do_not_find_an_isrc_that_is_stored_without(sandbox: Sandbox) -> None:
    sandbox.add_track()
    assert found(sandbox, f"isrc:{HYPHENS}", "track") == []


def test_search_can_want_an_isrc_letter_for_letter(sandbox: Sandbox) -> None:
    sandbox.set(isrc_as_stored=True)
    sandbox.add_track(isrc=HYPHENS.lower())
    asked = [ISRC, HYPHENS, HYPHENS.lower()]
    assert [form for form in asked if found(sandbox, f"isrc:{form}", "track")] == [HYPHENS.lower()]


@pytest.mark.parametrize("as_stored", [True, False])
def test_no_code_finds_what_has_none(sandbox: Sandbox, as_stored: bool) -> None:
    sandbox.set(isrc_as_stored=as_stored)
    sandbox.add_album(upc="")
    sandbox.add_track(isrc=None)
    assert found(sandbox, "upc:") == found(sandbox, "isrc:", "track") == []
