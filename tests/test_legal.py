"""docs/legal.md says what the code does: every table, every period, and a command that works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from campaigns.accounts import browsers, sessions
from campaigns.consent.cookie import COOKIE_LIFETIME
from campaigns.consent.receipts import REMEMBERED_FOR
from campaigns.models import (
    HARD_STOP,
    PERMISSION_LIFETIME,
    ROW_LIFETIME,
    Event,
    HistoryEntry,
    Role,
    User,
)
from campaigns.models.limits import (
    HISTORY_LIFETIME,
    INVITATION_LIFETIME,
    RETRIED_FOR,
    WEEKLY_KEY_LIFETIME,
)
from campaigns.planning import invitations
from campaigns.planning.history import record
from campaigns.roles.access import WHO_MAY
from deploy.server.backup import KEYRING_LIFETIME
from tests.factory import make_label, make_user

PAGE: Final = (Path(__file__).resolve().parent.parent / "docs" / "legal.md").read_text()
KEPT: Final = PAGE.partition("## What is kept\n")[2].partition("\n## ")[0]
EMAIL: Final = "artist@example.com"


def tables_in(section: str) -> list[str]:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", section, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def section(heading: str) -> str:
    return KEPT.partition(f"### {heading}\n")[2].partition("\n### ")[0]


def test_every_table_is_in_the_inventory_once() -> None:
    assert sorted(tables_in(KEPT)) == sorted(WHO_MAY)


def test_what_is_about_a_person_is_told_as_such() -> None:
    with_address = (models.EmailField, models.GenericIPAddressField)
    about_accounts = {
        model._meta.db_table
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if (field.related_model is User and field.concrete) or isinstance(field, with_address)
    }

    assert about_accounts >= {"campaigns_user", "campaigns_historyentry"}
    assert about_accounts <= {*tables_in(section("About artists and labels"))}
    assert "campaigns_presave" in tables_in(section("About fans"))


def test_the_periods_are_those_of_the_code() -> None:
    days = (
        *(HARD_STOP, PERMISSION_LIFETIME, ROW_LIFETIME, HISTORY_LIFETIME, INVITATION_LIFETIME),
        *(RETRIED_FOR, WEEKLY_KEY_LIFETIME, KEYRING_LIFETIME, REMEMBERED_FOR, browsers.LIFETIME),
        sessions.LONGEST,
    )

    assert set(re.findall(r"\d+ (?:day|hour|minute)", KEPT)) == {
        *(f"{period.days} day" for period in days),
        f"{settings.SESSION_COOKIE_AGE // 3600} hour",
        f"{int(COOKIE_LIFETIME.total_seconds() // 60)} minute",
    }


@pytest.mark.django_db
def test_the_command_leaves_nothing_of_an_account() -> None:
    user, other = make_user(email=EMAIL), make_user()
    label, others_label = make_label(owner=user), make_label(owner=other)
    record(label, Event.RENAMED, user, before="A", after="B")
    invitations.invite(label, "guest@example.com", Role.VIEWER, user, timezone.now())
    invitations.invite(others_label, EMAIL, Role.VIEWER, other, timezone.now())
    assert EMAIL in whole_database()

    [command] = re.findall(r'shell --command "\n(.*?)"\n```', PAGE, re.DOTALL)
    exec(command)  # noqa: S102 -- the page's own

    assert EMAIL not in whole_database()
    assert [(one.event, one.by) for one in HistoryEntry.objects.all()] == [
        (Event.INVITED, None),
        (Event.RENAMED, None),
    ]
    assert User.objects.get() == other


def whole_database() -> str:
    rows = ""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 -- the tables' names are ours
            rows += str(cursor.fetchall())
    return rows


def test_the_agreement_has_all_that_article_28_asks_for() -> None:
    agreement = PAGE.partition("## Template of a data processing agreement\n")[2]
    clauses = {int(number) for number in re.findall(r"^(\d+)\. \*\*", agreement, re.MULTILINE)}
    ticked = re.findall(r"^\| ✔ (?:\((\w)\))?.*\| ([\d, ]+) \|$", agreement, re.MULTILINE)

    assert [letter for letter, _ in ticked] == ["", *"abcdefgh"]
    assert {int(number) for _, told in ticked for number in told.split(", ")} <= clauses
