"""The token endpoint at /api/token."""

from __future__ import annotations

import base64

import pytest

from tests.sandbox.driver import (
    ALBUM_URI,
    CLIENT,
    REDIRECT_URI,
    SAVE_SCOPE,
    Sandbox,
    Tokens,
    error_of,
    token_error_of,
)

WIDE_SCOPE = f"{SAVE_SCOPE} user-library-read"


def test_a_code_becomes_an_access_and_a_refresh_token(sandbox: Sandbox) -> None:
    answer = sandbox.exchange(sandbox.code())
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3600, SAVE_SCOPE)


def test_a_code_works_once(sandbox: Sandbox) -> None:
    code = sandbox.code()
    assert sandbox.exchange(code).status_code == 200
    refused = token_error_of(sandbox.exchange(code))
    assert refused == (400, "invalid_grant", "Invalid authorization code")


def test_a_code_expires(sandbox: Sandbox) -> None:
    code = sandbox.code()
    sandbox.set(code_seconds=0)
    assert token_error_of(sandbox.exchange(code))[:2] == (400, "invalid_grant")


def test_the_redirect_uri_must_be_the_one_of_the_consent(sandbox: Sandbox) -> None:
    code = sandbox.code()
    answer = sandbox.token(
        grant_type="authorization_code", code=code, redirect_uri=f"{REDIRECT_URI}/"
    )
    assert token_error_of(answer) == (400, "invalid_grant", "Invalid redirect URI")


@pytest.mark.parametrize(
    ("client", "description"),
    [
        ((CLIENT[0], "wrong"), "Invalid client secret"),
        (("another", CLIENT[1]), "Invalid client"),
    ],
)
def test_a_wrong_client_is_refused(
    sandbox: Sandbox, client: tuple[str, str], description: str
) -> None:
    answer = sandbox.token_as(client, grant_type="client_credentials")
    assert token_error_of(answer) == (400, "invalid_client", description)


def test_a_client_in_the_body_is_refused(sandbox: Sandbox) -> None:
    fields = {
        "grant_type": "client_credentials",
        "client_id": CLIENT[0],
        "client_secret": CLIENT[1],
    }
    answer = sandbox.http.post(f"{sandbox.url}/api/token", fields)
    assert token_error_of(answer)[:2] == (400, "invalid_client")


def test_credentials_of_another_scheme_are_refused(sandbox: Sandbox) -> None:
    encoded = base64.b64encode(":".join(CLIENT).encode()).decode()
    answer = sandbox.http.post(
        f"{sandbox.url}/api/token",
        {"grant_type": "client_credentials"},
        headers={"Authorization": f"Bearer {encoded}"},
    )
    assert token_error_of(answer)[:2] == (400, "invalid_client")


def test_an_unknown_grant_and_a_missing_field_are_refused(sandbox: Sandbox) -> None:
    assert token_error_of(sandbox.token(grant_type="password"))[1] == "unsupported_grant_type"
    assert token_error_of(sandbox.token())[1] == "unsupported_grant_type"
    assert token_error_of(sandbox.token(grant_type="refresh_token"))[1] == "invalid_request"
    assert token_error_of(sandbox.token(grant_type="authorization_code"))[1] == "invalid_request"


def test_a_refresh_gives_a_new_access_token_and_neither_scope_nor_refresh_token(
    sandbox: Sandbox,
) -> None:
    tokens = sandbox.consent()
    answer = sandbox.refresh(tokens)
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    fresh = Tokens(answer.json()["access_token"], "")
    assert sandbox.get("/me", fresh).json()["id"] == "fan-1"


def test_a_refresh_token_keeps_working_beside_a_newer_one(sandbox: Sandbox) -> None:
    first, second = sandbox.consent(), sandbox.consent()
    assert sandbox.refresh(first).status_code == 200
    assert sandbox.refresh(second).status_code == 200


def test_an_unknown_refresh_token_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.refresh(Tokens("", "made-up"))
    assert token_error_of(answer) == (400, "invalid_grant", "Invalid refresh token")


def test_a_refresh_token_dies_months_after_the_consent(sandbox: Sandbox) -> None:
    tokens = sandbox.consent()
    sandbox.set(refresh_token_days=0)
    answer = sandbox.refresh(tokens)
    assert token_error_of(answer) == (400, "invalid_grant", "Refresh token expired")


def test_rotation_replaces_the_refresh_token(sandbox: Sandbox) -> None:
    tokens = sandbox.consent()
    sandbox.set(rotate_refresh_tokens=True)
    rotated = sandbox.refresh(tokens).json()["refresh_token"]
    assert rotated != tokens.refresh
    assert token_error_of(sandbox.refresh(tokens))[2] == "Refresh token revoked"
    assert sandbox.refresh(Tokens("", rotated)).status_code == 200


def test_revoking_ends_refresh_tokens_and_lets_access_tokens_live(sandbox: Sandbox) -> None:
    tokens, other = sandbox.consent("fan-1"), sandbox.consent("fan-2")
    assert sandbox.script("revoke", {"account": "fan-1"}) == {"revoked": 1}
    answer = sandbox.refresh(tokens)
    assert token_error_of(answer) == (400, "invalid_grant", "Refresh token revoked")
    assert sandbox.get("/me", tokens).status_code == 200
    assert sandbox.refresh(other).status_code == 200


def test_scopes_accumulate_over_a_refresh(sandbox: Sandbox) -> None:
    narrow = sandbox.consent(scope=SAVE_SCOPE)
    sandbox.consent(scope="user-library-read")
    assert contains_status(sandbox, narrow) == 403
    refreshed = sandbox.refresh(narrow).json()
    assert refreshed["scope"].split() == sorted([SAVE_SCOPE, "user-library-read"])
    assert contains_status(sandbox, Tokens(refreshed["access_token"], "")) == 200


def contains_status(sandbox: Sandbox, tokens: Tokens) -> int:
    return sandbox.get("/me/library/contains", tokens, uris=ALBUM_URI).status_code


def test_the_answer_can_leave_out_scope_and_refresh_token(sandbox: Sandbox) -> None:
    sandbox.set(scope_in_answer="omitted", refresh_token_in_answer=False)
    body = sandbox.exchange(sandbox.code()).json()
    assert set(body) == {"access_token", "token_type", "expires_in"}


@pytest.mark.parametrize("scope", [WIDE_SCOPE, "user-read-email"])
def test_the_grant_can_be_wider_or_narrower_than_asked(sandbox: Sandbox, scope: str) -> None:
    sandbox.set(scope_in_answer=scope)
    body = sandbox.exchange(sandbox.code()).json()
    assert body["scope"] == scope
    saved = sandbox.save(Tokens(body["access_token"], ""), ALBUM_URI)
    assert saved.status_code == (200 if scope == WIDE_SCOPE else 403)


@pytest.mark.parametrize(
    ("setting", "scope"), [("blank", " "), ("doubled", f"{SAVE_SCOPE} {SAVE_SCOPE}")]
)
def test_what_was_asked_can_be_told_as_nothing_or_twice(
    sandbox: Sandbox, setting: str, scope: str
) -> None:
    sandbox.set(scope_in_answer=setting)
    body = sandbox.exchange(sandbox.code()).json()
    assert body["scope"] == scope
    assert sandbox.save(Tokens(body["access_token"], ""), ALBUM_URI).status_code == 200


@pytest.mark.parametrize(
    ("setting", "scope"),
    [
        *(("granted", SAVE_SCOPE), ("omitted", None), ("changed", None), ("user-a", "user-a")),
        *(("blank", " "), ("doubled", f"{SAVE_SCOPE} {SAVE_SCOPE}")),
    ],
)
def test_the_scope_of_a_refresh_can_be_scripted(
    sandbox: Sandbox, setting: str, scope: str | None
) -> None:
    tokens = sandbox.consent()
    sandbox.set(scope_in_refresh_answer=setting)
    assert sandbox.refresh(tokens).json().get("scope") == scope


def test_access_tokens_expire(sandbox: Sandbox) -> None:
    tokens = sandbox.consent()
    sandbox.set(access_token_seconds=0)
    assert error_of(sandbox.get("/me", tokens)) == (401, "The access token expired")


def test_client_credentials_read_the_catalogue_and_no_fan(sandbox: Sandbox) -> None:
    answer = sandbox.token(grant_type="client_credentials")
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert error_of(sandbox.get("/me", sandbox.app_token()))[0] == 401
