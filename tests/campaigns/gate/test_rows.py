"""What follows from a gate's row alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from campaigns.gate import rows
from campaigns.models import GateName

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "untold", "largest"),
    [
        (GateName.API, 5, 5),
        (GateName.ACCOUNTS, 10, rows.MOST_TOKENS),
    ],
)
def test_the_token_endpoint_serves_consents_beside_the_saves(
    name: GateName, untold: float, largest: float, settings: Settings
) -> None:
    settings.SPOTIFY_MAX_RATE = 5 / rows.SHARE_OF_CAP
    gate = rows.unused(name, NOW)
    assert gate.rate == pytest.approx(untold)
    assert rows.pace(gate) == pytest.approx(5)
    assert rows.largest_rate(gate) == pytest.approx(largest)
