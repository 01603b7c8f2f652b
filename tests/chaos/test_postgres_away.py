"""Postgres away, full, or an hour younger: what fans are told, and what workers do meanwhile."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import requests
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from campaigns.models import PreSave
from embedded.processes import LOOPBACK
from tests.chaos.scenes import StartMachine, WaitFor, consent, due_night
from tests.factory import make_campaign
from tests.nights.night import check_books, states
from tests.postgres import Postgres
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.stack]

AWAY = "database unavailable"
IDLE_TIMEOUT = "idle_in_transaction_session_timeout"
HOLD_THE_GATE = """
import time
from django.db import connection, transaction
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("LOCK TABLE campaigns_gate IN EXCLUSIVE MODE")
    print("holds", flush=True)
    time.sleep(600)
"""


def test_while_postgres_is_away_fans_are_told_and_nothing_is_lost(
    postgres: Postgres, machine: StartMachine, sandbox: Sandbox
) -> None:
    here = machine()
    campaign, other = make_campaign(), make_campaign()
    here.start_web()
    landing = f"{settings.PUBLIC_URL}/{campaign.slug}"
    with requests.Session() as browser:
        before = browser.get(landing, timeout=30)
        assert "stale-if-error" in before.headers["Cache-Control"]
        back = consent(browser, campaign, "fan-1")
        postgres.crash()

        # Another page than the one that the web process keeps for a second.
        for address in (f"{settings.PUBLIC_URL}/{other.slug}", back):
            answer = browser.get(address, timeout=30)
            assert answer.status_code == 503
            assert "Nothing was stored just now" in answer.text
            assert answer.headers["Retry-After"] == "30"
            assert answer.headers["Cache-Control"] == "no-store"
        assert browser.get(f"{settings.PUBLIC_URL}/healthz", timeout=30).status_code == 200
        assert browser.get(f"{settings.PUBLIC_URL}/readyz", timeout=30).status_code == 503
        assert sandbox.calls("token.code") == []

        postgres.start()
        connections.close_all()
        receipt = browser.get(back, timeout=30)
        assert receipt.status_code == 200
        assert "/receipt/" in receipt.url
        assert browser.get(landing, timeout=30).status_code == 200
    assert PreSave.objects.filter(campaign=campaign).count() == 1


def test_a_worker_waits_for_postgres_without_a_rush_and_goes_on(
    postgres: Postgres, machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    sandbox.set(latency_ms={"library": 50})
    campaign = due_night(sandbox, fans=40)
    here = machine(rate=20, lease_seconds=3)
    worker = here.start_release_worker()
    wait_for(lambda: bool(sandbox.libraries()), "the first saves")
    postgres.crash()
    newcomer = here.start_release_worker("--once")
    wait_for(lambda: worker.log.count(AWAY) >= 3, "three tries of the worker")
    instants = [line.split()[1] for line in worker.log.splitlines() if AWAY in line]
    assert len(set(instants[:3])) == 3, "a second and more lies between two tries"

    assert newcomer.wait(60) == 1
    assert "The database does not answer" in newcomer.log
    assert "Traceback" not in newcomer.log

    postgres.start()
    connections.close_all()
    wait_for(lambda: states(campaign) == {"saved": 40}, "the last save")
    assert worker.exit_code is None
    assert len(sandbox.libraries()) == 40
    check_books(campaign)


def test_a_frozen_worker_that_holds_a_lock_does_not_stop_the_others(
    postgres: Postgres, machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    """A machine that freezes in the middle of a transaction loses its locks: after 15 s, which
    test_granting.py looks at.
    """
    campaign = due_night(sandbox, fans=5)
    here = machine()
    quickly = f"{here.environment['DATABASE_URL']}?options=-c%20{IDLE_TIMEOUT}%3D1s"
    frozen = here.run(
        *("manage.py", "shell", "--verbosity=0", "-c", HOLD_THE_GATE),
        changes={"DATABASE_URL": quickly},
    )
    wait_for(lambda: "holds" in frozen.log, "the lock")
    here.start_release_worker()
    wait_for(lambda: states(campaign) == {"saved": 5}, "the saves of the other")
    assert frozen.exit_code is None
    check_books(campaign)


def test_a_standby_that_lacks_the_last_commits_repeats_saves_and_loses_nobody(
    postgres: Postgres, machine: StartMachine, sandbox: Sandbox, wait_for: WaitFor
) -> None:
    campaign = due_night(sandbox, fans=25)
    rows = list(PreSave.objects.filter(campaign=campaign).values_list("id", flat=True))
    fall_due(rows[10:], in_days=1)
    here = machine(lease_seconds=3)
    here.start_release_worker()
    wait_for(lambda: states(campaign) == {"saved": 10, "pending": 15}, "the first saves")
    copy = postgres.directory / "standby"
    base_backup(postgres, copy)
    fall_due(rows[10:20], in_days=0)
    wait_for(lambda: states(campaign) == {"saved": 20, "pending": 5}, "saves after the copy")

    postgres.crash()
    postgres.replace_data(copy)
    postgres.start()
    connections.close_all()
    assert states(campaign) == {"saved": 10, "pending": 15}
    fall_due(rows[10:], in_days=0)
    wait_for(lambda: states(campaign) == {"saved": 25}, "the last save")

    assert sum(ALBUM_URI in library for library in sandbox.libraries().values()) == 25
    assert len(sandbox.calls("library")) == 35, "ten saves were forgotten, and repeated"
    check_books(campaign)


def fall_due(rows: list[UUID], in_days: int) -> None:
    due_at = timezone.now() + timedelta(days=in_days)
    PreSave.objects.pending().filter(id__in=rows).update(due_at=due_at)


def base_backup(postgres: Postgres, target: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    tool = shutil.which("pg_basebackup", path=str(postgres.binaries))
    assert tool is not None
    subprocess.run(
        [
            *(tool, "-h", LOOPBACK, "-p", str(postgres.port), "-U", "postgres", "-D", str(target)),
            *("--wal-method=fetch", "--checkpoint=fast", "--no-sync"),
        ],
        user=postgres.user,
        cwd=postgres.directory,
        check=True,
    )
