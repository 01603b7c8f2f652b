"""The master key is replaced while a release runs: nobody is failed for it, and nothing stops.

And with a master key that is missing, wrong, readable by others or no secret, nothing starts.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from campaigns import keyring
from campaigns.models import WEEKLY_KEY_LIFETIME, Campaign, CampaignState, PauseReason
from embedded import processes
from embedded.processes import Process
from tests.factory import make_campaign, make_presave, master_key_line
from tests.nights.night import check_books, make_night, states, work
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = [pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 90


@pytest.fixture
def master_key(settings: Settings, tmp_path: Path) -> Path:
    settings.MASTER_KEY_FILE = tmp_path / "master.key"
    settings.MASTER_KEY_FILE.touch(0o600)
    settings.MASTER_KEY_FILE.write_text(master_key_line())
    path: Path = settings.MASTER_KEY_FILE
    return path


@pytest.fixture
def run(
    sandbox: Sandbox, settings: Settings, master_key: Path, tmp_path: Path
) -> Iterator[Callable[..., Process]]:
    """Start a program on the tests' rows, keys and sandbox."""
    started: list[Process] = []

    def run(*argv: str | Path, **changes: str) -> Process:
        environment = {
            **os.environ,
            **sandbox.environment,
            "KEYRING_DIR": str(settings.KEYRING_DIR),
            "MASTER_KEY_FILE": str(master_key),
            **changes,
        }
        log = tmp_path / f"{len(started)}.log"
        started.append(processes.spawn([sys.executable, *argv], environment, log))
        return started[-1]

    yield run
    for process in started:
        process.kill9()


def manage(*arguments: str) -> tuple[str, ...]:
    return (str(ROOT / "manage.py"), *arguments)


REWRAP = """
import os, pathlib
from campaigns.keyring import Keyring
paths = [pathlib.Path(os.environ[name]) for name in ("KEYRING_DIR", "MASTER_KEY_FILE")]
Keyring(*paths).rewrap()
"""


def replace_the_master_key() -> None:
    retired = keyring.from_settings().current.name
    for arguments in (("rotate",), ("renew",), ("retire", retired), ("verify",)):
        call_command("keys", *arguments, stdout=StringIO())


def kill_in_mid_rewrap(run: Callable[..., Process]) -> None:
    call_command("keys", "rotate", stdout=StringIO())
    rewrapping = run("-c", REWRAP)
    processes.wait_until(
        lambda: rewrapping.exit_code is not None or is_half_rewrapped(), DEADLINE_SECONDS, "rewrap"
    )
    rewrapping.kill9()
    assert is_half_rewrapped(), rewrapping.log


def is_half_rewrapped() -> bool:
    keyring_files = keyring.from_settings()
    return keyring_files.wrapped_by()[keyring_files.current.fingerprint] > 0


def is_second_week() -> bool:
    """The workers have replaced the weekly key by themselves, and destroyed the one before."""
    return [key.number for key in keyring.from_settings().weekly_keys] == [2]


@pytest.fixture
def pauses() -> Iterator[Callable[[], list[str]]]:
    """Ends the watch over every campaign, and says what paused one meanwhile."""
    seen: list[str] = []
    ended = Event()

    def watch() -> None:
        try:
            while not ended.wait(0.05):
                paused = Campaign.objects.exclude(paused_reason=PauseReason.NONE)
                seen.extend(paused.values_list("paused_reason", flat=True))
        finally:
            connections.close_all()

    def end() -> list[str]:
        ended.set()
        watching.join()
        return seen

    watching = Thread(target=watch)
    watching.start()
    yield end
    end()


def test_the_master_key_is_replaced_while_a_release_runs(
    sandbox: Sandbox, run: Callable[..., Process], pauses: Callable[[], list[str]]
) -> None:
    night = make_night(sandbox, fans=60)
    others = [make_campaign() for _ in range(60)]
    a_week_ago = timezone.now() - WEEKLY_KEY_LIFETIME
    assert keyring.from_settings().renew(a_week_ago, timedelta()) == []
    worker, _ = (run(*manage("release_worker"), SPOTIFY_MAX_RATE="5") for _ in range(2))
    processes.wait_until(lambda: "sent" in states(night), DEADLINE_SECONDS, "a save", worker)
    processes.wait_until(is_second_week, DEADLINE_SECONDS, "the weekly rotation", worker)

    kill_in_mid_rewrap(run)
    call_command("keys", "rewrap", stdout=StringIO())
    call_command("keys", "retire", "1", stdout=StringIO())
    replaced = 0
    while "pending" in states(night) and worker.exit_code is None:
        replace_the_master_key()
        replaced += 1
    processes.wait_until(
        lambda: Campaign.objects.get(id=night.id).key_destroyed_at is not None,
        DEADLINE_SECONDS,
        "the end of the campaign",
        worker,
    )

    assert replaced > 1
    assert pauses() == []
    assert states(night) == {"saved": 60}
    check_books(night)
    assert "ERROR" not in worker.log, worker.log
    assert set(keyring.from_settings().campaign_ids()) == {other.id for other in others}
    assert keyring.from_settings().wrapped_by().total() == len(others)


# A start that is refused.


def everything() -> list[Any]:
    """Every row of every table of the product, as the database holds it."""
    with connection.cursor() as cursor:
        found = []
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.startswith("campaigns_"):
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 -- our own table names
                found.append(sorted(map(repr, cursor.fetchall())))
    return found


def leave_out(master_key: Path) -> str:
    master_key.unlink()
    return "does not exist"


def open_to_everybody(master_key: Path) -> str:
    master_key.chmod(0o644)
    return "can be read by every user"


def exchange(master_key: Path) -> str:
    master_key.write_text(master_key_line())
    return "Put the right master key back"


def use_secret_key(master_key: Path) -> str:
    raw = os.environ["SECRET_KEY"].encode()[:32]
    master_key.write_text(f"1:{base64.b64encode(raw).decode()}")
    return "is also in SECRET_KEY"


@pytest.mark.parametrize("damage", [leave_out, open_to_everybody, exchange, use_secret_key])
def test_no_worker_starts_with_a_master_key_that_is_not_right(
    damage: Callable[[Path], str],
    run: Callable[..., Process],
    master_key: Path,
    keyring_dir: Path,
) -> None:
    make_presave(make_campaign(state=CampaignState.RELEASING))
    make_campaign(public_key=None)
    before, files = everything(), {path: path.read_bytes() for path in keyring_dir.iterdir()}
    sentence = damage(master_key)

    workers = [
        run(*manage("release_worker")),
        run("-m", "celery", "-A", "presave", "worker", "--concurrency", "1"),
    ]

    for worker in workers:
        assert worker.wait(DEADLINE_SECONDS) == 1, worker.log
        assert sentence in worker.log
        assert "Traceback" not in worker.log
    assert everything() == before
    assert {path: path.read_bytes() for path in keyring_dir.iterdir()} == files


def test_a_master_key_that_goes_wrong_beneath_a_worker_stops_it_and_fails_nobody(
    sandbox: Sandbox, master_key: Path, keyring_dir: Path
) -> None:
    night = make_night(sandbox, fans=3)
    waiting = make_campaign(public_key=None)
    right = master_key.read_text()
    master_key.write_text(master_key_line())

    assert work() == 0

    assert states(night) == {"pending": 3}
    assert [path.stem for path in keyring_dir.glob("*.key")] == [str(night.id)]
    waiting.refresh_from_db()
    assert waiting.public_key is None
    night.refresh_from_db()
    assert night.paused_reason == PauseReason.NONE
    master_key.write_text(right)
    assert work() == 3
    check_books(night)
    waiting.refresh_from_db()
    assert waiting.public_key is not None
