from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.checks import CheckMessage, run_checks
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.apps import FOR_TESTERS, NO_APP, ON_SQLITE

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("client_id", "mode", "told"),
    [
        ("", "development", [NO_APP]),
        ("", "extended", [NO_APP]),
        ("4aawyAB9", "development", [FOR_TESTERS]),
        ("4aawyAB9", "extended", []),
    ],
)
def test_the_check_before_a_deployment_says_who_can_pre_save(
    settings: Settings, client_id: str, mode: str, told: list[CheckMessage]
) -> None:
    settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_APP_MODE = client_id, mode
    found = run_checks(include_deployment_checks=True)
    assert [one for one in found if one.id in (NO_APP.id, FOR_TESTERS.id)] == told


def test_the_check_before_a_deployment_says_what_sqlite_is_for() -> None:
    found = run_checks(include_deployment_checks=True)
    assert (ON_SQLITE in found) == (connection.vendor == "sqlite")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock")
def test_a_migration_gives_up_on_a_lock_before_pages_wait_for_long() -> None:
    with CaptureQueriesContext(connection) as captured:
        call_command("migrate", "campaigns", verbosity=0)

    about_locks = [query["sql"] for query in captured if "lock_timeout" in query["sql"]]
    assert about_locks == ["SET lock_timeout = '5s'", "RESET lock_timeout"]
