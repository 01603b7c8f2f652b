"""The night of a rehearsal, played on the test's own rows with a worker in this process."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import connections

from campaigns.clock import database_now
from campaigns.models import Campaign, CampaignState, PauseReason, PreSave
from campaigns.rehearsal import night
from campaigns.rehearsal.night import Plan
from campaigns.release import worker
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.release_core]

FANS = 7
STEP = timedelta(seconds=3)
SLICE = timedelta(seconds=20)


def play(told: Path) -> None:
    try:
        night.run(Plan(FANS, limit=500, with_faults=False), told)
    finally:
        connections.close_all()


def work_until_done(playing: Future[None]) -> None:
    """The worker's clock goes faster, so that nothing waits for its looks into the catalogue."""
    ahead = timedelta()

    def clock() -> datetime:
        return database_now() + ahead

    while not playing.done():
        worker.work(clock() + SLICE, Event(), clock)
        if PreSave.objects.exclude(sent_at=None).exists():
            ahead += STEP


def words_of(told: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.read_text().splitlines()]


def test_every_fan_is_saved_counted_and_forgotten(sandbox: Sandbox, tmp_path: Path) -> None:
    told = tmp_path / "told"
    with ThreadPoolExecutor(1) as other:
        playing = other.submit(play, told)
        work_until_done(playing)
        playing.result()

    *steps, last = words_of(told)
    figures = last["figures"]
    assert {step["step"] for step in steps} >= {"pre-saved", "confirmed"}
    assert (figures["saved"], figures["failed"], figures["tokens_left"]) == (FANS, 0, 0)
    assert figures["held_by_libraries"] == figures["saves_answered"] == FANS
    assert 0 < figures["first_sent"] <= figures["last_sent"] <= figures["last_confirmed"]
    assert len(sandbox.libraries()) == FANS
    assert Campaign.objects.get().state == CampaignState.FINISHED


def test_a_night_that_stands_still_says_why(sandbox: Sandbox, tmp_path: Path) -> None:
    told = tmp_path / "told"
    with ThreadPoolExecutor(1) as other:
        playing = other.submit(play, told)
        while not Campaign.objects.exclude(public_key=None).exists():
            worker.work(database_now() + SLICE, Event())
        Campaign.objects.update(paused_reason=PauseReason.RELEASE_CHANGED, paused_at=database_now())
        playing.result()

    assert words_of(told)[-1] == {
        "error": "The campaign was paused: Title or artist is not what fans agreed to."
    }
