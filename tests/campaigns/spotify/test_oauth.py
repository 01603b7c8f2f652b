"""The way to Spotify and the code exchange: one permission, and one error."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from pytest_django import Settings

from campaigns import spotify
from campaigns.keyring import Secret
from campaigns.spotify import Scope, SpotifyError
from tests.sandbox_process import SAVE_SCOPE, Sandbox


def test_the_authorise_address_asks_for_the_one_permission() -> None:
    query = parse_qs(urlsplit(spotify.authorize_url("the-state")).query)
    assert query == {
        "client_id": ["test-client-id"],
        "response_type": ["code"],
        "redirect_uri": [f"{settings.PUBLIC_URL}/callback"],
        "scope": [SAVE_SCOPE],
        "state": ["the-state"],
        "show_dialog": ["True"],
    }


def test_the_authorise_address_is_the_accounts_side(settings: Settings) -> None:
    settings.SPOTIFY_ACCOUNTS_URL = "https://accounts.spotify.com"
    address = spotify.authorize_url("the-state")
    assert address.startswith("https://accounts.spotify.com/authorize?")


def test_an_authorise_address_leaves_nothing_on_disk(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spotify.authorize_url("the-state")
    assert list(tmp_path.glob(".cache*")) == []


def test_a_code_becomes_a_grant(sandbox: Sandbox) -> None:
    grant = spotify.exchange_code(Secret(sandbox.consent()))
    assert grant.scope == SAVE_SCOPE
    assert grant.refresh_token is not None


def test_the_granted_scope_is_spotifys_own_word(sandbox: Sandbox) -> None:
    sandbox.set(scope_in_answer="user-library-modify user-read-email")
    grant = spotify.exchange_code(Secret(sandbox.consent()))
    assert grant.scope == "user-library-modify user-read-email"
    sandbox.set(scope_in_answer="omitted")
    assert spotify.exchange_code(Secret(sandbox.consent())).scope is None


def test_two_fans_get_two_grants(sandbox: Sandbox) -> None:
    grants = [spotify.exchange_code(Secret(sandbox.consent(f"fan-{n}"))) for n in (1, 2)]
    assert len({grant.access_token.reveal() for grant in grants}) == 2


def test_a_code_counts_once(sandbox: Sandbox) -> None:
    code = Secret(sandbox.consent())
    spotify.exchange_code(code)
    with pytest.raises(SpotifyError, match="invalid_grant"):
        spotify.exchange_code(code)


def test_a_wrong_client_secret_concerns_the_whole_app(sandbox: Sandbox, settings: Settings) -> None:
    settings.SPOTIFY_CLIENT_SECRET = "wrong"
    with pytest.raises(SpotifyError, match="invalid_client") as caught:
        spotify.exchange_code(Secret(sandbox.consent()))
    assert caught.value.scope is Scope.APP


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"kind": "status", "status": 500}, "unavailable"),
        ({"kind": "status", "status": 503, "body": "<html>"}, "unavailable"),
        ({"kind": "status", "status": 429, "headers": {"Retry-After": "7"}}, "rate_limited"),
        ({"kind": "html"}, "unusable_answer"),
        ({"kind": "empty"}, "unusable_answer"),
        ({"kind": "redirect", "location": "/api/token"}, "unusable_answer"),
        ({"kind": "reset_before"}, "unreachable"),
        ({"kind": "reset_after_effect"}, "unreachable"),
    ],
)
def test_an_exchange_that_goes_wrong_is_one_error(
    fault: dict[str, Any], reason: str, sandbox: Sandbox
) -> None:
    code = Secret(sandbox.consent())
    sandbox.fault("token.code", **fault)
    with pytest.raises(SpotifyError) as caught:
        spotify.exchange_code(code)
    assert caught.value.reason == reason
    assert len(sandbox.calls("token.code")) == 1
    assert code.reveal() not in repr(caught.value)


def test_spotify_that_cannot_be_reached_is_one_error(settings: Settings) -> None:
    settings.SPOTIFY_ACCOUNTS_URL = "http://127.0.0.1:1"
    with pytest.raises(SpotifyError, match="unreachable"):
        spotify.exchange_code(Secret("code"))


def test_an_app_in_development_is_open_to_listed_fans_alone(sandbox: Sandbox) -> None:
    sandbox.set(mode="development")
    sandbox.post("users", {"accounts": [{"id": "stranger", "listed": False}]})
    listed, stranger = (sandbox.tokens(name)["access_token"] for name in ("fan-1", "stranger"))
    assert spotify.is_open_to(Secret(listed)) is True
    assert spotify.is_open_to(Secret(stranger)) is False


def test_a_question_that_spotify_does_not_answer_is_no_answer(sandbox: Sandbox) -> None:
    token = Secret(sandbox.tokens()["access_token"])
    sandbox.fault("me", status=502)
    with pytest.raises(SpotifyError, match="unavailable"):
        spotify.is_open_to(token)
    sandbox.fault("me", "reset_before", times=None)
    with pytest.raises(SpotifyError, match="unreachable"):
        spotify.is_open_to(token)
