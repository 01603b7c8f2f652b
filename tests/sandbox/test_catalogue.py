"""Albums, tracks and search: what has appeared, where, and for whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.catalogue import Artist, Item
from tests.sandbox.driver import ALBUM_ID, ISRC, TRACK_ID, UPC, Sandbox, Tokens, error_of

PAST = "2026-01-01T00:00:00+00:00"
FUTURE = "2126-01-01T00:00:00Z"
NOT_FOUND = (404, "Resource not found")
ARTIST = Artist("0" * 22, "Demo Artist")


def test_an_album_carries_its_upc(sandbox: Sandbox) -> None:
    sandbox.add_album(artists=["One", "Two"], album_type="single", total_tracks=2)
    album = sandbox.get(f"/albums/{ALBUM_ID}", sandbox.app_token(), market="DE").json()
    assert album["external_ids"] == {"upc": UPC}
    assert [artist["name"] for artist in album["artists"]] == ["One", "Two"]
    assert album["uri"] == f"spotify:album:{ALBUM_ID}"
    assert album["tracks"]["total"] == album["total_tracks"] == 2


def test_a_track_carries_its_isrc(sandbox: Sandbox) -> None:
    sandbox.add_track(release_date="2026")
    track = sandbox.get(f"/tracks/{TRACK_ID}", sandbox.app_token(), market="DE").json()
    assert track["external_ids"] == {"isrc": ISRC}
    assert track["album"]["release_date_precision"] == "year"


def test_an_unknown_id_is_not_found(sandbox: Sandbox) -> None:
    app = sandbox.app_token()
    assert error_of(sandbox.get(f"/albums/{ALBUM_ID}", app, market="DE")) == NOT_FOUND
    assert error_of(sandbox.get(f"/tracks/{TRACK_ID}", app, market="DE")) == NOT_FOUND


def test_an_item_appears_from_its_moment_on(sandbox: Sandbox) -> None:
    app = sandbox.app_token()
    sandbox.add_album(available_at=FUTURE)
    assert error_of(sandbox.get(f"/albums/{ALBUM_ID}", app, market="DE")) == NOT_FOUND
    assert found(sandbox, app, f"upc:{UPC}") == []
    sandbox.add_album(available_at=PAST)
    assert sandbox.get(f"/albums/{ALBUM_ID}", app, market="DE").status_code == 200
    assert found(sandbox, app, f"upc:{UPC}") == [ALBUM_ID]


def test_the_moment_itself_counts_as_available() -> None:
    item = Item("album", ALBUM_ID, "Night Bus", [ARTIST], available_at=100.0)
    assert not item.is_available("DE", 99.999)
    assert item.is_available("DE", 100.0)
    local = replace(item, markets={"NZ": 50.0, "US": 150.0, "CN": None})
    assert [market for market in ("NZ", "DE", "US", "CN") if local.is_available(market, 120.0)] == [
        "NZ",
        "DE",
    ]
    assert not replace(item, removed_at=200.0).is_available("DE", 200.0)


def test_a_market_can_have_its_own_moment(sandbox: Sandbox) -> None:
    app = sandbox.app_token()
    sandbox.add_album(available_at=FUTURE, markets={"NZ": PAST})
    assert sandbox.get(f"/albums/{ALBUM_ID}", app, market="NZ").status_code == 200
    assert sandbox.get(f"/albums/{ALBUM_ID}", app, market="DE").status_code == 404


def test_a_removed_item_is_gone(sandbox: Sandbox) -> None:
    app = sandbox.app_token()
    sandbox.add_album(available_at=PAST, removed_at=PAST)
    assert sandbox.get(f"/albums/{ALBUM_ID}", app, market="DE").status_code == 404
    sandbox.add_album()
    assert sandbox.get(f"/albums/{ALBUM_ID}", app, market="DE").status_code == 200
    uri = f"spotify:album:{ALBUM_ID}"
    assert sandbox.http.delete(f"{sandbox.url}/_sandbox/catalogue/{uri}").status_code == 200
    assert sandbox.get(f"/albums/{ALBUM_ID}", app, market="DE").status_code == 404
    assert sandbox.http.delete(f"{sandbox.url}/_sandbox/catalogue/{uri}").status_code == 404


def test_without_a_market_an_app_finds_nothing(sandbox: Sandbox) -> None:
    app = sandbox.app_token()
    sandbox.add_album()
    assert error_of(sandbox.get(f"/albums/{ALBUM_ID}", app)) == NOT_FOUND
    answer = sandbox.get("/search", app, q=f"upc:{UPC}", type="album")
    assert answer.json()["albums"]["items"] == []


def test_a_fans_country_wins_over_the_market(sandbox: Sandbox) -> None:
    sandbox.script("users", {"accounts": [{"id": "kiwi", "country": "NZ"}]})
    fan = sandbox.consent("kiwi")
    sandbox.add_album(available_at=FUTURE, markets={"NZ": PAST})
    assert sandbox.get(f"/albums/{ALBUM_ID}", fan).status_code == 200
    assert sandbox.get(f"/albums/{ALBUM_ID}", fan, market="DE").status_code == 200


def test_is_playable_is_told_only_for_a_market(sandbox: Sandbox) -> None:
    sandbox.add_album(unplayable_markets=["DE"])
    fan = sandbox.consent()
    assert "is_playable" not in sandbox.get(f"/albums/{ALBUM_ID}", fan).json()
    app = sandbox.app_token()
    here = sandbox.get(f"/albums/{ALBUM_ID}", app, market="FR").json()
    there = sandbox.get(f"/albums/{ALBUM_ID}", app, market="DE").json()
    assert here["is_playable"] is True
    assert there["is_playable"] is False
    assert there["restrictions"] == {"reason": "market"}


def test_a_market_from_the_token_needs_another_scope(sandbox: Sandbox) -> None:
    sandbox.add_album()
    path = f"/albums/{ALBUM_ID}"
    refused = sandbox.get(path, sandbox.consent(), market="from_token")
    assert error_of(refused) == (403, "Insufficient client scope")
    private = sandbox.consent("fan-2", scope="user-read-private")
    assert sandbox.get(path, private, market="from_token").json()["is_playable"] is True


@pytest.mark.parametrize("id_", ["x", ALBUM_ID[:-1], f"{ALBUM_ID}x", f"{ALBUM_ID[:-1]}_"])
def test_a_malformed_id_is_refused(sandbox: Sandbox, id_: str) -> None:
    for path in (f"/albums/{id_}", f"/tracks/{id_}"):
        answer = sandbox.get(path, sandbox.app_token(), market="DE")
        assert error_of(answer) == (400, "Invalid base62 id")


def test_a_upc_finds_every_album_that_has_it_and_no_track(sandbox: Sandbox) -> None:
    app, other = sandbox.app_token(), "1" * 22
    sandbox.add_album()
    sandbox.add_album(id=other)
    sandbox.add_album(id="2" * 22, upc="000000000000")
    assert found(sandbox, app, f"upc:{UPC}") == [ALBUM_ID, other]
    sandbox.add_track(upc=UPC)
    assert found(sandbox, app, f"upc:{UPC}", "track") == []


def test_an_isrc_finds_tracks_with_a_total_of_zero(sandbox: Sandbox) -> None:
    app = sandbox.app_token()
    sandbox.add_track()
    sandbox.add_track(id="1" * 22)
    assert len(found(sandbox, app, f"isrc:{ISRC.lower()}", "track")) == 2
    page = sandbox.get("/search", app, q=f"isrc:{ISRC}", type="track", market="DE").json()
    assert page["tracks"]["total"] == 0


def test_words_find_names_and_types_can_be_combined(sandbox: Sandbox) -> None:
    sandbox.add_album(name="Night Bus")
    sandbox.add_track(name="Night Train")
    answer = sandbox.get(
        "/search", sandbox.app_token(), q="night", type="album,track,artist", market="DE"
    )
    sizes = {kind: len(page["items"]) for kind, page in answer.json().items()}
    assert sizes == {"albums": 1, "tracks": 1, "artists": 0}


def found(sandbox: Sandbox, tokens: Tokens, query: str, kind: str = "album") -> list[str]:
    answer = sandbox.get("/search", tokens, q=query, type=kind, market="DE")
    return [item["id"] for item in answer.json()[f"{kind}s"]["items"]]


def test_development_mode_answers_at_most_ten_results(sandbox: Sandbox) -> None:
    app = sandbox.app_token()
    for number in range(12):
        sandbox.add_album(id=f"{number:022}")
    assert len(found(sandbox, app, f"upc:{UPC}")) == 12
    sandbox.set(mode="development")
    assert len(found(sandbox, app, f"upc:{UPC}")) == 5
    query = {"q": f"upc:{UPC}", "type": "album", "market": "DE"}
    ten = sandbox.get("/search", app, **query, limit=10).json()["albums"]
    assert len(ten["items"]) == 10
    refused = sandbox.get("/search", app, **query, limit=11)
    assert error_of(refused) == (400, "Invalid limit")
    rest = sandbox.get("/search", app, **query, limit=10, offset=10).json()["albums"]
    assert len(rest["items"]) == 2


@pytest.mark.parametrize(
    "query",
    [
        {"type": "album"},
        {"q": "x"},
        {"q": "x", "type": "song"},
        {"q": "x", "type": "album", "limit": "0"},
        {"q": "x", "type": "album", "limit": "many"},
        {"q": "x", "type": "album", "limit": "10", "offset": "991"},
    ],
)
def test_a_malformed_search_is_refused(sandbox: Sandbox, query: dict[str, str]) -> None:
    assert error_of(sandbox.get("/search", sandbox.app_token(), **query))[0] == 400


def test_development_mode_leaves_out_the_removed_fields(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_track()
    app = sandbox.app_token()
    paths = (f"/albums/{ALBUM_ID}", f"/tracks/{TRACK_ID}")
    extended = [set(sandbox.get(path, app, market="DE").json()) for path in paths]
    sandbox.set(mode="development")
    reduced = [set(sandbox.get(path, app, market="DE").json()) for path in paths]
    assert extended[0] - reduced[0] == {"label", "popularity", "available_markets"}
    assert extended[1] - reduced[1] == {"popularity", "available_markets"}
    assert "external_ids" in reduced[0] & reduced[1]
