"""The control API: scripts, the call log and what a wrong script is told."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest
import requests

from sandbox import calls
from sandbox.calls import Call, CallLog
from tests.sandbox.driver import ALBUM_ID, ALBUM_URI, CLIENT, UPC, Sandbox, Tokens


def test_reset_forgets_everything(sandbox: Sandbox) -> None:
    sandbox.add_album()
    fan = sandbox.consent()
    sandbox.save(fan, ALBUM_URI)
    sandbox.set(mode="development")
    sandbox.script("users", {"count": 3, "prefix": "x-"})
    sandbox.fault("*", "status")
    sandbox.script("reset")
    assert sandbox.shown("libraries") == {}
    assert sandbox.shown("catalogue") == {"items": []}
    assert sandbox.shown("faults") == {"faults": []}
    assert sandbox.shown("settings")["mode"] == "extended"
    assert sandbox.shown("summary")["calls"] == 0
    assert len(sandbox.shown("users")["accounts"]) == 5
    assert sandbox.get("/me", fan).status_code == 401


def test_accounts_are_added_by_name_or_by_number(sandbox: Sandbox) -> None:
    named = {"id": "anna", "display_name": "Anna", "listed": False}
    sandbox.script("users", {"accounts": [named]})
    answer = sandbox.script("users", {"count": 200, "prefix": "crowd-"})
    assert answer == {"added": 200, "accounts": 206}
    accounts = {account["id"]: account for account in sandbox.shown("users")["accounts"]}
    assert accounts["anna"] == {**named, "country": "US"}
    assert accounts["crowd-200"]["listed"] is True
    assert sandbox.get("/me", sandbox.consent("crowd-200")).json()["id"] == "crowd-200"


def test_many_accounts_consent_at_once(sandbox: Sandbox) -> None:
    sandbox.add_album()
    body = {"count": 200, "prefix": "crowd-", "scope": "user-library-modify"}
    tokens = sandbox.script("consents", body)["refresh_tokens"]
    assert len(set(tokens.values())) == 200
    assert len(sandbox.shown("users")["accounts"]) == 205
    assert sandbox.shown("calls")["calls"] == []
    refreshed = sandbox.refresh(Tokens("", tokens["crowd-200"])).json()
    assert sandbox.save(Tokens(refreshed["access_token"], ""), ALBUM_URI).status_code == 200
    assert set(sandbox.shown("libraries")) == {"crowd-200"}


def test_an_account_that_is_known_keeps_its_name_when_it_consents(sandbox: Sandbox) -> None:
    before = sandbox.shown("users")
    body = {"count": 5, "scope": "user-library-modify"}
    assert set(sandbox.script("consents", body)["refresh_tokens"]) == {
        f"fan-{number}" for number in range(1, 6)
    }
    assert sandbox.shown("users") == before


def test_an_item_gets_an_id_and_a_moment_if_none_is_given(sandbox: Sandbox) -> None:
    before = time.time()
    item = sandbox.script("catalogue", {"kind": "album", "name": "Night Bus"})["items"][0]
    assert item["uri"] == f"spotify:album:{item['id']}"
    assert len(item["id"]) == 22
    assert datetime.fromisoformat(item["available_at"]).timestamp() >= before - 1
    album = sandbox.get(f"/albums/{item['id']}", sandbox.app_token(), market="US")
    assert album.json()["name"] == "Night Bus"


def test_several_items_can_be_added_and_all_be_removed(sandbox: Sandbox) -> None:
    names = ["One", "Two"]
    sandbox.script("catalogue", [{"kind": "track", "name": name} for name in names])
    assert [item["name"] for item in sandbox.shown("catalogue")["items"]] == names
    assert sandbox.http.delete(f"{sandbox.url}/_sandbox/catalogue").status_code == 200
    assert sandbox.shown("catalogue") == {"items": []}


def test_libraries_tell_what_was_saved_and_when(sandbox: Sandbox) -> None:
    sandbox.add_album()
    before = time.time()
    sandbox.save(sandbox.consent("fan-4"), ALBUM_URI)
    libraries = sandbox.shown("libraries")
    assert set(libraries) == {"fan-4"}
    saved_at = datetime.fromisoformat(libraries["fan-4"][ALBUM_URI]).timestamp()
    assert before - 1 <= saved_at <= time.time() + 1
    assert sandbox.shown("libraries/fan-4") == libraries["fan-4"]
    assert sandbox.http.get(f"{sandbox.url}/_sandbox/libraries/nobody").status_code == 404


def test_the_log_tells_every_call_in_order(sandbox: Sandbox) -> None:
    sandbox.add_album()
    fan = sandbox.consent("fan-2")
    sandbox.save(fan, ALBUM_URI)
    sandbox.http.get(f"{sandbox.api_url}/me")
    logged = sandbox.shown("calls")["calls"]
    assert [(call["endpoint"], call["account"], call["status"]) for call in logged] == [
        ("authorize", "fan-2", 302),
        ("token.code", "fan-2", 200),
        ("library", "fan-2", 200),
        ("me", None, 401),
    ]
    assert [call["seq"] for call in logged] == [1, 2, 3, 4]
    assert logged[2]["uris"] == [ALBUM_URI]
    assert datetime.fromisoformat(logged[2]["at"]).microsecond >= 0


def test_the_log_is_read_in_parts(sandbox: Sandbox) -> None:
    app = sandbox.app_token()
    for _ in range(4):
        sandbox.get("/me", app)
    first = sandbox.shown("calls?since=1&limit=3")
    assert [call["seq"] for call in first["calls"]] == [2, 3, 4]
    assert first["more"] is True
    rest = sandbox.shown(f"calls?since={first['next_since']}&limit=3")
    assert [call["seq"] for call in rest["calls"]] == [5]
    assert rest["more"] is False
    assert sandbox.shown("calls?since=5")["calls"] == []
    assert sandbox.http.get(f"{sandbox.url}/_sandbox/calls?since=x").status_code == 400


def test_the_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_CALLS_KEPT", 10)
    monkeypatch.setattr(calls, "DROPPED_AT_ONCE", 4)
    log = CallLog()
    for _ in range(11):
        log.append(call_at(0.0))
    assert [call.seq for call in log.since(0, 100, None)] == list(range(5, 12))
    assert [call.seq for call in log.since(9, 100, None)] == [10, 11]
    assert log.summary()["calls"] == 11


def test_the_summary_finds_the_busiest_thirty_seconds() -> None:
    log = CallLog()
    for at in (0.0, 29.9, 100.0, 110.0, 129.9, 130.0, 5.0):
        log.append(call_at(at))
    log.append(call_at(111.0, lane="token"))
    assert log.summary()["most_api_calls_in_30_seconds"] == 3


def call_at(at: float, lane: str = "api") -> Call:
    return Call(0, at, lane, "me", None, 200, (), False, None, None)


def test_the_summary_counts_by_endpoint_and_status(sandbox: Sandbox) -> None:
    sandbox.add_album()
    fan = sandbox.consent()
    sandbox.save(fan, ALBUM_URI)
    sandbox.save(fan, "wrong")
    summary = sandbox.shown("summary")
    assert summary["by_endpoint"]["library"] == {"200": 1, "400": 1}
    assert summary["most_api_calls_in_30_seconds"] == 2
    assert (summary["saved"], summary["libraries"], summary["accounts"]) == (1, 1, 5)


def test_nothing_that_can_be_read_carries_a_token_code_or_secret() -> None:
    with Sandbox() as sandbox:
        sandbox.add_album()
        code = sandbox.code()
        tokens = sandbox.exchange(code).json()
        sandbox.refresh(sandbox.consent())
        sandbox.exchange(code)
        header = {"Authorization": f"Bearer {tokens['access_token']}"}
        sandbox.http.put(f"{sandbox.api_url}/me/library?uris={ALBUM_URI}", headers=header)
        paths = ("calls", "summary", "users", "libraries", "settings", "faults", "catalogue")
        shown = [str(sandbox.shown(path)) for path in paths]
        shown.append(sandbox.http.get(sandbox.url).text)
        sandbox.process.terminate()
        shown.extend(sandbox.process.communicate(timeout=10))
        secrets = (code, tokens["access_token"], tokens["refresh_token"], CLIENT[1])
        assert not [secret for secret in secrets for text in shown if secret in text]


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("settings", {"mode": "x"}, "The field mode must be one of development, extended."),
        ("settings", {"rate_limit": -1}, "The field rate_limit must be a whole number"),
        ("settings", {"premium_lapsed": 1}, "The field premium_lapsed must be true or false."),
        ("settings", {"latency_ms": "x"}, "The field latency_ms must be a number"),
        ("settings", {"colour": 1}, "Unknown field: colour."),
        ("settings", [], "The body must be a JSON object."),
        ("catalogue", {"kind": "album"}, "The field name is missing."),
        ("catalogue", {"kind": "show", "name": "x"}, "The field kind must be one of"),
        ("catalogue", {"kind": "album", "name": "x", "id": "1"}, "The field id must be"),
        (
            "catalogue",
            {"kind": "album", "name": "x", "available_at": "2026-11-27T00:00:00"},
            "The field available_at must be an ISO instant with a UTC offset.",
        ),
        ("catalogue", {"kind": "album", "name": "x", "markets": {"de": None}}, "The field markets"),
        ("catalogue", {"kind": "album", "name": "x", "artists": []}, "The field artists"),
        ("catalogue", {"kind": "album", "name": "x", "artists": [1]}, "The field artists"),
        ("catalogue", {"kind": "album", "name": "x", "artist": {"id": "1"}}, "The field artist"),
        (
            "catalogue",
            {"kind": "album", "name": "x", "artist": {"name": "y", "id": "1"}},
            "The field artist must be a Spotify id",
        ),
        ("catalogue", {"kind": "track", "name": "x", "moved_to": "1"}, "The field moved_to"),
        ("users", {}, "The field count is missing."),
        ("users", {"count": 10**9}, "The field count must be at most"),
        ("users", {"accounts": [{"id": "a b"}]}, "The field id must be"),
        ("faults", {"endpoint": "x", "kind": "status"}, "The field endpoint must be one of"),
        ("faults", {"endpoint": "*", "kind": "x"}, "The field kind must be one of"),
        ("faults", {"endpoint": "*", "kind": "status", "status": 99}, "The field status must be"),
        ("faults", {"endpoint": "*", "kind": "html", "probability": 2}, "The field probability"),
        ("revoke", {}, "The field account is missing."),
    ],
)
def test_a_wrong_script_is_told_what_to_change(
    sandbox: Sandbox, path: str, body: Any, sentence: str
) -> None:
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)


def test_a_body_that_is_no_json_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/settings", data=b"mode=development")
    assert answer.status_code == 400


def test_a_wrong_setting_leaves_the_others_unchanged(sandbox: Sandbox) -> None:
    body = {"mode": "development", "rate_limit": "x"}
    assert sandbox.http.post(f"{sandbox.url}/_sandbox/settings", json=body).status_code == 400
    assert sandbox.shown("settings")["mode"] == "extended"


def test_latency_is_set_for_all_or_for_one_endpoint(sandbox: Sandbox) -> None:
    sandbox.add_album()
    fan = sandbox.consent()
    sandbox.set(latency_ms={"library": 3_600_000})
    assert sandbox.get("/me", fan).status_code == 200
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.put(
            f"{sandbox.api_url}/me/library?uris={ALBUM_URI}", headers=fan.header, timeout=0.3
        )
    sandbox.set(latency_ms=1)
    assert sandbox.shown("settings")["latency_ms"] == {"*": 1.0}
    assert sandbox.save(fan, ALBUM_URI).status_code == 200


def test_a_upc_can_be_given_to_a_replaced_item(sandbox: Sandbox) -> None:
    sandbox.add_album(upc=None)
    sandbox.add_album()
    items = sandbox.shown("catalogue")["items"]
    assert [(item["id"], item["upc"]) for item in items] == [(ALBUM_ID, UPC)]
