from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.checks import CheckMessage, run_checks

from campaigns.apps import FOR_TESTERS, NO_APP

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("client_id", "mode", "told"),
    [
        ("", "development", [NO_APP]),
        ("", "extended", [NO_APP]),
        ("4aawyAB9", "development", [FOR_TESTERS]),
        ("4aawyAB9", "extended", []),
    ],
)
def test_the_check_before_a_deployment_says_who_can_pre_save(
    settings: Settings, client_id: str, mode: str, told: list[CheckMessage]
) -> None:
    settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_APP_MODE = client_id, mode
    found = run_checks(include_deployment_checks=True)
    assert [one for one in found if (one.id or "").startswith("presave")] == told
