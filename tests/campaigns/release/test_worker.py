"""A worker's turn: what it gives back when it is told to stop, and whom it lets try."""

from __future__ import annotations

from threading import Event

import pytest

from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import GateName
from campaigns.release import worker
from tests.nights.night import claim, make_night, states, work
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]


def test_a_claim_that_was_told_to_stop_is_given_back(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox)
    stopped = Event()
    stopped.set()
    assert work(stopped=stopped) == 0
    assert sandbox.calls("token.refresh") == []
    assert len(claim(campaign).rows) == 5


def test_a_worker_with_nobody_to_serve_keeps_no_other_from_trying(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_wait_for_the_gate", lambda shift: False)
    closing.close_for_outage(GateName.API, database_now())
    work(later=6)
    campaign = make_night(sandbox, fans=1)
    assert work(later=7) == 1
    assert states(campaign) == {"saved": 1}
