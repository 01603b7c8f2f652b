"""A worker notes once a minute how it stands; web shows it on, and a dead-man's switch is told."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaigns.clock import database_now
from campaigns.doctor import keys, report
from campaigns.doctor.checks import Mark, green, red
from campaigns.models import Alarm, Heartbeat, Trouble
from embedded.processes import free_port
from tests.factory import make_campaign
from tests.nights.night import work
from tests.receiver import Receiver

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def reds_told() -> set[str]:
    last = report.last(database_now())
    return {check.name for check in last.checks if check.mark is Mark.RED} if last else set()


def pinged() -> None:
    for thread in threading.enumerate():
        if thread.name == "ping":
            thread.join()


def test_a_run_of_maintenance_notes_how_the_worker_stands() -> None:
    assert report.last(database_now()) is None
    work()
    last = report.last(database_now())
    assert last is not None
    assert "backups" in reds_told()
    assert last.backup_age is None
    assert last.wrapping_key_age is not None


def test_web_is_told_when_the_last_backup_was_made(settings: Settings) -> None:
    settings.KEYRING_DIR.mkdir()
    (settings.KEYRING_DIR / keys.BACKUP_STAMP).touch()
    work()
    last = report.last(database_now())
    assert last is not None
    assert last.backup_age is not None
    assert 0 <= last.backup_age < 60


def test_it_is_noted_and_told_once_a_minute_whichever_worker_comes(
    receiver: Receiver, settings: Settings
) -> None:
    settings.PING_URL = receiver.address
    now = database_now()
    Heartbeat.objects.create(beat_at=now)
    written = []
    for seconds in (0, 30, 59, 60, 90):
        report.make(now + timedelta(seconds=seconds))
        written.append(Heartbeat.objects.get().reported_at)
        pinged()
    assert written == [now, now, now, now + MINUTE, now + MINUTE]
    assert len(receiver.got) == 2


def test_a_report_of_long_ago_says_nothing_about_now() -> None:
    Heartbeat.objects.create(beat_at=database_now())
    report.make(database_now() - 6 * MINUTE)
    assert reds_told() == set()


def test_the_switch_hears_that_all_is_well(receiver: Receiver, settings: Settings) -> None:
    settings.PING_URL = receiver.address
    settings.KEYRING_DIR.mkdir()
    (settings.KEYRING_DIR / keys.BACKUP_STAMP).touch()
    work()
    pinged()
    [(path, _, body)] = receiver.got
    assert (path, body) == ("/hook", b"")


def test_the_switch_hears_which_checks_are_red_and_nothing_of_what_they_found(
    receiver: Receiver, settings: Settings
) -> None:
    """It is somebody else's, and may pass on what it is told: a release may still be secret."""
    settings.PING_URL = receiver.address
    campaign = make_campaign(slug="night-bus")
    alarm = {"campaign": campaign, "release_at": campaign.release_at, "raised_at": database_now()}
    Alarm.objects.create(trouble=Trouble.LATE, **alarm)
    for key_file in settings.KEYRING_DIR.glob("*.key"):
        key_file.unlink()
    Heartbeat.objects.create(beat_at=database_now())
    report.make(database_now())
    pinged()
    assert "night-bus" in str(report.last(database_now()))
    [(path, _, body)] = receiver.got
    assert path == "/hook/fail"
    assert body == b"Alarms, Keyring, Backups. `./presavectl doctor` says more."


def test_what_can_wait_for_the_morning_calls_nobody_up() -> None:
    assert not report._is_urgent(red("mail", "None.", "Set it."))
    assert not report._is_urgent(green("disk", "Room."))
    assert report._is_urgent(red("disk", "Full.", "Make room."))


def test_a_switch_that_does_not_answer_holds_no_worker_up(
    receiver: Receiver, settings: Settings
) -> None:
    settings.PING_URL = receiver.address
    receiver.may_answer.clear()
    work()
    assert Heartbeat.objects.get().reported_at is not None
    receiver.may_answer.set()
    pinged()


def test_a_switch_that_is_away_is_told_of_in_the_log_without_its_address(
    settings: Settings, caplog: pytest.LogCaptureFixture, receiver: Receiver
) -> None:
    settings.PING_URL = f"http://127.0.0.1:{free_port()}/s3cret"
    report.ping([])
    assert "ping not sent: ClientConnectorError" in caplog.text
    receiver.status, settings.PING_URL = 404, receiver.address
    report.ping([])
    assert "ping refused: 404" in caplog.text
    assert "s3cret" not in caplog.text
