"""Logging in and out, passwords, and the pages of a closed sign-up."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client
from django.urls import NoReverseMatch, reverse

from campaigns.accounts.urls import urlpatterns
from campaigns.models import User
from tests import factory
from tests.log_ins import logged_in, mails

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


def log_in(client: Client, email: str, password: str = factory.PASSWORD) -> int:
    return client.post(LOGIN, {"login": email, "password": password}).status_code


def is_logged_in(client: Client) -> bool:
    return client.get("/dashboard").status_code == 200


def test_an_artist_logs_in_by_e_mail_in_any_case() -> None:
    factory.make_user(email="artist@example.com")
    client = Client()

    assert log_in(client, "Artist@Example.com") == 302
    assert is_logged_in(client)


def test_a_superuser_from_the_command_line_logs_in() -> None:
    User.objects.create_superuser("admin@example.com", factory.PASSWORD)
    client = Client()

    log_in(client, "admin@example.com")

    assert is_logged_in(client)


def test_the_log_in_gives_the_session_a_new_id() -> None:
    user = factory.make_user()
    client = Client()
    before = "chosen-by-a-stranger"
    client.cookies[django_settings.SESSION_COOKIE_NAME] = before

    log_in(client, user.email)

    assert client.cookies[django_settings.SESSION_COOKIE_NAME].value != before
    old = Client()
    old.cookies[django_settings.SESSION_COOKIE_NAME] = before
    assert not is_logged_in(old)


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites() -> None:
    user = factory.make_user()
    client = Client()
    log_in(client, user.email)

    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert client.get(LOGIN).cookies == {}


def test_logging_out_ends_the_session_and_needs_a_post() -> None:
    user = factory.make_user()
    client = Client()
    log_in(client, user.email)
    copy = Client()
    copy.cookies[django_settings.SESSION_COOKIE_NAME] = client.cookies[
        django_settings.SESSION_COOKIE_NAME
    ].value

    assert b"Log out?" in client.get("/accounts/logout/").content
    assert is_logged_in(copy)

    client.post("/accounts/logout/")
    assert not is_logged_in(copy)


def test_a_changed_password_ends_every_other_session() -> None:
    user = factory.make_user()
    here, there = Client(), Client()
    log_in(here, user.email)
    log_in(there, user.email)

    here.post(
        "/accounts/password/change/",
        {
            "oldpassword": factory.PASSWORD,
            "password1": "brand new pass",
            "password2": "brand new pass",
        },
    )

    assert is_logged_in(here)
    assert not is_logged_in(there)


def test_unknown_accounts_and_wrong_passwords_get_the_same_answer() -> None:
    user = factory.make_user()

    pages = [
        Client().post(LOGIN, {"login": email, "password": "wrong"}).content.decode()
        for email in (user.email, "nobody-12345@example.com")
    ]
    known, unknown = (re.sub(r'value="[^"]*"', "", page).replace(user.email, "") for page in pages)

    assert known == unknown
    assert "Error: Log in" in known


def test_guessing_a_password_is_stopped_before_it_gets_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = factory.make_user()
    tried: list[str] = []
    check = User.check_password

    def note_and_check(self: User, raw: str) -> bool:
        tried.append(raw)
        return check(self, raw)

    monkeypatch.setattr(User, "check_password", note_and_check)

    for number in range(30):
        log_in(Client(), user.email, f"guess {number}")

    assert 0 < len(tried) <= 20
    assert log_in(Client(), user.email) != 302


def test_a_form_without_its_token_is_refused_in_words() -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post(LOGIN, {"login": "a@example.com", "password": "x"})

    assert response.status_code == 403
    assert b"This form has expired" in response.content


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_log_in_leads_nowhere_else(target: str) -> None:
    user = factory.make_user()

    response = Client().post(
        LOGIN, {"login": user.email, "password": factory.PASSWORD, "next": target}
    )

    assert response.headers.get("Location", "/dashboard") == "/dashboard"


# Sign-up and forgotten passwords


def test_sign_up_is_closed_in_words() -> None:
    for response in (
        Client().get("/accounts/signup/"),
        Client().post(
            "/accounts/signup/", {"email": "a@example.com", "password1": "long enough 1"}
        ),
    ):
        assert b"Accounts by invitation" in response.content
    assert b"Sign up" not in Client().get(LOGIN).content
    assert not User.objects.exists()


def test_an_open_sign_up_is_offered(settings: Settings) -> None:
    settings.SIGN_UP = "open"

    assert b'href="/accounts/signup/"' in Client().get(LOGIN).content
    assert b'name="email"' in Client().get("/accounts/signup/").content


def test_without_e_mail_the_reset_page_says_whom_to_ask() -> None:
    page = Client().get("/accounts/password/reset/").content.decode()

    assert "This site can't send email." in page
    assert "Ask your site administrator for a new link" in page
    assert "<form" not in page


def test_with_e_mail_a_forgotten_password_is_set_anew(settings: Settings) -> None:
    settings.SENDS_EMAIL = True
    user = factory.make_user()
    client = Client()

    response = client.post("/accounts/password/reset/", {"email": user.email}, follow=True)

    assert b"Check your email" in response.content
    assert len(mails()) == 1
    link = re.search(r"/accounts/password/reset/key/\S+", str(mails()[0].body))
    assert link
    assert b"Set your password" in client.get(link[0], follow=True).content


# Every page of allauth's


def addresses() -> list[str]:
    found = []
    for pattern in urlpatterns:
        try:
            found.append(reverse(str(pattern.name)))
        except NoReverseMatch:  # those that hold a key
            continue
    return found


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("address", addresses())
def test_every_account_page_looks_like_the_dashboard(address: str, known: bool) -> None:
    client = logged_in(factory.make_user()) if known else Client()

    response = client.get(address, follow=True)
    page = response.content.decode()

    if response.status_code == 404:  # of a second factor that this account has not
        assert "There's nothing here" in page
        return
    assert response.status_code == 200
    assert "campaigns/base" in page
    assert page.count("<h1>") == 1
    assert not re.search(r"<script(?! src)|<style|\sstyle=|\son\w+=", page)
    assert re.search(r"<title>\s*[A-Z][^<]*Presave</title>", page)


@pytest.mark.parametrize("key", ["x-y", "1-set-password", "zzzz-abc-def"])
def test_a_link_that_is_wrong_says_so(key: str) -> None:
    page = Client().get(f"/accounts/password/reset/key/{key}/", follow=True).content.decode()

    assert "This link has expired" in page


# The error pages


def test_a_page_that_is_not_there_says_so_without_a_cookie() -> None:
    for address in ("/there-is-no-such-campaign", "/a/b/c"):
        response = Client().get(address)

        assert response.status_code == 404
        assert b"nothing at this address" in response.content
        assert not response.cookies


def test_a_broken_page_says_so_without_asking_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("canary")

    overview = importlib.import_module("campaigns.status.overview")
    monkeypatch.setattr(overview, "list_items", broken)
    client = Client(raise_request_exception=False)
    log_in(client, factory.make_user().email)

    response = client.get("/dashboard")

    assert response.status_code == 500
    assert b"Something broke on our side" in response.content
    assert b"canary" not in response.content


def test_a_page_whose_database_is_away_says_that_nothing_was_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*args: object) -> None:
        raise OperationalError("canary")

    overview = importlib.import_module("campaigns.status.overview")
    monkeypatch.setattr(overview, "list_items", away)
    client = Client(raise_request_exception=False)
    log_in(client, factory.make_user().email)

    response = client.get("/dashboard")

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "no-store" in response["Cache-Control"]
    assert b"Nothing was stored just now" in response.content
    assert b"canary" not in response.content
