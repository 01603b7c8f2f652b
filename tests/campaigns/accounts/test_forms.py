"""What the forms about an account call things, and where typing begins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.test import Client

from campaigns.models import User
from tests import factory
from tests.log_ins import logged_in

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
NEW_PASSWORD = ["Current password", "New password", "New password again"]


def labels_of(page: str) -> list[str]:
    found = re.findall(r"<label [^>]*>([^<]*)", page)
    return [label.strip() for label in found if label.strip() != "Language"]


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("password/change/", NEW_PASSWORD),
        ("email/", ["New email"]),
        ("2fa/totp/activate/", ["Code"]),
        ("2fa/passkeys/add/", ["Name", "Log in without a password"]),
        ("reauthenticate/", ["Password"]),
    ],
)
def test_a_field_has_one_name_and_says_it_once(
    path: str, labels: list[str], settings: Settings
) -> None:
    settings.SENDS_EMAIL = True
    page = logged_in(factory.make_user()).get(f"/accounts/{path}").text
    assert labels_of(page) == labels
    assert "placeholder" not in page


def test_so_it_is_before_anybody_has_logged_in(settings: Settings) -> None:
    settings.SIGN_UP, settings.SENDS_EMAIL = "open", True
    for path, labels in {
        LOGIN: ["Email", "Password"],
        "/accounts/signup/": ["Email", "Password"],
        "/accounts/password/reset/": ["Email"],
    }.items():
        page = Client().get(path).text
        assert (labels_of(page), "placeholder" in page) == (labels, False)


def test_the_help_says_how_long_a_password_is() -> None:
    page = logged_in(factory.make_user()).get("/accounts/password/change/").text
    rule: Any = django_settings.AUTH_PASSWORD_VALIDATORS[0]
    assert f"At least {rule['OPTIONS']['min_length']} characters, and not a common one." in page


def test_typing_begins_with_the_email() -> None:
    page = Client().get(LOGIN).text
    [focused] = re.findall(r"<[^>]*autofocus[^>]*>", page)
    assert 'name="login"' in focused


def test_after_a_mistake_what_it_is_comes_first() -> None:
    page = Client().post(LOGIN, {"login": "artist@example.com", "password": "wrong"}).text
    [focused] = re.findall(r"<[^>]*autofocus[^>]*>", page)
    assert "error-summary" in focused
    assert "Wrong email or password." in page


def test_a_wrong_current_password_is_called_so() -> None:
    form = {"oldpassword": "wrong", "password1": "brand new pass", "password2": "brand new pass"}
    page = logged_in(factory.make_user()).post("/accounts/password/change/", form).text
    assert "Wrong password." in page


def test_the_other_ways_to_confirm_are_named_as_elsewhere() -> None:
    user = factory.make_user()
    client = logged_in(user)
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN):
        Authenticator.objects.create(user=user, type=kind, data={})
    page = client.get("/accounts/reauthenticate/").text
    assert "Use your authenticator app or a recovery code" in page
    assert "Use your passkey" in page


def test_an_email_that_was_pasted_is_what_can_be_seen_of_it() -> None:
    user = factory.make_user()
    form = {"login": f"\ufeff{user.email}\u200b", "password": factory.PASSWORD}
    assert Client().post(LOGIN, form).status_code == 302


def test_nobody_gets_an_account_whose_email_they_cannot_type(settings: Settings) -> None:
    settings.SIGN_UP, settings.SENDS_EMAIL = "open", True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"email": "new@example.com\u200b", "password1": "another horse battery"}
    Client().post("/accounts/signup/", form)
    assert User.objects.get().email == "new@example.com"
