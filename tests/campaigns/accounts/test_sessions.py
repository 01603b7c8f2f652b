"""Which log-ins there are, what is kept of each, and when an idle one ends."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from campaigns.accounts.sessions import browser_name
from campaigns.models import User
from tests import factory
from tests.log_ins import logged_in

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SESSIONS = "/accounts/sessions/"
ANDROID = "Mozilla/5.0 (Linux; Android 16; SM-S926B) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"


def log_in(email: str, user_agent: str = ANDROID) -> Client:
    client = Client(headers={"user-agent": user_agent})
    client.post("/accounts/login/", {"login": email, "password": factory.PASSWORD})
    return client


def is_in(client: Client, **headers: str) -> bool:
    return client.get("/dashboard", headers=headers).status_code == 200


def idle_for(client: Client, seconds: int) -> None:
    session = client.session
    session["seen"] = int(time.time()) - seconds
    session.save()


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (ANDROID, "Chrome · Android"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox · Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/142 Safari/537 Edg/142",
            "Edge · Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Safari/604.1", "Safari · iPhone"),
        ("curl/8.5.0", "? · ?"),
        ("Chrome · Android", "Chrome · Android"),
    ],
)
def test_a_browser_is_known_by_its_kind_alone(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


def test_of_a_session_neither_address_nor_user_agent_is_kept() -> None:
    client = log_in(factory.make_user().email)
    idle_for(client, 3600)
    client.get("/dashboard")

    session = UserSession.objects.get()
    assert (session.ip, session.user_agent) == ("::", "Chrome · Android")


def test_the_list_shows_every_browser_and_ends_one() -> None:
    user = factory.make_user()
    here, there = log_in(user.email), log_in(user.email, "Firefox/145.0 (Windows)")
    page = here.get(SESSIONS).content.decode()
    assert "This browser" in page
    assert "Firefox · Windows" in page

    other = UserSession.objects.get(user_agent="Firefox · Windows")
    here.post(f"{SESSIONS}{other.pk}/end/")

    assert is_in(here)
    assert not is_in(there)


def test_all_others_end_at_once() -> None:
    user = factory.make_user()
    clients = [log_in(user.email) for _ in range(3)]
    clients[0].post(SESSIONS)
    assert [is_in(client) for client in clients] == [True, False, False]


def test_nobody_ends_a_strangers_session() -> None:
    there = log_in(factory.make_user().email)
    here = log_in(factory.make_user().email)
    stranger = UserSession.objects.order_by("id").first()
    assert stranger

    assert here.post(f"{SESSIONS}{stranger.pk}/end/").status_code == 302
    assert is_in(there)
    assert UserSession.objects.count() == 2


def test_a_session_ends_after_twelve_hours_without_use() -> None:
    client = logged_in(factory.make_user())
    idle_for(client, 12 * 3600 - 60)
    assert is_in(client)
    idle_for(client, 12 * 3600 + 60)
    assert not is_in(client)
    assert settings.SESSION_COOKIE_AGE == 12 * 3600


def test_one_in_use_ends_after_seven_days() -> None:
    user = factory.make_user()
    with time_machine.travel(NOON, tick=False) as clock:
        client = log_in(user.email)
        for _ in range(15):
            clock.shift(11 * 3600)
            assert is_in(client)
        clock.shift(4 * 3600)
        assert not is_in(client)


def test_the_operator_ends_those_of_one_account_or_of_all() -> None:
    one, other = factory.make_user(), factory.make_user()
    theirs, others = log_in(one.email), log_in(other.email)
    call_command("end_sessions", one.email.upper())
    assert (is_in(theirs), is_in(others)) == (False, True)

    call_command("end_sessions", "--all")
    assert not is_in(others)
    with pytest.raises(CommandError, match="There is no account"):
        call_command("end_sessions", "nobody@example.com")


def test_an_account_that_is_switched_off_is_out() -> None:
    user = factory.make_user()
    client = log_in(user.email)
    assert is_in(client)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not is_in(client)


def test_use_renews_it_and_what_a_page_asks_by_itself_does_not() -> None:
    client = logged_in(factory.make_user())
    idle_for(client, 3600)
    before = Session.objects.get().expire_date

    assert is_in(client, **{"X-Live": "1"})
    assert (client.session["seen"], Session.objects.get().expire_date) == (
        pytest.approx(time.time() - 3600, abs=60),
        before,
    )
    assert is_in(client)
    assert client.session["seen"] == pytest.approx(time.time(), abs=60)
    assert client.cookies["session"]["max-age"] == 12 * 3600


def test_each_look_at_a_page_does_not_write_the_session_anew() -> None:
    client = logged_in(factory.make_user())
    idle_for(client, 200)
    client.get("/dashboard")
    assert client.session["seen"] == pytest.approx(time.time() - 200, abs=60)


# Who just logged in need not say again who they are


def is_asked(client: Client) -> bool:
    answer = client.get("/accounts/2fa/totp/activate/")
    return answer.status_code == 302 and "/reauthenticate/" in answer.headers["Location"]


def test_a_log_in_counts_as_an_answer_for_fifteen_minutes() -> None:
    user = factory.make_user()
    with time_machine.travel(NOON, tick=False) as clock:
        client = log_in(user.email)
        assert not is_asked(client)
        clock.shift(15 * 60 - 1)
        assert not is_asked(client)
        clock.shift(1)
        assert is_asked(client)


def test_being_at_work_is_no_answer() -> None:
    user = factory.make_user()
    with time_machine.travel(NOON, tick=False) as clock:
        client = log_in(user.email)
        for _ in range(3):
            clock.shift(6 * 60)
            assert is_in(client)
        assert is_asked(client)


def test_a_password_without_the_second_step_is_no_log_in() -> None:
    user = factory.make_user()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert "began" not in log_in(user.email).session
