"""The queue of campaigns with fans to serve: whose key does not open waits, and loses nobody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from campaigns import keyring
from campaigns.clock import database_now
from campaigns.models import PauseReason
from campaigns.release.queue import Queue
from tests.factory import make_presaves
from tests.nights.night import check_books, make_night, states, work
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]


def test_a_key_that_is_missing_pauses_the_campaign_until_it_is_back(
    sandbox: Sandbox, keyring_dir: Path
) -> None:
    campaign = make_night(sandbox)
    path = keyring_dir / f"{campaign.id}.key"
    content = path.read_bytes()
    path.unlink()
    assert work() == 0
    campaign.refresh_from_db()
    assert campaign.paused_reason == PauseReason.KEY_MISSING
    assert campaign.paused_at is not None
    assert states(campaign) == {"pending": 5}
    assert sandbox.calls("token.refresh") == []
    assert not path.exists()
    path.write_bytes(content)
    assert work() == 5
    campaign.refresh_from_db()
    assert (campaign.state, campaign.paused_reason) == ("finished", "")
    check_books(campaign)


def test_a_key_of_another_keyring_destroys_no_permission(
    sandbox: Sandbox, keyring_dir: Path
) -> None:
    campaign = make_night(sandbox)
    (keyring_dir / f"{campaign.id}.key").unlink()
    keyring.from_settings().public_key(campaign.id)
    assert work() == 0
    campaign.refresh_from_db()
    assert campaign.paused_reason == PauseReason.KEY_MISSING
    assert states(campaign) == {"pending": 5}


def test_fans_who_are_tried_again_take_every_other_turn_at_most(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=4)
    earlier = campaign.release_at - timedelta(days=2)
    make_presaves(campaign, ["a"] * 4, attempts=3, consented_at=earlier)
    queue, turns = Queue(database_now), []
    while claimed := queue.claim(2):
        turns.append([row.attempts for row in claimed[0].rows])
    assert sorted(turns[:2]) == sorted(turns[2:]) == [[0, 0], [3, 3]]


def test_a_trial_is_of_one_fan_who_was_never_tried_if_there_is_one(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    earlier = campaign.release_at - timedelta(days=2)
    make_presaves(campaign, ["a"] * 2, attempts=3, consented_at=earlier)
    queue, tried = Queue(database_now), []
    while claimed := queue.claim(200, is_trial=True):
        tried.append([row.attempts for row in claimed[0].rows])
    assert tried == [[0], [3], [3]]
