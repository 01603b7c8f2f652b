"""What the log tells of accounts, and what it never does."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from tests import factory
from tests.log_ins import logged_in

pytestmark = pytest.mark.django_db

LOG_IN = "/accounts/login/"
NEW = "a-new-and-long-one"


@pytest.fixture(autouse=True)
def _at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "campaigns.accounts.told")


def test_log_ins_good_and_bad_are_told_by_the_accounts_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    user, client = factory.make_user(), Client()
    client.post(LOG_IN, {"login": user.email, "password": "wrong"})
    client.post(LOG_IN, {"login": "nobody@example.com", "password": "wrong"})
    client.post(LOG_IN, {"login": user.email, "password": factory.PASSWORD})
    client.post("/accounts/logout/")

    assert caplog.messages == [
        f"account={user.pk} wrong password",
        "account=None wrong password",
        f"account={user.pk} logged in by=password",
        f"account={user.pk} logged out by=password",
    ]


def test_so_is_a_guess_too_many(caplog: pytest.LogCaptureFixture) -> None:
    user, client = factory.make_user(), Client()
    for _ in range(6):
        client.post(LOG_IN, {"login": user.email, "password": "wrong"})

    assert caplog.messages[5:] == ["password not looked at: too many wrong ones, login_failed"]


def test_so_is_what_is_done_to_an_account(caplog: pytest.LogCaptureFixture) -> None:
    user = factory.make_user()
    form = {"oldpassword": factory.PASSWORD, "password1": NEW, "password2": NEW}
    logged_in(user).post("/accounts/password/change/", form)

    assert f"account={user.pk} password changed by=password" in caplog.messages
    assert user.email not in caplog.text
    assert NEW not in caplog.text
