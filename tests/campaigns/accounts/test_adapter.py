"""What mails about an account say, and where their links lead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests import factory
from tests.log_ins import mails

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
