"""The queue of campaigns with fans to serve: whose key does not open waits, and loses nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns import keyring
from campaigns.models import PauseReason
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
