"""SECOND_FACTOR=required: who has none sets one up before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests import factory
from tests.log_ins import logged_in

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


def test_the_dashboard_waits_for_a_second_step(settings: Settings) -> None:
    user = factory.make_user()
    client = logged_in(user)
    settings.SECOND_FACTOR = "required"

    for path in ("/dashboard", "/dashboard/new"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/2fa/")
    assert "Set up two-factor authentication to continue." in client.get("/accounts/2fa/").text

    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert client.get("/dashboard").status_code == 200


def test_recovery_codes_alone_are_none(settings: Settings) -> None:
    settings.SECOND_FACTOR = "required"
    user = factory.make_user()
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={})

    assert logged_in(user).get("/dashboard").status_code == 302


def test_nobody_is_asked_where_it_is_optional_or_before_the_log_in(settings: Settings) -> None:
    assert logged_in(factory.make_user()).get("/dashboard").status_code == 200
    settings.SECOND_FACTOR = "required"

    assert "/accounts/login/" in Client().get("/dashboard").headers["Location"]
