"""What mails about an account say, and where their links lead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.test import Client

from tests import factory
from tests.fans import text_of
from tests.log_ins import logged_in, mails

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

ANOTHER_PORT = {"host": "127.0.0.1:9"}


@pytest.fixture(autouse=True)
def _mail_works(settings: Settings) -> None:
    settings.SENDS_EMAIL = True


@pytest.fixture
def open_sign_up(settings: Settings) -> None:
    settings.SIGN_UP = "open"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def links_sent() -> list[str]:
    return re.findall(r"https?://\S+", "\n".join(str(message.body) for message in mails()))


def test_a_reset_link_begins_with_the_public_address() -> None:
    form = {"email": factory.make_user().email}
    Client().post("/accounts/password/reset/", form, headers=ANOTHER_PORT)

    (link,) = links_sent()
    assert link.startswith(f"{django_settings.PUBLIC_URL}/accounts/password/reset/key/")


@pytest.mark.usefixtures("open_sign_up")
@pytest.mark.parametrize("known", [False, True])
def test_so_do_the_links_of_a_sign_up(known: bool) -> None:
    email = factory.make_user().email if known else "new@example.com"
    form = {"email": email, "password1": factory.PASSWORD}
    Client().post("/accounts/signup/", form, headers=ANOTHER_PORT)

    (link,) = links_sent()
    path = "password/reset/" if known else "confirm-email/"
    assert link.startswith(f"{django_settings.PUBLIC_URL}/accounts/{path}")


# A new address


def change(client: Client, email: str) -> None:
    client.post("/accounts/email/", {"email": email, "action_add": ""}, follow=True)


def link_to_confirm() -> str:
    (link,) = [link for link in links_sent() if "/confirm-email/" in link]
    return link.removeprefix(django_settings.PUBLIC_URL)


def test_a_new_address_counts_once_confirmed_and_the_old_one_is_told() -> None:
    user = factory.make_user(email="old@example.com")
    client = logged_in(user)
    change(client, "new@example.com")
    user.refresh_from_db()
    assert (user.email, [message.to for message in mails()]) == (
        "old@example.com",
        [["new@example.com"]],
    )
    assert "We sent a link to" in text_of(client.get("/accounts/email/"))

    path = link_to_confirm()
    assert "Is <strong>new@example.com</strong> your email address?" in text_of(Client().get(path))
    user.refresh_from_db()
    assert user.email == "old@example.com"
    Client().post(path)
    user.refresh_from_db()
    assert user.email == "new@example.com"
    notice = mails()[-1]
    assert (notice.to, notice.subject) == (["old@example.com"], "Your email was changed")


def test_it_asks_who_it_is_first() -> None:
    client = logged_in(factory.make_user(), confirmed=False)
    answer = client.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert mails() == []


def test_an_address_that_somebody_has_is_not_taken_over() -> None:
    owner, other = factory.make_user(email="owner@example.com"), factory.make_user()
    change(logged_in(other), owner.email)
    for link in links_sent():
        Client().post(link.removeprefix(django_settings.PUBLIC_URL))
    other.refresh_from_db()
    assert other.email != owner.email


def test_asking_for_a_new_address_confirms_nothing_of_the_old_one() -> None:
    """Whoever came by a link that was copied by hand has shown nobody that they read its mail."""
    user = factory.make_user()
    address = EmailAddress.objects.create(user=user, email=user.email, primary=True)
    change(logged_in(user, confirmed=False), "new@example.com")
    for email in ("new@example.com", "newer@example.com"):
        change(logged_in(user), email)

        address.refresh_from_db()
        user.refresh_from_db()
        assert (address.verified, user.email) == (False, address.email)
        assert mails()[-1].to == [email]
    Client().post(links_sent()[-1].removeprefix(django_settings.PUBLIC_URL))
    user.refresh_from_db()
    assert user.email == "newer@example.com"


def test_where_no_mail_is_sent_the_page_says_so(settings: Settings) -> None:
    settings.SENDS_EMAIL = False
    page = text_of(logged_in(factory.make_user()).get("/accounts/email/"))
    assert "This site can't send email" in page
    assert 'name="action_add"' not in page
