"""Made-up returns from one address prefix, which may not crowd anybody out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from heapq import heappop, heappush
from random import Random
from types import SimpleNamespace

import pytest
from django.utils import timezone
from pytest_django import Settings

from campaigns.consent import completing, starting
from campaigns.consent.completing import AuthorizationResponse, InLine
from campaigns.consent.cookie import COOKIE_MAX_AGE
from campaigns.consent.prefixes import PrefixPaces, prefix_of
from campaigns.consent.refusal import ConsentError, Refusal
from campaigns.gate import paces
from campaigns.gate.paces import Paces
from campaigns.keyring import Secret
from campaigns.models import Campaign
from embedded import processes
from tests.fans import READING, Fan, query_of
from tests.sandbox_process import Sandbox

NOT_LONG = timedelta()


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


def taken(
    paced: PrefixPaces,
    address: str,
    times: int,
    waited: timedelta | None = NOT_LONG,
    pace_of_line: float = 0,
) -> int:
    return sum(paced.take(address, waited, pace_of_line) for _ in range(times))


def fill(address: str) -> None:
    while completing._PREFIXES.take(address, COOKIE_MAX_AGE, 0):
        pass


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
        taken(paced, "203.0.113.77", 300, None)
        assert paced.take("203.0.113.77", NOT_LONG, 0)


def test_a_prefix_has_more_where_the_line_is_fast(
    standing_clock: list[float], settings: Settings
) -> None:
    settings.SPOTIFY_MAX_RATE = 10.0
    paced = PrefixPaces()
    taken(paced, "203.0.113.77", 300, pace_of_line=200)
    standing_clock[0] += 1.001
    assert taken(paced, "203.0.113.77", 300, pace_of_line=200) == 10
    standing_clock[0] += 0.1001
    assert taken(paced, "203.0.113.77", 300, pace_of_line=200) == 5


def test_of_many_who_share_a_prefix_the_first_are_served_first(
    standing_clock: list[float], settings: Settings
) -> None:
    """Thirty a second come, of whom five are served; each looks again after one to four seconds."""
    settings.SPOTIFY_MAX_RATE = 10.0
    paced, chance, served = PrefixPaces(), Random(1), []
    coming = [(fan / 30 + 3, fan, False) for fan in range(900)]
    while coming:
        at, fan, has_come_back = heappop(coming)
        standing_clock[0] = at
        waited = timedelta(seconds=at - fan / 30) if has_come_back else None
        if paced.take("203.0.113.77", waited, 0):
            served.append(fan)
        else:
            heappush(coming, (at + chance.uniform(1, 4), fan, True))
    before = [sum(other > fan for other in served[:turn]) for turn, fan in enumerate(served)]
    assert max(before) < 900 / 4


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
    for _ in range(15):
        junk = Fan(sandbox)
        state = query_of(junk.tap(campaign))["state"]
        address = f"/callback?code=junk&state={state}"
        junk.client.defaults["REMOTE_ADDR"] = "203.0.113.77"
        assert junk.get(address).status_code in (200, 400)
    assert len(sandbox.calls("token.code")) == 5
    fan = Fan(sandbox)
    back = fan.decide(fan.tap(campaign))
    fan.client.defaults["REMOTE_ADDR"] = "198.51.100.1"
    answer = fan.get(back, x_forwarded_for="203.0.113.77")
    assert answer.status_code == 303


@pytest.mark.django_db
def test_who_has_a_place_in_the_line_is_not_held_up_by_those_of_the_same_prefix(
    sandbox: Sandbox, campaign: Campaign, standing_clock: list[float]
) -> None:
    pending = starting.start_authorization(campaign, timezone.now() - READING)
    response = AuthorizationResponse(pending.state, Secret(sandbox.consent()), "")
    fill("203.0.113.77")
    placed = replace(pending, has_come_back=True, place=1)
    done = completing.complete_authorization(
        response, placed, timezone.now(), address="203.0.113.77"
    )
    assert done == pending.receipt


@pytest.mark.django_db
def test_who_waits_for_their_prefix_until_the_code_is_old_is_told_of_many_fans(
    campaign: Campaign, settings: Settings
) -> None:
    settings.SPOTIFY_MAX_RATE = 0.0001
    began = timezone.now()
    pending = starting.start_authorization(campaign, began)
    response = AuthorizationResponse(pending.state, Secret("code"), "")
    fill("203.0.113.77")
    for seconds in (2, 300, 570):
        now = began + timedelta(seconds=seconds)
        waits = completing.complete_authorization(response, pending, now, address="203.0.113.77")
        assert isinstance(waits, InLine)
    now = began + timedelta(seconds=580)
    with pytest.raises(ConsentError) as refused:
        completing.complete_authorization(response, pending, now, address="203.0.113.77")
    assert refused.value.refusal is Refusal.BUSY
