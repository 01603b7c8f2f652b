"""The second step of a log-in: an app's codes and recovery codes. Passkeys: test_passkeys.py."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from campaigns.models import User
from tests import factory
from tests.fans import text_of
from tests.log_ins import logged_in, mails

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

pytestmark = pytest.mark.django_db

SET_UP = "/accounts/2fa/totp/activate/"
SECOND_STEP = "/accounts/2fa/authenticate/"


def code_of(secret: str) -> str:
    """What an app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def set_up(user: User) -> tuple[Client, str]:
    client = logged_in(user)
    page = client.get(SET_UP).content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret
    client.post(SET_UP, {"code": code_of(secret[1])})
    cache.clear()  # each code is good for once, and the next one comes in half a minute
    return client, secret[1]


def codes_in(client: Client) -> list[str]:
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    return re.findall(r"<li>(\d{8})</li>", page)


def log_in(user: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": factory.PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/dashboard").status_code == 200


def test_from_the_recovery_codes_a_link_leads_on(artist: User) -> None:
    client, _ = set_up(artist)
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert '<a href="/dashboard">Back to the campaigns</a>' in page


def test_the_page_shows_its_picture_without_an_address() -> None:
    page = logged_in(factory.make_user()).get(SET_UP).content.decode()
    assert "<svg" in page
    assert "data:" not in page
    assert "<?xml" not in page


def test_with_an_app_the_password_alone_lets_nobody_in() -> None:
    user = factory.make_user()
    _, secret = set_up(user)
    client = log_in(user)
    assert not is_in(client)
    assert "Second step" in text_of(client.get(SECOND_STEP))

    client.post(SECOND_STEP, {"code": "000000"})
    assert not is_in(client)
    client.post(SECOND_STEP, {"code": code_of(secret)})
    assert is_in(client)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_who_has_no_passkey_is_offered_none(host: str, settings: Settings) -> None:
    settings.PUBLIC_HOST = host
    user = factory.make_user()
    set_up(user)
    page = log_in(user).get(SECOND_STEP).text
    assert "Enter a code from your authenticator app" in page
    assert "passkey" not in page.lower()


def test_a_recovery_code_lets_in_once() -> None:
    user = factory.make_user()
    client, _ = set_up(user)
    codes = re.findall(
        r"<li>(\d{8})</li>", client.get("/accounts/2fa/recovery-codes/").content.decode()
    )
    assert len(codes) == 10
    for lets_in in (True, False):
        again = log_in(user)
        again.post(SECOND_STEP, {"code": codes[0]})
        assert is_in(again) is lets_in


def test_a_code_that_somebody_saw_lets_nobody_else_in() -> None:
    """It is good for a minute and a half, as clocks differ, and for one person."""
    began = datetime(2026, 11, 30, 12, tzinfo=UTC)
    with time_machine.travel(began, tick=False) as clock:
        user = factory.make_user()
        _, secret = set_up(user)
        clock.shift(300)
        code = format_hotp_value(hotp_value(secret, int(time.time()) // 30 + 1))
        client = log_in(user)
        client.post(SECOND_STEP, {"code": code})
        assert is_in(client)
        for _ in range(3):
            clock.shift(20)
            thief = log_in(user)
            thief.post(SECOND_STEP, {"code": f"{code[:3]} {code[3:]}"})
            assert not is_in(thief)


def test_codes_cannot_be_guessed() -> None:
    user = factory.make_user()
    _, secret = set_up(user)
    client = log_in(user)
    for number in range(10):
        client.post(SECOND_STEP, {"code": f"{number:06}"})
    client.post(SECOND_STEP, {"code": code_of(secret)})
    assert not is_in(client)


def test_a_copy_of_the_database_holds_no_secret() -> None:
    user = factory.make_user()
    client, secret = set_up(user)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not [code for code in codes_in(client) if code in kept]


def test_setting_up_and_turning_off_ask_who_it_is_and_are_told_by_mail(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    user = factory.make_user()
    for path in (SET_UP, "/accounts/2fa/passkeys/add/"):
        answer = logged_in(user, confirmed=False).get(path)
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    with django_capture_on_commit_callbacks(execute=True):
        client, _ = set_up(user)
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()
    told = [message.subject for message in mails()]
    assert told[0] == "Authenticator app turned on"
    assert "Authenticator app turned off" in told


def test_the_operator_lets_in_who_lost_every_second_step() -> None:
    user = factory.make_user()
    set_up(user)
    call_command("forget_second_factor", user.email.upper())
    assert is_in(log_in(user))
    with pytest.raises(CommandError, match="There is no account"):
        call_command("forget_second_factor", "nobody@example.com")
