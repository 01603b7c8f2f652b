"""The account pages that allauth has not, and what is different in its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.test import Client

from tests import factory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SESSIONS = "/accounts/sessions/"


def log_in(email: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": factory.PASSWORD})
    return client


def test_ending_a_session_asks_who_it_is() -> None:
    user = factory.make_user()
    with time_machine.travel(NOON, tick=False) as clock:
        here, there = log_in(user.email), log_in(user.email)
        clock.shift(20 * 60)
        assert here.get(SESSIONS).status_code == 200
        for path in (SESSIONS, f"{SESSIONS}{UserSession.objects.latest('id').pk}/end/"):
            assert "/reauthenticate/" in here.post(path).headers["Location"]
        assert there.get("/dashboard").status_code == 200


def test_a_browser_that_logs_out_forgets_what_it_kept() -> None:
    client = log_in(factory.make_user().email)

    assert client.post("/accounts/logout/").headers["Clear-Site-Data"] == '"cache", "storage"'
