"""What several modules about release night's turns need."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from campaigns.release import worker


@pytest.fixture
def pace_of_a_night(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 200.0


@pytest.fixture
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that meets a closed gate goes home: such tests set the time of its next turn."""
    monkeypatch.setattr(worker, "_wait_for_the_gate", lambda shift: False)
