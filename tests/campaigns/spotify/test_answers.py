"""What every answer of Spotify's means, as tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from campaigns.models import HARD_STOP
from campaigns.spotify.answers import (
    DEFAULT_RETRY_AFTER,
    LONGEST_RETRY_AFTER,
    Answer,
    Scope,
    SpotifyError,
    api_error,
    error_of_fan,
    parse_grant,
    seconds_until,
    token_error,
)

DATE = "Fri, 27 Nov 2026 00:00:00 GMT"


def facts(error: SpotifyError) -> tuple[str, Scope, float | None]:
    return error.reason, error.scope, error.retry_after


def api_body(status: int, message: str, reason: str | None = None) -> bytes:
    error = {"status": status, "message": message}
    return json.dumps({"error": error | ({"reason": reason} if reason else {})}).encode()


NOT_REGISTERED = "User not registered in the Developer Dashboard"
PREMIUM = "Active premium subscription required for the owner of the app"


@pytest.mark.parametrize(
    ("status", "body", "reason", "scope"),
    [
        (400, api_body(400, "Invalid Spotify URI"), "release_refused", Scope.CAMPAIGN),
        (404, api_body(404, "Not found"), "release_refused", Scope.CAMPAIGN),
        (401, api_body(401, "The access token expired"), "access_token_refused", Scope.FAN),
        (403, api_body(403, "Insufficient client scope"), "scope", Scope.FAN),
        (403, api_body(403, NOT_REGISTERED), "not_listed", Scope.FAN),
        (403, NOT_REGISTERED.encode(), "not_listed", Scope.FAN),
        (403, api_body(403, PREMIUM), "premium_lapsed", Scope.APP),
        (403, PREMIUM.encode(), "premium_lapsed", Scope.APP),
        (403, api_body(403, "Forbidden"), "forbidden", Scope.APP),
        (403, b"", "forbidden", Scope.APP),
        (403, b"<html>", "forbidden", Scope.APP),
        (403, b'{"status": 403, "message": "Insufficient client scope"}', "scope", Scope.FAN),
        (403, b'{"error": "a word"}', "forbidden", Scope.APP),
        (403, b'["a", "list"]', "forbidden", Scope.APP),
        (400, b'{"status": 400, "message": "Invalid"}', "release_refused", Scope.CAMPAIGN),
        (400, b'{"error": "a word"}', "release_refused", Scope.CAMPAIGN),
        (400, b"", "unusable_answer", Scope.FAN),
        (404, b"", "unusable_answer", Scope.FAN),
        (404, b"<html>", "unusable_answer", Scope.FAN),
        (404, b"Not found", "unusable_answer", Scope.FAN),
        (404, b"[404]", "unusable_answer", Scope.FAN),
        (401, b"<html>", "access_token_refused", Scope.FAN),
        (500, b"", "unavailable", Scope.FAN),
        (502, b"<html>Bad gateway</html>", "unavailable", Scope.FAN),
        (503, b"\xff\xfe", "unavailable", Scope.FAN),
        (504, b"", "unavailable", Scope.FAN),
        (204, b"", "unusable_answer", Scope.FAN),
        (302, b"", "unusable_answer", Scope.FAN),
        (418, b"", "unusable_answer", Scope.FAN),
    ],
)
def test_an_answer_of_the_web_api(status: int, body: bytes, reason: str, scope: Scope) -> None:
    assert facts(api_error(Answer(status, None, body))) == (reason, scope, None)


# Each in the order of the years in which it was seen.
WORDINGS = {
    "scope": [
        *("Insufficient client scope", "insufficient_scope", "Missing required scope."),
        *("insufficient-scope", "Missing the required scopes: user-library-modify"),
        *("Token lacks the required scope", "The token does not have the scope for this."),
    ],
    "not_listed": [
        NOT_REGISTERED,
        "User not approved for app",
        *("USER_NOT_REGISTERED", "User isn't registered", "User is not on the allowlist"),
        *("The user isn't registered", "The user isn\u2019t registered", "Unregistered user"),
        *("User hasn't been registered", "User not listed in the Developer Dashboard"),
        "The account has not been added to the allowlist",
        "This user is not authorized for this app.",
        "Check settings on developer.spotify.com/dashboard, the user may not be registered.",
        "The user is not registered for this application. Please check your settings on "
        "https://developer.spotify.com/dashboard.",
    ],
    "premium_lapsed": [PREMIUM, "The owner of this app has no active Premium subscription."],
    "forbidden": [
        *("Forbidden", "Country not allowed", "Premium required", "Restriction violated"),
        *("The user is not a collaborator.", "User not authorized for this market"),
        "Scope of this app: not decided",
    ],
}


@pytest.mark.parametrize("in_case", [str, str.lower, str.upper, str.title])
@pytest.mark.parametrize(
    ("reason", "wording"), [(reason, one) for reason, all in WORDINGS.items() for one in all]
)
def test_what_a_403_means_in_whatever_words_case_and_form(
    reason: str, wording: str, in_case: Callable[[str], str]
) -> None:
    said = in_case(wording)
    flat = json.dumps({"status": 403, "message": said}).encode()
    for body in (said.encode(), api_body(403, said), flat, f"\n  {said}\n".encode()):
        assert api_error(Answer(403, None, body)).reason == reason


def test_a_403_that_says_nothing_known_stays_one_fans() -> None:
    unknown = Answer(403, None, api_body(403, "Forbidden"))
    assert facts(error_of_fan(unknown)) == ("forbidden", Scope.FAN, None)
    lapsed = Answer(403, None, api_body(403, PREMIUM))
    assert facts(error_of_fan(lapsed)) == ("premium_lapsed", Scope.APP, None)


@pytest.mark.parametrize(
    ("description", "is_final"),
    [
        ("Refresh token expired", True),
        ("refresh token expired.", True),
        ("REFRESH TOKEN HAS EXPIRED", True),
        ("The refresh token is expired", True),
        ("refresh_token expired", True),
        ("Refresh token has not expired", False),
        ("Token has been expired or revoked.", False),
        ("Refresh token expired or revoked", False),
        ("Refresh token is invalid or expired", False),
        ("Refresh token revoked or expired", False),
        ("Refresh token expired, or was revoked", False),
        ("Refresh token expired/revoked", False),
        ("Refresh token not expired", False),
        ("Refresh token revoked", False),
        ("Invalid refresh token", False),
        ("Authorization code expired", False),
        ("", False),
        (None, False),
        (["Refresh token expired"], False),
    ],
)
@pytest.mark.parametrize("error", ["invalid_grant", "INVALID_GRANT"])
def test_only_an_expired_permission_is_final_in_spotifys_own_words(
    error: str, description: Any, is_final: bool
) -> None:
    body = json.dumps({"error": error, "error_description": description}).encode()
    refused = token_error(Answer(400, None, body))
    assert (refused.reason, refused.is_final) == ("invalid_grant", is_final)


@pytest.mark.parametrize(
    ("status", "body", "reason", "scope"),
    [
        (400, b'{"error": "invalid_grant"}', "invalid_grant", Scope.FAN),
        (400, b'{"error": "invalid_client"}', "invalid_client", Scope.APP),
        (401, b'{"error": "invalid_client"}', "invalid_client", Scope.APP),
        (400, b'{"error": "invalid_request"}', "unusable_answer", Scope.FAN),
        (400, b'{"error": {"message": "invalid_grant"}}', "unusable_answer", Scope.FAN),
        (400, b"invalid_grant", "unusable_answer", Scope.FAN),
        (400, b"[]", "unusable_answer", Scope.FAN),
        (400, b"", "unusable_answer", Scope.FAN),
        (302, b"", "unusable_answer", Scope.FAN),
        (500, b"", "unavailable", Scope.FAN),
        (503, b"<html>invalid_grant</html>", "unavailable", Scope.FAN),
        (503, b'{"error": "invalid_grant"}', "unavailable", Scope.FAN),
        (302, b'{"error": "invalid_grant"}', "unusable_answer", Scope.FAN),
        (400, b'{"error": ["invalid_grant"]}', "unusable_answer", Scope.FAN),
        (401, b"", "unusable_answer", Scope.FAN),
        (401, b"<html>", "unusable_answer", Scope.FAN),
        (403, b"", "unusable_answer", Scope.FAN),
        (403, b'{"error": "access_denied"}', "unusable_answer", Scope.FAN),
        (404, b"5", "unusable_answer", Scope.FAN),
    ],
)
def test_an_answer_of_the_token_endpoint(
    status: int, body: bytes, reason: str, scope: Scope
) -> None:
    assert facts(token_error(Answer(status, None, body))) == (reason, scope, None)


@pytest.mark.parametrize("read", [api_error, token_error], ids=["api", "token"])
def test_429_stops_the_whole_app_for_as_long_as_spotify_says(read: object) -> None:
    assert callable(read)
    error = read(Answer(429, "17", api_body(429, "API rate limit exceeded")))
    assert facts(error) == ("rate_limited", Scope.APP, 17.0)
    error = read(Answer(429, None, b""))
    assert facts(error) == ("rate_limited", Scope.APP, DEFAULT_RETRY_AFTER)


@pytest.mark.parametrize(
    "body",
    [
        api_body(429, "Too many requests", "QUOTA_EXCEEDED"),
        api_body(429, "QUOTA_EXCEEDED"),
        b'{"status": 429, "reason": "QUOTA_EXCEEDED"}',
    ],
)
def test_a_spent_quota_is_told_apart_from_a_fast_pace(body: bytes) -> None:
    error = api_error(Answer(429, "50400", body))
    assert facts(error) == ("quota_exceeded", Scope.APP, 50_400.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1", 1.0),
        (" 30 ", 30.0),
        ("0", 1.0),
        ("50400", 50_400.0),
        ("999999999", LONGEST_RETRY_AFTER),
        ("9" * 400, LONGEST_RETRY_AFTER),
        ("Fri, 27 Nov 2026 00:02:00 GMT", 120.0),
        ("Fri, 27 Nov 2026 00:02:00", 120.0),
        ("Fri, 27 Nov 2026 01:02:00 +0100", 120.0),
        ("Thu, 26 Nov 2026 00:00:00 GMT", 1.0),
        ("Fri, 27 Nov 2126 00:00:00 GMT", LONGEST_RETRY_AFTER),
        (None, DEFAULT_RETRY_AFTER),
        ("", DEFAULT_RETRY_AFTER),
        ("soon", DEFAULT_RETRY_AFTER),
        ("-5", DEFAULT_RETRY_AFTER),
        ("1.5", 1.5),
        ("3600.5", 3600.5),
        ("864000", LONGEST_RETRY_AFTER),
        ("-1.5", DEFAULT_RETRY_AFTER),
        ("nan", DEFAULT_RETRY_AFTER),
        ("1e9", DEFAULT_RETRY_AFTER),
        ("99999999999999999999 Nov 2026 00:00:00 GMT", DEFAULT_RETRY_AFTER),
        ("٣", DEFAULT_RETRY_AFTER),
        ("Fri, 99 Nov 2026 00:00:00 GMT", DEFAULT_RETRY_AFTER),
        ("Fri, 27 Nov 2026 00:00:00 +99999999", DEFAULT_RETRY_AFTER),
    ],
)
def test_retry_after_in_seconds_as_a_date_or_as_garbage(value: str | None, seconds: float) -> None:
    assert seconds_until(value, DATE) == seconds


@pytest.mark.parametrize("read", [api_error, token_error], ids=["api", "token"])
def test_a_date_is_compared_with_the_answers_own_and_not_with_this_machines(read: Any) -> None:
    in_two_minutes = "Fri, 27 Nov 2026 00:02:00 GMT"
    assert read(Answer(429, in_two_minutes, b"", DATE)).retry_after == 120.0


@pytest.mark.parametrize("date", [None, "", "noon", "Fri, 99 Nov 2026 00:00:00 GMT"])
def test_without_a_date_of_the_answer_this_machines_clock_counts(date: str | None) -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3500 < seconds_until(in_an_hour, date) <= 3600


def test_a_ban_of_days_is_kept_to_as_long_as_a_release_can_wait() -> None:
    assert timedelta(seconds=LONGEST_RETRY_AFTER) == HARD_STOP
    assert seconds_until(str(5 * 86_400)) == 5 * 86_400


def test_a_grant_is_read_as_spotify_wrote_it() -> None:
    body = {"access_token": "BQ1", "refresh_token": "AQ1", "scope": "user-library-modify other"}
    grant = parse_grant(Answer(200, None, json.dumps(body).encode()))
    assert grant.access_token.reveal() == "BQ1"
    assert grant.refresh_token is not None
    assert grant.refresh_token.reveal() == "AQ1"
    assert grant.scope == "user-library-modify other"


@pytest.mark.parametrize(
    "left_out",
    [
        {},
        {"refresh_token": None, "scope": None},
        {"refresh_token": " ", "scope": " "},
        {"scope": ""},
        {"scope": "\n\t"},
        {"scope": []},
    ],
)
def test_what_a_grant_leaves_out_or_blank_is_not_made_up(left_out: dict[str, Any]) -> None:
    grant = parse_grant(Answer(200, None, json.dumps({"access_token": "BQ1", **left_out}).encode()))
    assert grant.refresh_token is None
    assert grant.scope is None


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>", b"[]", b"null", b'"text"', b"{}", b"\xff", b"1"),
        *(b'{"access_token": ""}', b'{"access_token": null}', b'{"access_token": 5}'),
    ],
)
def test_an_answer_without_an_access_token_is_no_grant(body: bytes) -> None:
    with pytest.raises(SpotifyError) as caught:
        parse_grant(Answer(200, None, body))
    assert facts(caught.value) == ("unusable_answer", Scope.FAN, None)


def test_an_error_holds_no_secret() -> None:
    body = b'{"error": "invalid_grant", "error_description": "canary", "access_token": "canary"}'
    for error in (token_error(Answer(400, None, body)), api_error(Answer(403, None, body))):
        assert "canary" not in f"{error!r} {error} {vars(error)}"
