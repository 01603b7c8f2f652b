"""The release loop as a real process, with neither Celery nor Redis."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from django.utils import timezone

from campaigns.models import Campaign, CampaignState
from campaigns.planning.moving import move_release
from embedded import processes
from embedded.processes import Process
from tests.factory import make_campaign
from tests.nights.night import check_books, make_night, states
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE_SECONDS = 30
ROOT = Path(__file__).resolve().parents[3]
Start = Callable[..., Process]


@pytest.fixture
def start(sandbox: Sandbox, keyring_dir: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a worker on the tests' rows, keys and sandbox; Redis is nowhere."""
    started: list[Process] = []

    def start(*arguments: str, **changes: str) -> Process:
        environment = {
            **os.environ,
            **sandbox.environment,
            "KEYRING_DIR": str(keyring_dir),
            "REDIS_URL": "redis://127.0.0.1:1/0",
            **changes,
        }
        argv = [sys.executable, str(ROOT / "manage.py"), "release_worker", *arguments]
        started.append(processes.spawn(argv, environment, tmp_path / "worker.log"))
        return started[-1]

    yield start
    for process in started:
        process.kill9()


def wait_for(condition: Callable[[], bool], process: Process) -> None:
    deadline = monotonic() + DEADLINE_SECONDS
    while not condition():
        assert process.exit_code is None, process.log
        assert monotonic() < deadline, process.log
        Event().wait(0.05)


def test_once_does_what_is_due_and_ends(start: Start, sandbox: Sandbox, keyring_dir: Path) -> None:
    campaign = make_night(sandbox, state=CampaignState.OPEN, release_at=timezone.now())
    opening = make_campaign(public_key=None)
    worker = start("--once")
    assert worker.wait(DEADLINE_SECONDS) == 0, worker.log
    # The look that confirms them is not due yet.
    assert states(campaign) == {"sent": 5}
    check_books(campaign)
    opening.refresh_from_db()
    assert opening.public_key is not None
    assert {path.stem for path in keyring_dir.glob("*.key")} == {str(opening.id), str(campaign.id)}
    assert "Traceback" not in worker.log


def test_it_goes_on_until_sigterm_and_then_ends_well(start: Start, sandbox: Sandbox) -> None:
    worker = start()
    first = make_campaign(public_key=None)
    wait_for(lambda: Campaign.objects.accepting_consents().filter(id=first.id).exists(), worker)
    night = make_night(sandbox, state=CampaignState.OPEN)
    move_release(night, timezone.now() + timedelta(seconds=1), "UTC", timezone.now())
    wait_for(lambda: states(night) == {"saved": 5}, worker)
    worker.signal(signal.SIGTERM)
    assert worker.wait(DEADLINE_SECONDS) == 0
    check_books(night)
    assert "Traceback" not in worker.log


def test_sigterm_in_mid_release_leaves_rows_for_the_next_worker(
    start: Start, sandbox: Sandbox
) -> None:
    night = make_night(sandbox, fans=20)
    sandbox.set(latency_ms={"token.refresh": 300})
    worker = start(SPOTIFY_MAX_RATE="4")
    wait_for(lambda: bool(sandbox.calls("token.refresh")), worker)
    worker.signal(signal.SIGTERM)
    assert worker.wait(DEADLINE_SECONDS) == 0
    left = states(night)
    assert left["pending"] > 0
    assert not night.presaves.pending().exclude(lease=None).exists()
    check_books(night)
    sandbox.set(latency_ms=0)
    assert start("--once").wait(DEADLINE_SECONDS) == 0
    assert states(night) == {"sent": 20}
    check_books(night)


def test_it_refuses_a_master_key_that_is_not_there(start: Start, tmp_path: Path) -> None:
    worker = start(MASTER_KEY_FILE=str(tmp_path / "nowhere"))
    assert worker.wait(DEADLINE_SECONDS) == 1
    assert "CommandError: MASTER_KEY_FILE" in worker.log
    assert "Traceback" not in worker.log


def test_it_pauses_nothing_where_the_keyring_is_not_mounted(start: Start, tmp_path: Path) -> None:
    make_campaign()
    worker = start(KEYRING_DIR=str(tmp_path / "nowhere"))
    assert worker.wait(DEADLINE_SECONDS) == 1
    assert "KEYRING_DIR holds no key of any live campaign" in worker.log
    assert not Campaign.objects.get().is_paused


def test_its_log_holds_no_token(start: Start, sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=2)
    sandbox.fault("library", status=500, account="fan-1")
    worker = start("--once")
    assert worker.wait(DEADLINE_SECONDS) == 0
    assert "settled campaign=" in worker.log
    assert str(campaign.id) in worker.log
    assert not any(prefix in worker.log for prefix in ("AQD", "BQ", "AQC", sandbox.client[1]))
