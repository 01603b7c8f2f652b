"""The state that goes to Spotify and back: ours, fresh, and good for one return."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from campaigns.consent import oauth_state
from campaigns.models import Campaign, PreSave, SpentState
from tests.fans import Fan, text_of

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]


def test_spent_states_are_forgotten_when_their_cookie_is_too_old() -> None:
    now = timezone.now()
    for minutes in (1, 9, 11, 30):
        digest = bytes([minutes]) * 32
        SpentState.objects.create(digest=digest, spent_at=now - timedelta(minutes=minutes))
    assert oauth_state.forget_spent_states(now) == 1
    kept = [bytes(state.digest)[0] for state in SpentState.objects.order_by("-spent_at")]
    assert kept == [1, 9, 11]


def test_a_forged_return_costs_no_query(
    fan: Fan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for made_up in ("night-bus.forged", f"night-bus..{'x' * 43}.{'0' * 32}"):
        with django_assert_num_queries(0):
            answer = fan.get(f"/callback?code=forged&state={made_up}")
        assert answer.status_code == 400


@pytest.mark.parametrize("state", ['"><script>alert(1)</script>.x', "a/../b.x", "", "\x00.x"])
def test_a_made_up_state_leads_nowhere(fan: Fan, state: str) -> None:
    answer = fan.get(f"/callback?{urlencode({'code': 'forged', 'state': state})}")
    assert answer.status_code == 400
    assert "script" not in text_of(answer)
    assert 'class="button"' not in text_of(answer)
    assert "Open the release's link again" in text_of(answer)


def test_a_state_is_spent_once() -> None:
    now, state = timezone.now(), oauth_state.new("night-bus")
    later = now + timedelta(seconds=1)
    assert [oauth_state.spend(state, now), oauth_state.spend(state, later)] == [True, False]
    assert oauth_state.spent_at(state) == now


def test_a_return_counts_once(fan: Fan, campaign: Campaign) -> None:
    back = fan.decide(fan.tap(campaign))
    assert fan.get(back).status_code == 303
    fan.client.cookies.clear()
    answer = fan.get(back)
    assert answer.status_code == 400
    assert "Link already used" in text_of(answer)
    assert len(fan.sandbox.calls("token.code")) == 1
    assert PreSave.objects.count() == 1
