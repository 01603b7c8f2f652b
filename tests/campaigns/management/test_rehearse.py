"""`manage.py rehearse` as a real process, on the tests' own database and broker."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import psycopg.sql
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from embedded.processes import Process, spawn, wait_until
from presave.rehearsing import SCHEMA
from tests.factory import make_campaign, make_presave

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 90
Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Process] = []

    def start(*arguments: str) -> Process:
        env = {**os.environ, "TMPDIR": str(tmp_path)}
        command = [sys.executable, str(ROOT / "manage.py"), "rehearse", *arguments]
        started.append(spawn(command, env, tmp_path / f"{len(started)}.log"))
        return started[-1]

    yield start
    for process in started:
        process.stop(PATIENCE_SECONDS)


def presaves_of_rehearsal() -> int:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as asking:
        try:
            asking.execute("SELECT set_config('search_path', %s, false)", [SCHEMA])
            row = asking.execute("SELECT count(*) FROM campaigns_presave").fetchone()
        except psycopg.errors.UndefinedTable:
            return 0
    return row[0] if row else 0


def is_clean() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [SCHEMA])
        return not cursor.fetchone()[0]


def everything() -> dict[str, list[Any]]:
    """Every row of every table that the instance's processes see."""
    return {
        model._meta.db_table: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
    }


def forget_limits_of_role() -> None:
    database = psycopg.sql.Identifier(connection.settings_dict["NAME"])
    statement = psycopg.sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} RESET ALL")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as asking:
        asking.execute(statement.format(database))


def limits_of_role() -> list[Any]:
    """Those of the role that rehearses, which owns the real tables too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setconfig FROM pg_db_role_setting JOIN pg_roles r ON r.oid = setrole"
            " WHERE rolname = current_user"
        )
        return list(cursor.fetchall())


def processes_in(directory: Path) -> list[str]:
    """Those whose log is there, which is what they write to."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            log = os.readlink(process / "fd" / "1")
        except OSError:
            continue
        if log.startswith(str(directory / "presave-rehearsal-")):
            found.append(f"{process.name} {log}")
    return found


def wait_for(condition: Callable[[], bool], process: Process) -> None:
    wait_until(condition, PATIENCE_SECONDS, "The rehearsal", process)


def test_nobody_sees_it_and_a_real_release_ends_it(start: Start, tmp_path: Path) -> None:
    campaign = make_campaign(release_at=timezone.now() + timedelta(days=1))
    make_presave(campaign)
    forget_limits_of_role()
    before = everything()

    rehearsal = start("--fans", "300", "--limit", "1/s")
    wait_for(lambda: presaves_of_rehearsal() == 300, rehearsal)

    assert limits_of_role() == []
    # What no table holds, no page, list, feed, number, alarm, webhook or email can show.
    assert everything() == before
    assert Client().get("/rehearsal").status_code == 404

    soon = timezone.now() + timedelta(seconds=30)
    Campaign.objects.filter(id=campaign.id).update(release_at=soon)
    assert rehearsal.wait(PATIENCE_SECONDS) == 1
    assert f"{campaign} comes out now, and comes first" in rehearsal.log
    assert is_clean()
    assert processes_in(tmp_path) == []
    assert list(tmp_path.glob("presave-rehearsal-*")) == []


def test_killed_it_leaves_nothing_at_work_and_what_is_left_can_be_cleaned(
    start: Start, tmp_path: Path
) -> None:
    rehearsal = start("--fans", "9")
    wait_for(lambda: not is_clean() and bool(processes_in(tmp_path)), rehearsal)

    rehearsal.signal(signal.SIGKILL)

    wait_until(lambda: not processes_in(tmp_path), PATIENCE_SECONDS, "The end")
    assert not is_clean()
    cleaning = start("--clean")
    assert cleaning.wait(PATIENCE_SECONDS) == 0
    assert is_clean()
    assert list(tmp_path.glob("presave-rehearsal-*")) == []


def test_terminated_it_cleans_up(start: Start, tmp_path: Path) -> None:
    rehearsal = start("--fans", "9")
    wait_for(lambda: not is_clean() and bool(processes_in(tmp_path)), rehearsal)

    rehearsal.signal(signal.SIGTERM)

    assert rehearsal.wait(PATIENCE_SECONDS) == 1
    assert "Interrupted; what the rehearsal had made is removed." in rehearsal.log
    assert is_clean()
    assert processes_in(tmp_path) == []
    assert list(tmp_path.glob("presave-rehearsal-*")) == []


def test_it_does_not_begin_within_an_hour_of_a_release() -> None:
    soon = make_campaign(release_at=timezone.now() + timedelta(minutes=50))

    with pytest.raises(CommandError, match=f"{soon} is due within the hour or under way"):
        call_command("rehearse")

    assert is_clean()


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--fans", "0"), "a whole number from 1 to 1000000"),
        (("--limit", "fast"), "a number of saves a second, such as 50/s"),
        (("--limit", "0/s"), "a number of saves a second, such as 50/s"),
    ],
)
def test_an_option_that_means_nothing_is_told(option: tuple[str, str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("rehearse", *option)
