"""Nobody learns from an answer, or from the time it takes, who has an account."""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import User
from tests import factory
from tests.log_ins import mails

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

ROUNDS = 10
SHUFFLES = 2000
# A stranger far away measures no difference that is smaller; one that a permutation explains is
# none at all.
TOO_MUCH_SECONDS = 0.004
TOO_UNLIKELY = 0.001


def log_in(email: str) -> str:
    return ask("/accounts/login/", {"login": email, "password": "a wrong password"})


def reset(email: str) -> str:
    return ask("/accounts/password/reset/", {"email": email})


def sign_up(email: str) -> str:
    return ask("/accounts/signup/", {"email": email, "password1": "a long new password"})


def ask(path: str, form: dict[str, str]) -> str:
    """What a stranger sees of the answer, without what is new each time and what they sent."""
    answer = Client().post(path, form, follow=True)
    page = re.sub(r'value="[^"]*"', "", answer.content.decode())
    return f"{answer.redirect_chain} {page}".replace(form.get("login", form.get("email", "")), "")


@pytest.fixture(autouse=True)
def _as_wide_open_as_can_be(settings: Settings) -> None:
    settings.SENDS_EMAIL = True
    settings.SIGN_UP = "open"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that Argon2 ran, which is most of what such an answer takes."""
    runs: list[str] = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify

    def note_encode(self: Argon2PasswordHasher, password: str, salt: str) -> str:
        runs.append("encode")
        return encode(self, password, salt)

    def note_verify(self: Argon2PasswordHasher, password: str, encoded: str) -> bool:
        runs.append("verify")
        return verify(self, password, encoded)

    monkeypatch.setattr(Argon2PasswordHasher, "encode", note_encode)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", note_verify)
    return runs


def known() -> str:
    user = factory.make_user()
    user.set_password(factory.PASSWORD)
    user.save()
    return with_address(user)


def invited() -> str:
    """Of somebody who has not set a password yet."""
    return with_address(User.objects.create_user("invited@example.com"))


def with_address(user: User) -> str:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user.email


def unknown() -> str:
    return "nobody-1234567@example.com"


FORMS = pytest.mark.parametrize("form", [log_in, reset, sign_up])


@FORMS
def test_the_answers_are_equal(form: Callable[[str], str]) -> None:
    answers = {form(email()) for email in (known, invited, unknown)}
    assert len(answers) == 1


@FORMS
def test_the_work_is_equal(form: Callable[[str], str], hashed: list[str]) -> None:
    work = set()
    for email in (known(), invited(), unknown()):
        hashed.clear()
        form(email)
        work.add(len(hashed))
    assert work == ({0} if form is reset else {1})


@FORMS
def test_the_database_is_asked_as_often(form: Callable[[str], str]) -> None:
    numbers = set()
    for email in (known(), unknown()):
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            form(email)
        numbers.add(len(queries))
    assert max(numbers) - min(numbers) <= 1


@pytest.mark.usefixtures("real_passwords")
@FORMS
def test_the_times_do_not_tell(form: Callable[[str], str]) -> None:
    """A permutation test on the medians: were the addresses told apart by time, hardly any shuffle
    of all times would part them as far.
    """
    member = known()
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(2 * ROUNDS):
        is_known = (number + number // 2) % 2
        # A sign-up makes an address known.
        email = member if is_known else f"nobody-{number}@example.com"
        cache.clear()
        began = time.perf_counter()
        form(email)
        times[is_known].append(time.perf_counter() - began)
    assert apart(*times) < TOO_MUCH_SECONDS or likelihood(*times) > TOO_UNLIKELY


def apart(some: list[float], others: list[float]) -> float:
    return abs(statistics.median(some) - statistics.median(others))


def likelihood(some: list[float], others: list[float]) -> float:
    """How often chance parts these times at least as far."""
    chance, everything = random.Random(1), [*some, *others]
    further = 0
    for _ in range(SHUFFLES):
        chance.shuffle(everything)
        shuffled = apart(everything[: len(some)], everything[len(some) :])
        further += shuffled >= apart(some, others)
    return further / SHUFFLES


def test_a_reset_mail_goes_to_members_alone() -> None:
    member = known()
    for email in (member, unknown()):
        reset(email)
    assert [message.to for message in mails()] == [[member]]


def test_nobodys_mailbox_is_flooded() -> None:
    member = known()
    for _ in range(10):
        reset(member)
    assert len(mails()) == 3


def test_a_sign_up_with_a_taken_address_is_told_to_its_owner_alone() -> None:
    member = known()
    sign_up(member)
    (message,) = mails()
    assert (message.to, message.subject) == ([member], "You already have an account")
    assert User.objects.count() == 1
