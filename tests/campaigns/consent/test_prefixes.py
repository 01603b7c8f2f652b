"""Made-up returns from one address prefix, which may not crowd anybody out."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.utils import timezone
from pytest_django import Settings

from campaigns.consent import completing, starting
from campaigns.consent.completing import AuthorizationResponse, InLine
from campaigns.consent.prefixes import PrefixPaces, prefix_of
from campaigns.gate import paces
from campaigns.gate.paces import Paces
from campaigns.keyring import Secret
from campaigns.models import Campaign
from embedded import processes
from tests.fans import READING, Fan, query_of
from tests.sandbox_process import Sandbox


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2aff:1:2:3:4", "2001:db8:1:2a00::/56"),
        ("unknown", ""),
    ],
)
def test_a_prefix_is_what_many_share(address: str, prefix: str) -> None:
    assert prefix_of(address) == prefix


@pytest.fixture
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds = [1000.0]
    monkeypatch.setattr(paces, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    return seconds


def taken(paced: PrefixPaces, address: str, times: int, *, has_come_back: bool = True) -> int:
    return sum(paced.take(address, has_come_back=has_come_back) for _ in range(times))


def test_a_prefix_has_half_the_pace_and_others_lose_nothing(
    standing_clock: list[float], settings: Settings
) -> None:
    settings.SPOTIFY_MAX_RATE = 10.0
    paced = PrefixPaces()
    assert taken(paced, "203.0.113.77", 300) == 10
    assert taken(paced, "203.0.113.78", 300) == 0
    assert taken(paced, "198.51.100.1", 300) == 10
    standing_clock[0] += 1.01
    assert taken(paced, "203.0.113.77", 300) == 5


def test_who_never_comes_back_leaves_half_to_those_who_do(
    standing_clock: list[float], settings: Settings
) -> None:
    settings.SPOTIFY_MAX_RATE = 10.0
    paced = PrefixPaces()
    for _ in range(100):
        standing_clock[0] += 0.2
        taken(paced, "203.0.113.77", 300, has_come_back=False)
        assert paced.take("203.0.113.77", has_come_back=True)


def test_the_last_prefix_is_forgotten_too_although_nobody_comes_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paces, "FORGET_EVERY_SECONDS", 0.01)
    kept = Paces()
    kept.take("203.0.113.0/24", 20.0, 10)
    kept.take("198.51.100.0/24", 20.0, 10)
    processes.wait_until(lambda: not kept._free_at, 10, "The last prefix")


def test_a_prefix_that_counts_is_not_forgotten(standing_clock: list[float]) -> None:
    kept = Paces()
    kept.take("203.0.113.0/24", 1.0, 1)
    kept._forget()
    assert not kept.take("203.0.113.0/24", 1.0, 1)


@pytest.mark.django_db
def test_a_code_is_exchanged_for_nobody_who_was_given_the_cookie_just_now(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    now = timezone.now()
    pending = starting.start_authorization(campaign, now)
    response = AuthorizationResponse(pending.state, Secret(sandbox.consent()), "")
    done = completing.complete_authorization(response, pending, now)
    assert isinstance(done, InLine)
    assert done.pending.has_come_back
    assert sandbox.calls("token.code") == []
    later = completing.complete_authorization(response, done.pending, now + READING)
    assert later == pending.receipt


@pytest.mark.django_db
def test_junk_from_one_prefix_waits_and_a_fan_from_another_does_not(
    sandbox: Sandbox, campaign: Campaign, settings: Settings, standing_clock: list[float]
) -> None:
    settings.SPOTIFY_MAX_RATE = 20.0
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for _ in range(15):
        junk = Fan(sandbox)
        state = query_of(junk.tap(campaign))["state"]
        address = f"/callback?code=junk&state={state}"
        assert junk.get(address, x_forwarded_for="203.0.113.77").status_code in (200, 400)
    assert len(sandbox.calls("token.code")) == 5
    fan = Fan(sandbox)
    back = fan.decide(fan.tap(campaign))
    answer = fan.get(back, x_forwarded_for="203.0.113.77, 198.51.100.1")
    assert answer.status_code == 303


@pytest.mark.django_db
def test_who_has_a_place_in_the_line_is_not_held_up_by_those_of_the_same_prefix(
    sandbox: Sandbox, campaign: Campaign, standing_clock: list[float]
) -> None:
    pending = starting.start_authorization(campaign, timezone.now() - READING)
    response = AuthorizationResponse(pending.state, Secret(sandbox.consent()), "")
    while completing._PREFIXES.take("203.0.113.77", has_come_back=True):
        pass
    placed = replace(pending, has_come_back=True, place=1)
    done = completing.complete_authorization(
        response, placed, timezone.now(), address="203.0.113.77"
    )
    assert done == pending.receipt
