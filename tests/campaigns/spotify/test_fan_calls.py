"""Refreshes and saves, spoken over HTTP: every call, and every way in which it goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from campaigns import spotify
from campaigns.keyring import Secret
from campaigns.models import GateName
from campaigns.spotify import FanCalls, Grant, Slots, SpotifyError, fan_calls
from tests.sandbox_process import ALBUM_URI, Sandbox

UNKNOWN_URI = "spotify:album:0000000000000000000000"
AT_ONCE = Slots(0, 0)
LIBRARY = f"/v1/me/library?uris={ALBUM_URI}"


@pytest.fixture
def calls(sandbox: Sandbox) -> Iterator[FanCalls[int]]:
    with FanCalls[int](10) as calls:
        yield calls


def reason_of(answer: object) -> str:
    assert isinstance(answer, SpotifyError), answer
    return answer.reason


Answers = dict[int, Grant | SpotifyError | None]


def refresh_all(calls: FanCalls[int], tokens: dict[int, Secret]) -> Answers:
    calls.refresh(tokens, AT_ONCE)
    return collected(calls, len(tokens))


def save_all(calls: FanCalls[int], tokens: dict[int, Secret], uri: str = ALBUM_URI) -> Answers:
    calls.save(tokens, uri, AT_ONCE)
    return collected(calls, len(tokens))


def collected(calls: FanCalls[int], count: int) -> Answers:
    answers: Answers = {}
    while len(answers) < count:
        answers |= {answer.key: answer.result for answer in calls.collect(0, 1)}
    return answers


def refresh(calls: FanCalls[int], token: str) -> Grant:
    answer = refresh_all(calls, {1: Secret(token)})[1]
    assert isinstance(answer, Grant), answer
    return answer


def save(calls: FanCalls[int], token: Secret, uri: str = ALBUM_URI) -> Grant | SpotifyError | None:
    return save_all(calls, {1: token}, uri)[1]


# Refresh and save.


def test_a_permission_is_refreshed_and_the_release_saved(
    sandbox: Sandbox, calls: FanCalls[int]
) -> None:
    sandbox.add_album()
    grant = refresh(calls, sandbox.permission())
    assert grant.refresh_token is None
    assert save(calls, grant.access_token) is None
    assert list(sandbox.library()) == [ALBUM_URI]
    assert save(calls, grant.access_token) is None
    assert list(sandbox.library()) == [ALBUM_URI]


def test_saving_an_unknown_id_answers_as_if_it_were_saved(
    sandbox: Sandbox, calls: FanCalls[int]
) -> None:
    """Why nothing is saved before the catalogue shows the release."""
    token = Secret(sandbox.tokens()["access_token"])
    assert save(calls, token, UNKNOWN_URI) is None
    assert sandbox.library() == {}


def test_each_fan_of_a_block_gets_an_answer_of_their_own(
    sandbox: Sandbox, calls: FanCalls[int]
) -> None:
    sandbox.add_album()
    tokens = {n: Secret(sandbox.permission(f"fan-{n}")) for n in range(1, 6)}
    sandbox.post("revoke", {"account": "fan-3"})
    grants = refresh_all(calls, tokens)
    assert reason_of(grants.pop(3)) == "invalid_grant"
    access = {n: grant.access_token for n, grant in grants.items() if isinstance(grant, Grant)}
    sandbox.fault("library", status=500, account="fan-4")
    answers = save_all(calls, access)
    assert reason_of(answers.pop(4)) == "unavailable"
    assert answers == {1: None, 2: None, 5: None}
    assert set(sandbox.libraries()) == {"fan-1", "fan-2", "fan-5"}


@pytest.mark.parametrize(
    ("fault", "reason", "saved"),
    [
        ({"kind": "status", "status": 400}, "release_refused", False),
        ({"kind": "status", "status": 401}, "access_token_refused", False),
        ({"kind": "status", "status": 500}, "unavailable", False),
        ({"kind": "status", "status": 500, "after_effect": True}, "unavailable", True),
        ({"kind": "status", "status": 204}, "unusable_answer", False),
        ({"kind": "html"}, "unusable_answer", False),
        ({"kind": "html", "status": 502}, "unavailable", False),
        ({"kind": "redirect", "location": LIBRARY}, "unusable_answer", False),
        ({"kind": "status", "status": 429, "headers": {"Retry-After": "9"}}, "rate_limited", False),
    ],
)
def test_a_save_that_goes_wrong_is_one_error(
    fault: dict[str, Any], reason: str, saved: bool, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    token = Secret(sandbox.tokens()["access_token"])
    sandbox.fault("library", **fault)
    with FanCalls[int](10) as calls:
        assert reason_of(save(calls, token)) == reason
    assert bool(sandbox.library()) is saved
    assert len(sandbox.calls("library")) == 1
    assert sandbox.calls("me") == []


@pytest.mark.parametrize(("kind", "saved"), [("reset_before", False), ("reset_after_effect", True)])
def test_a_connection_that_breaks_leaves_the_outcome_open(
    kind: str, saved: bool, sandbox: Sandbox, calls: FanCalls[int]
) -> None:
    sandbox.add_album()
    token = Secret(sandbox.tokens()["access_token"])
    sandbox.fault("library", kind, times=None)
    assert reason_of(save(calls, token)) == "unreachable"
    assert bool(sandbox.library()) is saved
    assert len(sandbox.calls("library")) == 1


def test_every_403_is_told_apart(sandbox: Sandbox, calls: FanCalls[int]) -> None:
    sandbox.post("users", {"accounts": [{"id": "stranger", "listed": False}]})
    too_little = Secret(sandbox.tokens("fan-2", scope="user-read-email")["access_token"])
    stranger, fan = (Secret(sandbox.tokens(n)["access_token"]) for n in ("stranger", "fan-1"))
    assert reason_of(save(calls, too_little)) == "scope"
    sandbox.set(mode="development")
    assert reason_of(save(calls, stranger)) == "not_listed"
    sandbox.set(premium_lapsed=True)
    assert reason_of(save(calls, fan)) == "premium_lapsed"
    sandbox.set(premium_lapsed=False)
    calls.resume(GateName.API)
    sandbox.fault("library", status=403)
    assert reason_of(save(calls, fan)) == "forbidden"


def test_a_spent_quota_carries_its_hours(sandbox: Sandbox, calls: FanCalls[int]) -> None:
    token = Secret(sandbox.tokens()["access_token"])
    sandbox.set(quota_retry_after=50_400)
    error = save(calls, token)
    assert reason_of(error) == "quota_exceeded"
    assert isinstance(error, SpotifyError)
    assert error.retry_after == 50_400


@pytest.mark.parametrize("endpoint", ["library", "token.refresh"])
def test_after_an_answer_for_the_whole_app_nothing_more_is_sent(
    endpoint: str, sandbox: Sandbox
) -> None:
    tokens, ask = sandbox.tokens(), save_all if endpoint == "library" else refresh_all
    name = "access_token" if endpoint == "library" else "refresh_token"
    half = GateName.API if endpoint == "library" else GateName.ACCOUNTS
    block = {n: Secret(tokens[name]) for n in range(20)}
    sandbox.fault(endpoint, status=429, headers={"Retry-After": "60"})
    with FanCalls[int](1) as calls:
        answers = ask(calls, block)
        assert [reason_of(answers.pop(0)), len(answers)] == ["rate_limited", 19]
        assert {reason_of(answer) for answer in answers.values()} == {"not_sent"}
        assert reason_of(ask(calls, {1: block[1]})[1]) == "not_sent"
        assert len(sandbox.calls(endpoint)) == 1

        calls.resume(half)
        assert not isinstance(ask(calls, {1: block[1]})[1], SpotifyError)


def test_a_halt_takes_back_what_waits_for_its_time(sandbox: Sandbox, calls: FanCalls[int]) -> None:
    token = Secret(sandbox.tokens()["access_token"])
    calls.save({1: token, 2: token}, ALBUM_URI, Slots(3600, 1))
    calls.halt(GateName.API)
    assert {reason_of(answer) for answer in collected(calls, 2).values()} == {"not_sent"}
    assert sandbox.calls("library") == []


def test_no_call_is_sent_before_its_time(sandbox: Sandbox, calls: FanCalls[int]) -> None:
    sandbox.add_album()
    token = Secret(sandbox.tokens()["access_token"])
    now = datetime.now(UTC)
    calls.save(dict.fromkeys(range(5), token), ALBUM_URI, Slots(0.05, 0.05))
    collected(calls, 5)
    for number, call in enumerate(sandbox.calls("library"), start=1):
        assert datetime.fromisoformat(call["at"]) >= now + number * timedelta(seconds=0.05)


def test_a_call_whose_time_is_long_over_is_not_sent(sandbox: Sandbox, calls: FanCalls[int]) -> None:
    tokens = {number: Secret(sandbox.permission()) for number in (1, 2)}
    calls.refresh(tokens, Slots(-fan_calls.LATEST_SECONDS - 0.5, 1))
    answers = collected(calls, 2)
    assert reason_of(answers[1]) == "not_sent"
    assert isinstance(answers[2], Grant)


def test_what_came_in_while_the_worker_was_busy_stops_what_it_would_send(
    sandbox: Sandbox, calls: FanCalls[int]
) -> None:
    first, second = (Secret(sandbox.permission()) for _ in range(2))
    sandbox.fault("token.refresh", status=429, headers={"Retry-After": "60"})
    calls.refresh({1: first}, AT_ONCE)
    answers: Answers = {}
    while not sandbox.calls("token.refresh"):
        answers |= {answer.key: answer.result for answer in calls.collect(0, 0)}
    sandbox.calls()  # the worker is busy elsewhere while the answer arrives
    calls.refresh({2: second}, AT_ONCE)
    answers |= collected(calls, 2 - len(answers))
    assert reason_of(answers[2]) == "not_sent"
    assert len(sandbox.calls("token.refresh")) == 1


def test_spotify_that_is_away_is_unreachable(calls: FanCalls[int], settings: Settings) -> None:
    settings.SPOTIFY_API_URL = "http://127.0.0.1:1/v1"
    assert reason_of(save(calls, Secret("token"))) == "unreachable"


def test_nothing_secret_is_logged_at_any_level(
    sandbox: Sandbox, calls: FanCalls[int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = sandbox.consent()
    grant = spotify.exchange_code(Secret(code))
    save(calls, grant.access_token)
    assert grant.refresh_token
    refresh(calls, grant.refresh_token.reveal())
    spotify.find_by_uri(ALBUM_URI, "US", lambda: None)
    for secret in (code, grant.access_token.reveal(), grant.refresh_token.reveal()):
        assert secret not in caplog.text
    assert "test-client-secret" not in caplog.text
