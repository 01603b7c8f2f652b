"""In which language the artist's side answers, and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone, translation

from campaigns.accounts import sending
from campaigns.models import Role, User
from campaigns.planning import invitations
from tests import factory
from tests.log_ins import logged_in

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

GERMAN = {"Accept-Language": "de-AT,en;q=0.5"}


@pytest.fixture
def user() -> User:
    return factory.make_user(email="artist@example.com")


@pytest.fixture
def browser(user: User) -> Client:
    client = Client(headers=GERMAN)
    client.force_login(user)
    return client


def language_of(client: Client, path: str = "/accounts/") -> str:
    answer = client.get(path)
    assert f'<html lang="{answer["Content-Language"]}">' in answer.text
    return str(answer["Content-Language"])


@pytest.mark.parametrize("path", ["/accounts/login/", "/dashboard/campaigns/none"])
def test_the_browser_is_asked_before_anybody_has_logged_in(path: str) -> None:
    answer = Client(headers=GERMAN).get(path, follow=True)
    assert answer["Content-Language"] == "de"
    assert "Datenschutz" in answer.text


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("", "en"), ("nl", "en"), ("nl,de;q=0.8,en;q=0.5", "de"), ("*", "en"), ("tlh", "en")],
)
def test_the_first_language_that_is_spoken_counts(wanted: str, language: str) -> None:
    assert language_of(Client(headers={"Accept-Language": wanted}), "/accounts/login/") == language


def test_what_an_account_chose_comes_before_the_browser(browser: Client) -> None:
    assert language_of(browser) == "de"
    assert browser.post("/accounts/language/", {"language": "en"}).status_code == 302
    assert language_of(browser) == "en"
    assert language_of(browser, "/dashboard") == "en"
    browser.post("/accounts/language/", {"language": ""})
    assert language_of(browser) == "de"


def test_an_account_chooses_only_what_is_spoken(browser: Client, user: User) -> None:
    page = browser.get("/accounts/").text
    assert '<option value="de">Deutsch</option>' in page
    assert "Nederlands" not in page
    assert browser.post("/accounts/language/", {"language": "nl"}).status_code == 400
    user.refresh_from_db()
    assert user.language == ""


def test_fans_pages_know_nothing_of_it(browser: Client, user: User) -> None:
    User.objects.filter(id=user.id).update(language="en")
    assert browser.get("/privacy")["Content-Language"] == "de"


@pytest.mark.parametrize("chosen", ["de", ""])
def test_an_invitation_is_written_in_the_language_of_its_reader(
    user: User, settings: Settings, chosen: str
) -> None:
    settings.SENDS_EMAIL = True
    factory.make_user(email="colleague@example.com", language=chosen)
    with translation.override("de"):
        invitations.invite(
            factory.make_label(user), "colleague@example.com", Role.EDITOR, user, timezone.now()
        )
    [message] = mail.outbox
    assert ("nur einmal" in message.body) == (chosen == "de")


@pytest.mark.parametrize("chosen", ["de", ""])
def test_a_mail_about_an_account_is_in_its_language_whoever_asked(chosen: str, user: User) -> None:
    User.objects.filter(id=user.id).update(language=chosen)
    Client(headers=GERMAN).post("/accounts/password/reset/", {"email": user.email})
    sending.wait_until_sent()
    [message] = mail.outbox
    assert ("Passwort" in message.subject) == (chosen == "de")


@pytest.mark.parametrize("chosen", ["de", ""])
def test_so_is_a_notice_of_what_was_done_to_it(chosen: str, user: User) -> None:
    User.objects.filter(id=user.id).update(language=chosen)
    form = {
        "oldpassword": factory.PASSWORD,
        "password1": "another horse battery",
        "password2": "another horse battery",
    }
    logged_in(user).post("/accounts/password/change/", form)
    sending.wait_until_sent()
    [message] = mail.outbox
    assert ("Passwort" in message.subject) == (chosen == "de")
