"""Passkeys in Chromium, with an authenticator that it plays itself, under the site's own policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory

from campaigns.accounts import passkeys
from campaigns.models import User
from tests import factory

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

LOG_IN = "/accounts/2fa/passkeys/login/"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def home(site: str, settings: Settings) -> str:
    """The site under a name: to an address no browser binds a passkey."""
    settings.PUBLIC_HOST = "localhost"
    address = f"http://localhost:{urlsplit(site).port}"
    settings.PUBLIC_URL = address
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    return address


@pytest.fixture
def page(browser: Browser, home: str) -> Iterator[Page]:
    context = browser.new_context(base_url=home)
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield page
    assert complaints == []
    context.close()


def log_in(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password", exact=True).fill(factory.PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def add_passkey(page: Page, user: User) -> None:
    log_in(page, user)
    page.wait_for_url("**/dashboard")
    page.goto("/accounts/2fa/passkeys/add/")
    page.get_by_label("Log in without a password").check()
    page.get_by_role("button", name="Add passkey").click()
    page.wait_for_url("**/recovery-codes/")


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/accounts/login/")


def test_a_passkey_alone_lets_in(page: Page, artist: User) -> None:
    add_passkey(page, artist)
    assert Authenticator.objects.get(type="webauthn").user == artist
    log_out(page)

    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url("**/dashboard")


def test_a_passkey_is_a_second_step_and_confirms_who_it_is(page: Page, artist: User) -> None:
    add_passkey(page, artist)
    log_out(page)

    log_in(page, artist)
    page.get_by_role("heading", name="Second step").wait_for()
    page.get_by_text("Use your passkey, or enter a recovery code.").wait_for()
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/dashboard")

    page.goto("/accounts/2fa/passkeys/reauthenticate/?next=/accounts/2fa/passkeys/")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/accounts/2fa/passkeys/")


def test_who_only_asks_for_a_challenge_begins_no_session() -> None:
    client = Client()
    answer = client.get(LOG_IN, headers={"X-Requested-With": "XMLHttpRequest"})

    assert answer.json()["request_options"]["publicKey"]["challenge"]
    assert not Session.objects.exists()
    assert (list(client.cookies), client.cookies["passkey"]["httponly"]) == (["passkey"], True)


def test_a_challenge_is_good_for_one_answer_and_five_minutes() -> None:
    """The signature of a log-in that somebody saw opens nothing once more."""
    client = Client()
    with time_machine.travel(NOON, tick=False) as clock:
        client.get(LOG_IN, headers={"X-Requested-With": "XMLHttpRequest"})
        request = RequestFactory().post(LOG_IN)
        request.COOKIES["passkey"] = client.cookies["passkey"].value
        clock.shift(301)
        assert passkeys._challenge_of(request) is None
        clock.shift(-2)
        assert passkeys._challenge_of(request)
        assert passkeys._challenge_of(request) is None


def test_who_declines_is_told_what_else_there_is(page: Page, artist: User) -> None:
    page.goto("/accounts/login/")
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_role("alert").wait_for()
    assert "The passkey wasn't used." in page.get_by_role("alert").inner_text()


def test_at_a_bare_address_nobody_is_offered_one() -> None:
    assert b"passkey" not in Client().get("/accounts/login/").content
