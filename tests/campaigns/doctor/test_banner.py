"""Owners are told what somebody has to see to on the server; nobody else is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from campaigns.clock import database_now
from campaigns.doctor import banner, page
from campaigns.doctor.checks import Check, green, red
from campaigns.models import Heartbeat, Label, Role, User
from tests.factory import make_label, make_member
from tests.fans import text_of
from tests.log_ins import logged_in

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db
NO_BACKUP = red("backups", "The last backup was made 9 days ago.", "Run `./presavectl backup`.")


def reported(*checks: Check, ago: timedelta = timedelta()) -> None:
    at = database_now() - ago
    report = {"checks": page.as_data(checks)}
    Heartbeat.objects.update_or_create(
        id=1, defaults={"beat_at": at, "reported_at": at, "report": report}
    )


def list_of(user: User) -> str:
    # Without https as such: only what the banner asks for is set.
    return text_of(logged_in(user).get(reverse("dashboard")))


@pytest.fixture
def is_public(settings: Settings) -> None:
    settings.IS_HTTPS = True


@pytest.mark.usefixtures("is_public")
@pytest.mark.parametrize(("role", "is_told"), [(Role.OWNER, True), (Role.EDITOR, False)])
def test_owners_alone_are_told(role: Role, is_told: bool) -> None:
    reported(NO_BACKUP, green("disk", "Room."))
    member = make_member(make_label(), role=role)
    shown = list_of(member)
    assert ("Tell your site administrator:" in shown) is is_told
    assert ("There's no backup from the last two days." in shown) is is_told
    assert "presavectl" not in shown


@pytest.mark.usefixtures("is_public")
def test_while_all_is_well_nothing_is_said(label: Label, artist: User) -> None:
    reported(green("backups", "An hour ago."))
    assert "Tell your site administrator" not in list_of(artist)


@pytest.mark.usefixtures("is_public")
def test_what_a_worker_said_long_ago_is_not_repeated() -> None:
    reported(NO_BACKUP, ago=timedelta(hours=1))
    assert banner.troubles(database_now()) == []


def test_a_demo_is_told_nothing() -> None:
    reported(NO_BACKUP)
    assert banner.troubles(database_now()) == []


@pytest.mark.usefixtures("is_public")
def test_what_web_sees_itself_needs_no_worker(settings: Settings) -> None:
    settings.ARTWORK_DIR = settings.MASTER_KEY_FILE / "artwork"
    assert banner.troubles(database_now()) == ["Covers can't be stored."]
