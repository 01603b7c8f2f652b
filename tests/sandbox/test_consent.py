"""The consent page at /authorize."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.sandbox.driver import REDIRECT_URI, Sandbox, query_of, request_for_consent


@pytest.fixture
def browser(sandbox: Sandbox) -> Iterator[requests.Session]:
    """Keeps cookies, as the shared session of the sandbox must not."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def open_page(sandbox: Sandbox, browser: requests.Session, **asked: str) -> requests.Response:
    query = request_for_consent(**asked)
    return browser.get(f"{sandbox.url}/authorize", params=query, allow_redirects=False)


def test_the_page_names_the_app_and_what_it_asks_for(
    sandbox: Sandbox, browser: requests.Session
) -> None:
    page = open_page(sandbox, browser)
    assert page.status_code == 200
    assert "this stands in for Spotify" in page.text
    assert "Presave asks for access" in page.text
    assert "Manage your saved content" in page.text
    assert "Access your saved content" not in page.text
    assert page.text.count("<option") == 5


def test_the_page_escapes_what_it_was_asked(sandbox: Sandbox, browser: requests.Session) -> None:
    page = open_page(sandbox, browser, state='"><b>', scope="<i>x</i>")
    assert "<b>" not in page.text
    assert "<i>" not in page.text


def test_the_page_works_without_script_and_may_redirect_to_the_app(
    sandbox: Sandbox, browser: requests.Session
) -> None:
    page = open_page(sandbox, browser)
    assert "form-action" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert "style=" not in page.text


def test_agreeing_goes_back_with_a_code_and_the_state(sandbox: Sandbox) -> None:
    answer = sandbox.decide("allow")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{REDIRECT_URI}?")
    assert set(query_of(answer)) == {"code", "state"}
    assert query_of(answer)["state"] == "a-state"


def test_cancelling_goes_back_with_access_denied_and_no_code(sandbox: Sandbox) -> None:
    answer = sandbox.decide("deny")
    assert answer.status_code == 302
    assert query_of(answer) == {"error": "access_denied", "state": "a-state"}


def test_the_form_may_repeat_the_request_in_its_query(
    sandbox: Sandbox, browser: requests.Session
) -> None:
    answer = browser.post(
        f"{sandbox.url}/authorize",
        params=request_for_consent(),
        data={"account": "fan-2", "decision": "allow"},
        allow_redirects=False,
    )
    assert "code" in query_of(answer)


def test_a_query_of_the_redirect_uri_is_kept(sandbox: Sandbox) -> None:
    answer = sandbox.decide("allow", redirect_uri=f"{REDIRECT_URI}?a=b")
    assert query_of(answer)["a"] == "b"
    assert "code" in query_of(answer)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("client_id", "another", "INVALID_CLIENT: Invalid client"),
        ("redirect_uri", "http://localhost/cb", "INVALID_CLIENT: Invalid redirect URI"),
        ("redirect_uri", "http://example.com/cb", "INVALID_CLIENT: Invalid redirect URI"),
        ("redirect_uri", "", "INVALID_CLIENT: Invalid redirect URI"),
        ("response_type", "token", "response_type must be code"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_request_is_refused_on_the_page_and_never_redirected(
    sandbox: Sandbox, browser: requests.Session, method: str, field: str, value: str, message: str
) -> None:
    asked = {**request_for_consent(**{field: value}), "account": "fan-1", "decision": "allow"}
    answer = browser.request(
        method, f"{sandbox.url}/authorize", params=asked, allow_redirects=False
    )
    assert answer.status_code == 400
    assert message in answer.text


def test_an_unknown_account_or_decision_is_refused(sandbox: Sandbox) -> None:
    assert sandbox.decide("allow", account="nobody").status_code == 400
    assert sandbox.decide("perhaps").status_code == 400


def test_a_fan_who_agreed_before_is_sent_straight_back(
    sandbox: Sandbox, browser: requests.Session
) -> None:
    agree(sandbox, browser)
    again = open_page(sandbox, browser)
    assert again.status_code == 302
    assert "code" in query_of(again)


def test_show_dialog_asks_a_fan_who_agreed_before(
    sandbox: Sandbox, browser: requests.Session
) -> None:
    agree(sandbox, browser)
    again = open_page(sandbox, browser, show_dialog="true")
    assert again.status_code == 200
    assert 'value="fan-3" selected' in again.text


def test_more_than_was_agreed_to_is_asked_again(
    sandbox: Sandbox, browser: requests.Session
) -> None:
    agree(sandbox, browser)
    wider = open_page(sandbox, browser, scope="user-library-modify user-read-email")
    assert wider.status_code == 200


def agree(sandbox: Sandbox, browser: requests.Session) -> None:
    fields = {**request_for_consent(), "account": "fan-3", "decision": "allow"}
    answer = browser.post(f"{sandbox.url}/authorize", fields, allow_redirects=False)
    assert answer.status_code == 302


def test_registered_redirect_uris_must_match_exactly() -> None:
    registered = "https://presave.example.com/callback"
    options = ("--redirect-uri", registered, "--redirect-uri", "http://127.0.0.1/callback")
    with Sandbox(*options) as strict:
        assert strict.decide(redirect_uri=registered).status_code == 302
        assert strict.decide(redirect_uri=f"{registered}/").status_code == 400
        assert strict.decide(redirect_uri="https://other.example.com/").status_code == 400
        with_port = strict.decide(redirect_uri="http://127.0.0.1:8000/callback")
        assert with_port.status_code == 302
        assert urlsplit(with_port.headers["Location"]).port == 8000
