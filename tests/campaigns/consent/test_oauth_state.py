"""The state that goes to Spotify and back: ours, fresh, and good for one return."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.consent import oauth_state
from campaigns.models import SpentState

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]


def test_spent_states_are_forgotten_when_their_cookie_is_too_old() -> None:
    now = timezone.now()
    for minutes in (1, 9, 11, 30):
        digest = bytes([minutes]) * 32
        SpentState.objects.create(digest=digest, spent_at=now - timedelta(minutes=minutes))
    assert oauth_state.forget_spent_states(now) == 1
    kept = [bytes(state.digest)[0] for state in SpentState.objects.order_by("-spent_at")]
    assert kept == [1, 9, 11]
