"""Answers that nobody promised: whatever Spotify or something in between sends, the product knows
what to do with it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.keyring import Secret
from campaigns.spotify import FanCalls, Slots
from campaigns.spotify.answers import (
    LONGEST_RETRY_AFTER,
    Answer,
    Grant,
    SpotifyError,
    api_error,
    parse_grant,
    token_error,
)
from tests.sandbox_process import ALBUM_URI, Sandbox

AT_ONCE = Slots(0, 0)
LIBRARY = f"/v1/me/library?uris={ALBUM_URI}"
CANARY = "canary-7f3a"

WORDS = st.sampled_from(
    ["invalid_grant", "invalid_client", "User not registered", "QUOTA_EXCEEDED", CANARY, "", "<"]
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["error", "message", "reason", "status", "access_token", "scope"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.just(b"1" * 5_000),
)
DATES = st.from_regex(
    r"[A-Z][a-z]{2}, \d{1,25} [A-Z][a-z]{2} \d{1,25} \d\d:\d\d:\d\d [A-Z0-9+-]{1,9}"
)
HEADERS = st.one_of(
    st.none(), st.text(max_size=40), st.integers().map(str), st.floats().map(str), DATES
)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@example(
    status=429,
    retry_after="99999999999999999999 Nov 2026 00:00:00 GMT",
    body=b"[" * 100_000,
    date="",
)
@given(status=st.integers(100, 599), retry_after=HEADERS, body=BODIES, date=HEADERS)
def test_any_answer_is_a_grant_or_one_error_that_tells_nothing_of_it(
    status: int, retry_after: str | None, body: bytes, date: str | None
) -> None:
    answer = Answer(status, retry_after, body, date)
    for error in (token_error(answer), api_error(answer)):
        assert_tells_nothing(error)
        assert (error.retry_after is not None) == (status == 429)
    try:
        grant = parse_grant(answer._replace(status=200))
    except SpotifyError as error:
        assert_tells_nothing(error)
    else:
        assert isinstance(grant, Grant)
        assert grant.access_token.reveal()


REASONS = {
    *("rate_limited", "quota_exceeded", "invalid_grant", "invalid_client", "unavailable"),
    *("unusable_answer", "scope", "not_listed", "premium_lapsed", "forbidden"),
    *("release_refused", "access_token_refused"),
}


def assert_tells_nothing(error: SpotifyError) -> None:
    """The text is one of a few constant words, so it holds nothing of the answer."""
    assert error.reason in REASONS
    assert str(error) == error.reason
    assert error.args == (error.reason,)
    assert error.retry_after is None or 1 <= error.retry_after <= LONGEST_RETRY_AFTER


def answer_of(sandbox: Sandbox, endpoint: str) -> Grant | SpotifyError | None:
    tokens = sandbox.tokens()
    with FanCalls[int](10) as calls:
        if endpoint == "library":
            calls.save({1: Secret(tokens["access_token"])}, ALBUM_URI, AT_ONCE)
        else:
            calls.refresh({1: Secret(tokens["refresh_token"])}, AT_ONCE)
        while not (answers := calls.collect(0, 1)):
            pass
    return answers[0].result


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html"},
        {"kind": "empty"},
        {"kind": "empty", "status": 204},
        {"kind": "redirect", "location": "/api/token", "status": 307},
        {"kind": "status", "status": 200, "body": "garbage"},
        {"kind": "status", "status": 200, "body": [1]},
        {"kind": "status", "status": 200, "body": {"error": "invalid_grant"}},
        {"kind": "status", "status": 200, "body": {"access_token": 5}},
        {"kind": "status", "status": 401, "body": "<html>"},
        {"kind": "status", "status": 403, "body": {"error": "access_denied"}},
    ],
    ids=str,
)
def test_a_refresh_that_brings_no_grant_is_tried_again_later(
    fault: dict[str, Any], sandbox: Sandbox
) -> None:
    sandbox.fault("token.refresh", **fault)
    answer = answer_of(sandbox, "token.refresh")
    assert isinstance(answer, SpotifyError)
    assert answer.reason == "unusable_answer"
    assert len(sandbox.calls("token.refresh")) == 1


def test_a_grant_counts_whatever_its_content_type_says(sandbox: Sandbox) -> None:
    sandbox.fault(
        "token.refresh", status=200, body={"access_token": "BQ1"}, content_type="text/html"
    )
    assert isinstance(answer_of(sandbox, "token.refresh"), Grant)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"kind": "empty", "status": 204}, "unusable_answer"),
        ({"kind": "empty", "status": 202}, "unusable_answer"),
        ({"kind": "redirect", "location": LIBRARY, "status": 307}, "unusable_answer"),
        ({"kind": "html", "status": 404}, "unusable_answer"),
        ({"kind": "empty", "status": 404}, "unusable_answer"),
        ({"kind": "status", "status": 403, "body": {"error": "a word"}}, "forbidden"),
        ({"kind": "status", "status": 429, "headers": {"Retry-After": "-5"}}, "rate_limited"),
    ],
    ids=str,
)
def test_a_save_that_was_not_confirmed_is_no_save(
    fault: dict[str, Any], reason: str, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    sandbox.fault("library", **fault)
    answer = answer_of(sandbox, "library")
    assert isinstance(answer, SpotifyError)
    assert answer.reason == reason
    assert sandbox.library() == {}
    assert len(sandbox.calls("library")) == 1
