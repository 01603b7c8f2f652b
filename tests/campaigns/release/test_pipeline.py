"""A worker's fans on their way: how many it holds, and how far ahead it sends."""

from __future__ import annotations

from uuid import UUID

import pytest
from pytest_django import Settings

from campaigns.clock import database_now
from campaigns.gate import permits, rows
from campaigns.keyring import Secret
from campaigns.models import Gate, GateName
from campaigns.release import claims, pipeline
from campaigns.spotify import FanCalls, Slots
from tests.nights.night import check_books, make_night, work
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]


def test_saves_are_sent_soon_after_the_look_that_allowed_them(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    campaign = make_night(sandbox, fans=40)
    now = database_now()
    Gate.objects.create(name=GateName.API, rate=20, free_at=now, adjusted_at=now)
    ahead, save = [], FanCalls.save

    def note(calls: FanCalls[UUID], tokens: dict[UUID, Secret], uri: str, slots: Slots) -> None:
        ahead.append(slots.first_in + (len(tokens) - 1) * slots.step)
        save(calls, tokens, uri, slots)

    monkeypatch.setattr(FanCalls, "save", note)
    assert work() == 40
    assert max(ahead) <= permits.AHEAD.total_seconds() + 1 / 20
    check_books(campaign)


def test_no_more_fans_are_held_than_can_be_served_within_their_lease(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10 / rows.SHARE_OF_CAP
    with FanCalls[UUID](1) as calls:
        pipe = pipeline.Pipeline(calls, database_now)
        pipe.apply_gates()
        assert pipe.room == 10 * pipeline.LONGEST_HOLD_SECONDS
    assert claims.LEASE.total_seconds() / 4 > pipeline.LONGEST_HOLD_SECONDS
