"""The rolling 30-second limit, its Retry-After, the ban after it, and the daily quota."""

from __future__ import annotations

import pytest

from sandbox.limits import RollingWindow
from tests.sandbox.driver import ALBUM_URI, Sandbox, error_of


def test_a_window_admits_its_limit_and_frees_after_thirty_seconds() -> None:
    window = RollingWindow()
    admitted = [window.admit(now, 3, enforce_ban=False) for now in (100.0, 101.0, 102.0)]
    assert admitted == [0, 0, 0]
    assert window.admit(110.5, 3, enforce_ban=False) == 20
    assert window.admit(129.9, 3, enforce_ban=False) == 1
    assert window.admit(130.0, 3, enforce_ban=False) == 0
    assert window.admit(130.5, 3, enforce_ban=False) == 1


def test_refused_calls_do_not_fill_the_window() -> None:
    window = RollingWindow()
    window.admit(0.0, 1, enforce_ban=False)
    for now in range(1, 30):
        assert window.admit(float(now), 1, enforce_ban=False) == 30 - now
    assert window.admit(30.0, 1, enforce_ban=False) == 0


def test_waiting_for_the_retry_after_is_always_enough() -> None:
    window = RollingWindow()
    for now in (0.0, 0.3, 0.7, 5.2):
        window.admit(now, None, enforce_ban=False)
    retry_after = window.admit(6.0, 2, enforce_ban=False)
    assert window.admit(6.0 + retry_after, 2, enforce_ban=False) == 0


def test_a_ban_covers_the_retry_after_and_calls_inside_do_not_extend_it() -> None:
    window = RollingWindow()
    window.admit(0.0, 1, enforce_ban=True)
    assert window.admit(10.0, 1, enforce_ban=True) == 20
    assert window.seconds_into_ban(9.9) is None
    assert window.seconds_into_ban(12.0) == 2.0
    assert window.admit(29.5, 1, enforce_ban=True) == 1
    assert window.seconds_into_ban(30.0) is None
    assert window.admit(30.0, 1, enforce_ban=True) == 0


def test_an_enforced_ban_refuses_even_when_the_window_has_room() -> None:
    window = RollingWindow()
    window.start_ban(100.0, 5)
    assert window.admit(101.0, None, enforce_ban=False) == 0
    assert window.admit(101.0, None, enforce_ban=True) == 4


def test_a_limit_of_nothing_refuses_everything() -> None:
    assert RollingWindow().admit(0.0, 0, enforce_ban=False) == 30


def test_the_web_api_answers_429_with_whole_seconds(sandbox: Sandbox) -> None:
    fan = sandbox.consent()
    sandbox.set(rate_limit=3)
    answers = [sandbox.get("/me", fan) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert error_of(answers[3]) == (429, "API rate limit exceeded")
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 30


def test_the_limit_counts_all_fans_together(sandbox: Sandbox) -> None:
    fans = [sandbox.consent(f"fan-{number}") for number in (1, 2, 3)]
    sandbox.set(rate_limit=2)
    statuses = [sandbox.save(fan, ALBUM_URI).status_code for fan in fans]
    assert statuses == [200, 200, 429]


def test_a_call_inside_the_retry_after_is_on_record(sandbox: Sandbox) -> None:
    fan = sandbox.consent()
    sandbox.set(rate_limit=1)
    for _ in range(3):
        sandbox.get("/me", fan)
    calls = sandbox.calls("me")
    assert [call["inside_ban"] for call in calls] == [False, False, True]
    assert [call["status"] for call in calls] == [200, 429, 429]
    assert calls[1]["ban_age_ms"] is None
    assert calls[2]["ban_age_ms"] > 0
    assert sandbox.shown("summary")["inside_ban"] == 1


def test_the_token_endpoint_has_a_limit_of_its_own(sandbox: Sandbox) -> None:
    tokens = sandbox.consent()
    sandbox.set(token_rate_limit=1)
    sandbox.set(rate_limit=1)
    refused = [sandbox.refresh(tokens) for _ in range(2)][-1]
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert sandbox.get("/me", tokens).status_code == 200


def test_an_exhausted_quota_is_answered_with_its_reason(sandbox: Sandbox) -> None:
    fan = sandbox.consent()
    sandbox.set(quota_retry_after=52531)
    answer = sandbox.get("/me", fan)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "52531"
    assert answer.json()["error"]["reason"] == "QUOTA_EXCEEDED"
    assert sandbox.refresh(fan).status_code == 200
    sandbox.set(quota_retry_after=None)
    assert sandbox.get("/me", fan).status_code == 200
    assert [call["inside_ban"] for call in sandbox.calls("me")] == [False, True]


@pytest.mark.parametrize(("enforced", "status"), [(True, 429), (False, 200)])
def test_a_scripted_429_bans_only_when_bans_are_enforced(
    sandbox: Sandbox, enforced: bool, status: int
) -> None:
    fan = sandbox.consent()
    sandbox.set(enforce_ban=enforced)
    sandbox.fault("me", "status", status=429, headers={"Retry-After": 30})
    assert sandbox.get("/me", fan).status_code == 429
    assert sandbox.get("/me", fan).status_code == status
    assert [call["inside_ban"] for call in sandbox.calls("me")] == [False, True]


def test_reset_lifts_limits_and_bans(sandbox: Sandbox) -> None:
    sandbox.set(rate_limit=0)
    assert sandbox.get("/me", sandbox.consent()).status_code == 429
    sandbox.script("reset")
    assert sandbox.get("/me", sandbox.consent()).status_code == 200
