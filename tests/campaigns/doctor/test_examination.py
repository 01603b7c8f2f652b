"""The doctor finds what is wrong with an instance and says what to do; a good one is all green."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db import connection

from campaigns.clock import database_now
from campaigns.doctor import (
    clocks,
    configured,
    database,
    domains,
    examination,
    keys,
    page,
    processes,
    public_url,
)
from campaigns.doctor.checks import Check, Mark, Part
from campaigns.models import Heartbeat
from campaigns.spotify import APP_TOKEN
from tests.campaigns.doctor.set_ups import SET_UPS, Here, seen_through, statement
from tests.factory import make_campaign, make_label
from tests.sandbox_process import Sandbox
from tests.smtp import MailServer

if TYPE_CHECKING:
    from pytest_django import Settings

ROOT = Path(__file__).resolve().parents[3]


def test_a_database_that_is_off_is_told_by_what_went_wrong() -> None:
    lines = [
        'connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused',
        "\tIs the server running on that host and accepting TCP/IP connections?",
    ]
    assert database.of_refusal(lines).text.endswith("Connection refused")


@pytest.fixture
def here(
    settings: Settings,
    sandbox: Sandbox,
    mail_server: MailServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Here:
    return Here(settings, sandbox, mail_server, tmp_path, monkeypatch)


@pytest.mark.django_db
@pytest.mark.parametrize("name", SET_UPS)
def test_a_wrong_set_up_is_found_and_its_fix_is_named(name: str, here: Here) -> None:
    check, fix, break_it = SET_UPS[name]
    found = break_it(here)
    reds = [one for one in examination._listed(found) if one.mark is Mark.RED]
    assert [one.name for one in reds if fix in one.fix] == [check], reds


@pytest.mark.django_db
def test_each_labels_domain_that_leads_here_is_green(here: Here) -> None:
    make_label(domain="127.0.0.1")
    [found] = seen_through(here, 200, body=statement(here), examine=domains.examine)
    assert (found.name, found.mark) == ("domain", Mark.GREEN)


def test_there_are_as_many_set_ups_as_were_promised() -> None:
    assert len(SET_UPS) >= 30


def make_well(settings: Settings) -> None:
    """What the tests' own environment lacks of a good instance."""
    APP_TOKEN.forget()  # it is the sandbox's of another test
    now = database_now()
    Heartbeat.objects.create(beat_at=now, rung_at=now)
    make_campaign()
    (settings.KEYRING_DIR / keys.BACKUP_STAMP).touch()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE ROLE demo_worker; GRANT ALL ON ALL TABLES IN SCHEMA public TO demo_worker"
            )
            cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO demo_worker")
            cursor.execute("SET LOCAL ROLE demo_worker")


@pytest.mark.django_db
def test_nothing_is_red_where_all_is_well(
    spotify: Sandbox, mail_server: MailServer, settings: Settings
) -> None:
    make_well(settings)
    checks = examination.examine(Part.ALL, "operator@example.com")
    assert [check for check in checks if check.mark is Mark.RED] == []
    assert {check.name for check in checks if check.mark is Mark.GREEN} >= {
        *("settings", "redirect-uri", "credentials", "app-mode", "market", "clock", "database"),
        *("migrations", "cache-table", "static-files", "redis", "beat", "worker", "keyring"),
        *("master-key", "backups", "disk", "mail", "proxy", "headers", "due-work"),
    }
    assert "> Subject: Test email from Presave" in mail_server.heard


def test_a_trial_with_the_sandbox_is_not_red_for_what_it_is(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.IS_HTTPS = "https://presave.localhost", True
    settings.PUBLIC_HOST = "presave.localhost"
    settings.OPERATOR_CONTACT = "fans@example.com"
    settings.SPOTIFY_ACCOUNTS_URL = "http://sandbox.localhost:8765"
    settings.SPOTIFY_API_URL = "http://sandbox.localhost:8765/v1"

    found = [*configured.examine(), *public_url.examine()]

    assert [(one.name, one.mark) for one in found] == [
        ("settings", Mark.NOTE),
        ("proxy", Mark.UNSEEN),
    ]
    assert "The sandbox is in Spotify's place" in found[0].text
    assert "browsers of the machine itself" in found[1].text


@pytest.mark.django_db
def test_a_check_that_breaks_says_so_and_holds_no_other_up() -> None:
    def broken() -> Check:
        raise ZeroDivisionError

    [check] = examination._checked("disk", broken)
    assert (check.name, check.mark) == ("disk", Mark.RED)
    assert "ZeroDivisionError" in check.text


def steps(part: Part, **options: bool) -> list[tuple[str, examination.Step]]:
    return [*examination._of_files(part), *examination._of_rows(part, **options)]


def test_each_part_is_asked_for_what_it_sees_alone() -> None:
    of_web, of_worker = (
        {name for name, _ in steps(part, may_ask_redis=False)} for part in (Part.WEB, Part.WORKER)
    )
    assert of_web - of_worker == {"static-files", "artwork", "keyring-apart"}
    assert of_worker - of_web == {"keyring", "master-key", "backups"}


def test_a_refused_setting_is_what_the_doctor_says() -> None:
    told = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env={"SECRET_KEY": "too short", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert told.stderr.startswith("Presave cannot start: SECRET_KEY must be at least 50 characters")


@pytest.mark.django_db
def test_the_exit_code_tells_monitoring(here: Here, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", "--part", "worker")
    assert ended.value.code == 1
    checks = page.read(capsys.readouterr().out, Part.WORKER)
    assert "backups" in {check.name for check in checks if check.mark is Mark.RED}


@pytest.mark.parametrize("seconds", [-4, 0, 4])
def test_clocks_may_differ_a_little(seconds: int) -> None:
    check = clocks.of_difference(timedelta(seconds=seconds), None)
    assert check.mark is Mark.GREEN


def test_whose_clock_is_ahead_is_told_the_right_way_round() -> None:
    assert (
        "9 seconds behind the database's" in clocks.of_difference(timedelta(seconds=9), None).text
    )
    ahead = clocks.of_difference(timedelta(), timedelta(seconds=-9))
    assert "9 seconds ahead of Spotify's" in ahead.text


@pytest.mark.parametrize(("waiting", "mark"), [(None, Mark.UNSEEN), (0, Mark.RED), (3, Mark.GREEN)])
def test_without_a_worker_the_queue_tells_of_beat(waiting: int | None, mark: Mark) -> None:
    assert processes.of_queue(waiting).mark is mark


def test_the_newest_weekly_key_tells_how_old_the_wrapping_is(settings: Settings) -> None:
    settings.KEYRING_DIR.mkdir()
    (settings.KEYRING_DIR / "weekly-00").touch()
    made_at = keys.wrapping_key_made_at()
    assert made_at is not None
    assert datetime.now(UTC) - made_at < timedelta(minutes=1)
