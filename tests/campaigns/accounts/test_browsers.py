"""Browsers that an account knows: no stranger locks them out, and any other is told of."""

from __future__ import annotations

import pytest
from django.test import Client

from campaigns.models import User
from tests import factory
from tests.log_ins import logged_in, mails

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
NEWS = "New log-in to your account"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each password that was compared with the account's."""
    tried: list[str] = []
    check = User.check_password

    def note_and_check(self: User, raw: str) -> bool:
        tried.append(raw)
        return not raw.startswith("guess") and check(self, raw)

    monkeypatch.setattr(User, "check_password", note_and_check)
    return tried


def log_in(client: Client, user: User, password: str = factory.PASSWORD, **extra: str) -> bool:
    form = {"login": user.email, "password": password}
    return client.post(LOGIN, form, headers=extra).status_code == 302


def forget_session(client: Client) -> Client:
    """The same browser, logged out."""
    client.post("/accounts/logout/")
    return client


def test_of_a_thousand_guesses_twenty_are_evaluated_and_the_owner_is_in(tried: list[str]) -> None:
    owner, user = Client(), factory.make_user()
    assert log_in(owner, user)
    forget_session(owner)
    tried.clear()

    for number in range(1000):
        client = Client(REMOTE_ADDR=f"198.51.100.{number % 250}")
        assert not log_in(client, user, f"guess {number}")

    assert 0 < len(tried) <= 20
    assert not log_in(Client(), user)
    assert log_in(owner, user)


def test_another_port_in_the_host_header_begins_no_new_count(tried: list[str]) -> None:
    user = factory.make_user()
    for number in range(30):
        log_in(Client(), user, f"guess {number}", host=f"127.0.0.1:{number + 1}")
    assert len(tried) <= 5


def test_a_known_browser_guesses_no_more_than_others(tried: list[str]) -> None:
    client, user = Client(), factory.make_user()
    log_in(client, user)
    forget_session(client)
    tried.clear()
    for number in range(30):
        log_in(client, user, f"guess {number}")
    assert len(tried) == 5


def test_one_source_is_stopped_whatever_accounts_it_tries(tried: list[str]) -> None:
    users = [factory.make_user() for _ in range(30)]
    for user in users:
        log_in(Client(), user, "guess")
    assert len(tried) == 10


def test_an_address_that_a_header_claims_begins_no_new_count(tried: list[str]) -> None:
    for number in range(30):
        forged = {"x-forwarded-for": f"203.0.113.{number}"}
        log_in(Client(), factory.make_user(), "guess", **forged)
    assert len(tried) == 10
    assert log_in(Client(REMOTE_ADDR="198.51.100.8"), factory.make_user())


def test_a_forged_cookie_is_no_known_browser(tried: list[str]) -> None:
    user = factory.make_user()
    for number in range(30):
        client = Client()
        client.cookies["browser"] = f"{user.pk}.{number}.{'0' * 64}"
        log_in(client, user, f"guess {number}")
    assert len(tried) <= 5


def test_a_browser_knows_several_accounts() -> None:
    client, users = Client(), [factory.make_user() for _ in range(3)]
    for _ in range(2):
        for user in users:
            assert log_in(client, user)
            forget_session(client)
    assert mails() == []


def test_the_first_log_in_is_no_news_and_one_from_another_browser_is() -> None:
    client, user = Client(), factory.make_user()
    assert log_in(client, user)
    assert log_in(forget_session(client), user)
    assert mails() == []

    assert log_in(Client(headers={"user-agent": "Firefox/145.0 (Windows)"}), user)

    (message,) = mails()
    assert (message.to, message.subject) == ([user.email], NEWS)
    assert "Firefox · Windows" in message.body
    assert "127.0.0.1" not in str(message.body).replace("http://127.0.0.1", "").replace(
        "Presave at 127.0.0.1", ""
    )


def test_a_new_password_makes_strangers_of_all_other_browsers() -> None:
    here, there, user = Client(), Client(), factory.make_user()
    log_in(there, user)
    log_in(here, user)
    form = {"oldpassword": factory.PASSWORD, "password1": "brand new pass"}
    here.post("/accounts/password/change/", form | {"password2": "brand new pass"})
    mails().clear()

    assert log_in(forget_session(here), user, "brand new pass")
    assert mails() == []
    assert log_in(forget_session(there), user, "brand new pass")
    assert [message.subject for message in mails()] == [NEWS]


def test_the_cookie_is_out_of_reach_for_scripts() -> None:
    client, user = Client(), factory.make_user()
    log_in(client, user)
    cookie = client.cookies["browser"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert "browser" not in logged_in(user).get("/dashboard").cookies
