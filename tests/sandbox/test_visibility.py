"""What a call sees: windows in which an item shows, and a share of calls that see it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.catalogue import Artist, Item, Window
from tests.sandbox.driver import ALBUM_ID, ALBUM_URI, UPC, Sandbox, Tokens, error_of

PAST = "2026-01-01T00:00:00+00:00"
NEAR_PAST = "2026-01-01T00:00:08+00:00"
FUTURE = "2126-01-01T00:00:00+00:00"
HALF = {"windows": [{"share": 0.5}]}
BLIND = {"windows": [{"share": 0}]}


def item_in(*windows: Window, **details: Any) -> Item:
    artist = Artist("0" * 22, "Demo Artist")
    return Item("album", ALBUM_ID, "Night Bus", [artist], windows=list(windows), **details)


def test_an_item_shows_in_its_windows_and_not_between_them() -> None:
    item = item_in(Window(100.0, 108.0), Window(120.0), available_at=50.0)
    seen = {now: item.is_seen("DE", now) for now in (99.9, 100.0, 107.9, 108.0, 119.9, 120.0, 1e9)}
    assert [now for now, visible in seen.items() if visible] == [100.0, 107.9, 120.0, 1e9]
    assert item.available_markets(107.9) != []
    assert item.available_markets(108.0) == []


def test_a_window_shows_nothing_that_has_not_appeared_in_the_market_or_was_removed() -> None:
    item = item_in(Window(), available_at=100.0, markets={"NZ": 50.0, "US": None}, removed_at=200.0)
    seen = [(market, now) for market in ("NZ", "DE", "US") for now in (60.0, 100.0, 200.0)]
    assert [look for look in seen if item.is_seen(*look)] == [
        ("NZ", 60.0),
        ("NZ", 100.0),
        ("DE", 100.0),
    ]
    assert not item.is_seen(None, 100.0)


def test_of_windows_that_overlap_the_one_that_more_calls_see_counts() -> None:
    item = item_in(Window(share=0.0), Window(closes=10.0))
    assert item.is_seen("DE", 9.0)
    assert not item.is_seen("DE", 10.0)


def test_a_share_of_calls_sees_it_the_same_ones_in_every_run() -> None:
    half = Window(share=0.5)
    runs = {
        seed: [[item.is_seen("DE", 1.0) for _ in range(1000)] for item in twice(half, seed)]
        for seed in (0, 1)
    }
    assert runs[0][0] == runs[0][1]
    assert runs[0] != runs[1]
    assert 450 < sum(runs[0][0]) < 550


def twice(window: Window, seed: int) -> tuple[Item, Item]:
    return item_in(window, seed=seed), item_in(window, seed=seed)


def looks(sandbox: Sandbox, tokens: Tokens) -> list[int]:
    path = f"/albums/{ALBUM_ID}"
    return [sandbox.get(path, tokens, market="US").status_code for _ in range(20)]


def searches(sandbox: Sandbox, tokens: Tokens) -> list[int]:
    query = {"q": f"upc:{UPC}", "type": "album", "market": "US"}
    answers = [sandbox.get("/search", tokens, **query).json() for _ in range(20)]
    return [200 if answer["albums"]["items"] else 404 for answer in answers]


def saves(sandbox: Sandbox, accounts: list[str]) -> list[int]:
    answers = [sandbox.save(sandbox.consent(account), ALBUM_URI) for account in accounts]
    assert {answer.status_code for answer in answers} == {200}
    libraries = sandbox.shown("libraries")
    return [200 if ALBUM_URI in libraries.get(account, {}) else 404 for account in accounts]


def test_reads_searches_and_saves_see_by_the_same_sequence(sandbox: Sandbox) -> None:
    accounts = [f"fan-{number}" for number in range(1, 21)]
    sandbox.script("users", {"count": 20})
    app = sandbox.app_token()
    sandbox.add_album(**HALF)
    seen = looks(sandbox, app)
    assert set(seen) == {200, 404}
    sandbox.add_album(**HALF)
    assert searches(sandbox, app) == seen
    sandbox.add_album(**HALF)
    assert saves(sandbox, accounts) == seen
    sandbox.add_album(**HALF, seed=1)
    assert looks(sandbox, app) != seen


def test_other_searches_take_nothing_from_the_sequence(sandbox: Sandbox) -> None:
    app = sandbox.app_token()
    sandbox.add_album(**HALF)
    seen = looks(sandbox, app)
    sandbox.add_album(**HALF)
    for query in ("upc:000000000000", "isrc:QZAAA2600009", "another name"):
        sandbox.get("/search", app, q=query, type="album,track", market="US")
    assert looks(sandbox, app) == seen


@pytest.mark.parametrize(
    "unseen",
    [
        {"available_at": FUTURE},
        {"removed_at": PAST},
        {"markets": {"US": None}},
        {"windows": [{"from": PAST, "until": NEAR_PAST}, {"from": FUTURE}]},
        BLIND,
    ],
    ids=["not out", "gone", "not in the market", "between windows", "seen by no call"],
)
def test_a_save_of_what_is_not_seen_is_answered_with_200_and_the_library_does_not_hold_it(
    sandbox: Sandbox, unseen: dict[str, Any]
) -> None:
    sandbox.add_album(**unseen)
    fan, app = sandbox.consent(), sandbox.app_token()
    assert error_of(sandbox.get(f"/albums/{ALBUM_ID}", app, market="US"))[0] == 404
    assert set(searches(sandbox, app)) == {404}
    answer = sandbox.save(fan, ALBUM_URI)
    assert (answer.status_code, answer.content) == (200, b"")
    old = sandbox.http.put(f"{sandbox.api_url}/me/albums?ids={ALBUM_ID}", headers=fan.header)
    assert old.status_code == 200
    assert sandbox.library() == {}


def test_what_was_saved_stays_when_the_item_goes_out_of_sight(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.save(sandbox.consent(), ALBUM_URI)
    assert sandbox.change(ALBUM_URI, **BLIND).status_code == 200
    assert set(sandbox.library()) == {ALBUM_URI}


def test_an_item_is_changed_in_single_fields(sandbox: Sandbox) -> None:
    sandbox.add_album(artists=[{"name": "Kino", "id": "1" * 22}], markets={"NZ": PAST}, **HALF)
    (before,) = sandbox.shown("catalogue")["items"]
    assert before["windows"] == [
        {"from": "1970-01-01T00:00:00.000000+00:00", "until": None, "share": 0.5}
    ]
    changed = sandbox.change(ALBUM_URI, upc=None, windows=[{"from": PAST, "until": FUTURE}])
    assert changed.status_code == 200
    (after,) = sandbox.shown("catalogue")["items"]
    assert {name for name in before if before[name] != after[name]} == {"upc", "windows"}


@pytest.mark.parametrize(
    ("uri", "change", "sentence"),
    [
        ("spotify:album:" + "2" * 22, {}, "The catalogue holds no item with this URI."),
        (ALBUM_URI, {"id": "2" * 22}, "An item keeps its kind and id"),
        (ALBUM_URI, {"colour": 1}, "Unknown field: colour."),
        (ALBUM_URI, {"windows": [{"share": 2}]}, "The field windows must be a number from 0"),
        (ALBUM_URI, {"windows": [{"since": PAST}]}, "The field windows must be one of from"),
        (ALBUM_URI, {"windows": [{"from": "2026-01-01"}]}, "The field windows must be an ISO"),
        (ALBUM_URI, {"windows": {}}, "The field windows must be a list"),
    ],
)
def test_a_wrong_change_is_told_what_to_change_and_leaves_the_item(
    sandbox: Sandbox, uri: str, change: dict[str, Any], sentence: str
) -> None:
    sandbox.add_album()
    before = sandbox.shown("catalogue")
    answer = sandbox.change(uri, **change)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)
    assert sandbox.shown("catalogue") == before
