"""Faults on request, and what they leave behind."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox.driver import ALBUM_URI, REDIRECT_URI, Sandbox, Tokens, token_error_of

SHORT = 0.3


@pytest.fixture
def fan(sandbox: Sandbox) -> Tokens:
    sandbox.add_album()
    return sandbox.consent()


def test_a_status_is_answered_as_often_as_asked_and_saves_nothing(
    sandbox: Sandbox, fan: Tokens
) -> None:
    body = {"error": {"status": 503, "message": "Service unavailable"}}
    sandbox.fault("library", "status", status=503, body=body, headers={"X-A": "b"}, times=2)
    answers = [sandbox.save(fan, ALBUM_URI) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].json() == body
    assert answers[0].headers["X-A"] == "b"
    assert sandbox.library() == {}
    assert sandbox.save(fan, ALBUM_URI).status_code == 200
    assert [call["fault"] for call in sandbox.calls("library")] == ["status", "status", None]


def test_a_text_body_keeps_its_content_type(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.fault("library", "status", status=403, body="User not registered")
    answer = sandbox.save(fan, ALBUM_URI)
    assert (answer.status_code, answer.text) == (403, "User not registered")
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("refusal", "status", "forms"),
    [("scope", 403, 18), ("not_listed", 403, 36), ("unknown", 403, 18), ("not_found", 404, 18)],
)
def test_a_refusal_comes_in_other_words_cases_and_forms_each_time(
    refusal: str, status: int, forms: int, sandbox: Sandbox, fan: Tokens
) -> None:
    sandbox.fault("library", "refusal", refusal=refusal, times=None)
    answers = [sandbox.save(fan, ALBUM_URI) for _ in range(forms + 1)]
    assert {answer.status_code for answer in answers} == {status}
    assert len({answer.text for answer in answers}) == forms
    assert answers[0].text == answers[-1].text
    kinds = {answer.headers["Content-Type"].split(";")[0] for answer in answers}
    assert kinds == {"application/json"} | ({"text/plain"} if status == 403 else set())
    assert sandbox.library() == {}


def test_a_refresh_token_is_refused_in_other_words_each_time(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.fault("token.refresh", "refusal", refusal="expired", times=6)
    refused = [sandbox.refresh(fan) for _ in range(6)]
    assert {answer.json()["error"] for answer in refused} == {"invalid_grant"}
    assert len({answer.json()["error_description"].lower() for answer in refused}) == 2
    assert sandbox.refresh(fan).status_code == 200


def test_some_fans_alone_can_be_refused_for_good(sandbox: Sandbox) -> None:
    sandbox.add_album()
    fans = {name: sandbox.consent(name) for name in ("fan-1", "fan-2", "fan-3")}
    sandbox.fault("library", "refusal", refusal="not_found", account=["fan-1", "fan-3"], times=None)
    for _ in range(3):
        answers = {name: sandbox.save(fan, ALBUM_URI).status_code for name, fan in fans.items()}
        assert answers == {"fan-1": 404, "fan-2": 200, "fan-3": 404}


@pytest.mark.parametrize("fault", [{"kind": "refusal"}, {"kind": "html", "refusal": "scope"}])
def test_a_refusal_has_to_be_named_where_it_is_meant(
    fault: dict[str, str], sandbox: Sandbox
) -> None:
    body = {"endpoint": "library", **fault}
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/faults", json=body)
    assert (answer.status_code, "refusal" in answer.json()["error"]) == (400, True)


def test_a_status_without_a_body_is_answered_in_spotifys_form(
    sandbox: Sandbox, fan: Tokens
) -> None:
    sandbox.fault("library", "status", status=502)
    assert sandbox.save(fan, ALBUM_URI).json()["error"]["status"] == 502


def test_a_server_error_can_come_after_the_save(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.fault("library", "status", status=500, after_effect=True)
    assert sandbox.save(fan, ALBUM_URI).status_code == 500
    assert set(sandbox.library()) == {ALBUM_URI}


@pytest.mark.parametrize("after_effect", [False, True])
def test_a_timeout_leaves_the_caller_without_an_answer(
    sandbox: Sandbox, fan: Tokens, after_effect: bool
) -> None:
    sandbox.fault("library", "timeout", after_effect=after_effect)
    with pytest.raises(requests.exceptions.ReadTimeout):
        put_once(sandbox, fan, timeout=SHORT)
    assert [call["status"] for call in sandbox.calls("library")] == [None]
    assert bool(sandbox.library()) is after_effect


@pytest.mark.parametrize(
    ("kind", "saved"), [("reset_before", set()), ("reset_after_effect", {ALBUM_URI})]
)
def test_a_reset_comes_before_or_after_the_save(
    sandbox: Sandbox, fan: Tokens, kind: str, saved: set[str]
) -> None:
    sandbox.fault("library", kind)
    with pytest.raises(requests.exceptions.ConnectionError):
        put_once(sandbox, fan, timeout=10)
    assert set(sandbox.library()) == saved
    assert [call["fault"] for call in sandbox.calls("library")] == [kind]


def test_a_code_is_used_up_when_its_answer_is_lost(sandbox: Sandbox) -> None:
    code = sandbox.code()
    sandbox.fault("token.code", "reset_after_effect")
    with pytest.raises(requests.exceptions.ConnectionError):
        sandbox.exchange(code)
    assert token_error_of(sandbox.exchange(code))[1] == "invalid_grant"


def test_a_slow_body_arrives_whole_for_the_patient(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.fault("me", "slow_body", seconds=SHORT)
    assert sandbox.get("/me", fan).json()["id"] == "fan-1"


def test_a_slow_body_breaks_off_for_the_impatient(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.fault("me", "slow_body", seconds=3600)
    with requests.Session() as impatient, pytest.raises(requests.exceptions.ConnectionError):
        impatient.get(f"{sandbox.api_url}/me", headers=fan.header, timeout=SHORT)


def test_a_page_instead_of_json(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.fault("token.refresh", "html")
    answer = sandbox.refresh(fan)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_an_empty_answer(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.fault("token.refresh", "empty")
    answer = sandbox.refresh(fan)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_redirect(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.fault("me", "redirect", location="/elsewhere")
    answer = sandbox.http.get(f"{sandbox.api_url}/me", headers=fan.header, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/elsewhere")


def test_a_fault_strikes_its_account_only(sandbox: Sandbox, fan: Tokens) -> None:
    other = sandbox.consent("fan-2")
    sandbox.fault("*", "status", status=500, account="fan-2", times=None)
    assert sandbox.save(fan, ALBUM_URI).status_code == 200
    assert sandbox.refresh(fan).status_code == 200
    assert sandbox.save(other, ALBUM_URI).status_code == 500
    assert sandbox.refresh(other).status_code == 500
    assert sandbox.decide(account="fan-2").status_code == 500
    assert sandbox.decide(account="fan-1").status_code == 302


def test_a_fault_strikes_the_code_exchange_of_its_account(sandbox: Sandbox) -> None:
    codes = [sandbox.code("fan-1"), sandbox.code("fan-2")]
    sandbox.fault("token.code", "status", account="fan-2")
    assert [sandbox.exchange(code).status_code for code in codes] == [200, 500]


@pytest.mark.parametrize(
    ("endpoint", "fields"),
    [
        ("token.client", {"grant_type": "client_credentials"}),
        (
            "token.code",
            {"grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT_URI},
        ),
        ("token.refresh", {"grant_type": "refresh_token", "refresh_token": "x"}),
    ],
)
def test_the_grants_of_the_token_endpoint_are_told_apart(
    sandbox: Sandbox, endpoint: str, fields: dict[str, str]
) -> None:
    sandbox.fault(endpoint, "status", status=418)
    assert sandbox.token(**fields).status_code == 418
    assert len(sandbox.calls(endpoint)) == 1


def test_probability_with_a_seed_strikes_the_same_calls_every_time(
    sandbox: Sandbox, fan: Tokens
) -> None:
    runs = []
    for _ in range(2):
        sandbox.http.delete(f"{sandbox.url}/_sandbox/faults")
        sandbox.fault("me", "status", probability=0.5, seed=7, times=None)
        runs.append([sandbox.get("/me", fan).status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


def test_faults_can_be_taken_away(sandbox: Sandbox, fan: Tokens) -> None:
    sandbox.fault("me", "status", times=None)
    assert sandbox.get("/me", fan).status_code == 500
    assert [fault["hits"] for fault in sandbox.shown("faults")["faults"]] == [1]
    sandbox.http.delete(f"{sandbox.url}/_sandbox/faults")
    assert sandbox.get("/me", fan).status_code == 200


def test_a_held_call_does_not_hold_up_the_end() -> None:
    with Sandbox() as sandbox:
        fan = sandbox.consent()
        sandbox.fault("me", "timeout", seconds=3600)
        with requests.Session() as caller, pytest.raises(requests.exceptions.ReadTimeout):
            caller.get(f"{sandbox.api_url}/me", headers=fan.header, timeout=SHORT)
        sandbox.process.terminate()
        assert sandbox.process.wait(timeout=10) == 0


def put_once(sandbox: Sandbox, fan: Tokens, timeout: float) -> None:
    """On a connection of its own: a pooled one would be tried again after a reset."""
    with requests.Session() as caller:
        caller.trust_env = False
        url = f"{sandbox.api_url}/me/library?uris={ALBUM_URI}"
        caller.put(url, headers=fan.header, timeout=timeout)
