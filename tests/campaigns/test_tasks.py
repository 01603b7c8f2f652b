"""The task: its message says that it is time to look, and nothing else."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from campaigns import tasks
from campaigns.models import CampaignState
from presave.celery import app
from tests.nights.night import check_books, confirm_sent, make_night, states
from tests.sandbox_process import Sandbox


@pytest.mark.django_db
def test_one_message_does_the_whole_night_and_answers_the_saves(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, state=CampaignState.OPEN, release_at=timezone.now())
    assert tasks.run_due_work() == 5
    assert states(campaign) == {"sent": 5}
    confirm_sent()
    assert states(campaign) == {"saved": 5}
    check_books(campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.FINISHED


@pytest.mark.django_db
def test_a_run_with_nothing_to_do_changes_nothing(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, state=CampaignState.OPEN)
    assert tasks.run_due_work() == 0  # the one look ahead of the release
    called = len(sandbox.calls())
    assert tasks.run_due_work() == tasks.run_due_work() == 0
    assert len(sandbox.calls()) == called
    assert states(campaign) == {"pending": 5}


def beat_entry() -> dict[str, Any]:
    (entry,) = settings.CELERY_BEAT_SCHEDULE.values()
    return dict(entry)


def test_beat_sends_a_message_every_two_seconds_and_old_ones_expire() -> None:
    entry = beat_entry()
    assert entry["task"] == tasks.run_due_work.name
    assert entry["task"] in app.tasks
    assert entry["schedule"] == timedelta(seconds=2)
    assert 0 < entry["options"]["expires"] <= 30


def test_a_message_carries_nothing() -> None:
    assert not {"args", "kwargs"} & set(beat_entry())
    assert inspect.signature(tasks.run_due_work.run).parameters == {}


def test_a_run_ends_before_the_broker_would_hand_it_to_another() -> None:
    limit = timedelta(seconds=settings.CELERY_TASK_SOFT_TIME_LIMIT)
    hard_limit = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    redelivery = timedelta(seconds=settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"])
    assert tasks.SLICE < limit < hard_limit < redelivery


def test_no_answer_of_a_task_is_kept() -> None:
    assert app.conf.task_ignore_result
    assert not app.conf.result_backend
    assert set(app.conf.accept_content) == {"json"}
    assert not app.conf.worker_send_task_events


def test_celery_has_no_other_task_of_ours() -> None:
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    assert ours == [tasks.run_due_work.name]
