"""Which markets are asked, and from when on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from campaigns.catalogue import markets
from campaigns.catalogue.markets import MARKETS, MarketMidnight
from campaigns.models import Campaign, ReleaseMode
from presave import markets as served
from sandbox import markets as sandbox_markets

FIRST = datetime(2026, 12, 4, 10, tzinfo=UTC)


def campaign(**fields: Any) -> Campaign:
    fields = {"release_mode": ReleaseMode.LOCAL_MIDNIGHT, "release_at": FIRST} | fields
    return Campaign(release_zone="Pacific/Kiritimati", **fields)


def hours(market_midnights: list[MarketMidnight]) -> list[tuple[float, tuple[str, ...]]]:
    """Each with its hours after the first midnight on Earth."""
    return [((one.at - FIRST) / timedelta(hours=1), one.markets) for one in market_midnights]


def test_a_release_at_one_instant_is_looked_for_in_the_operators_market(settings: Settings) -> None:
    settings.SPOTIFY_MARKET = "SE"
    at_once = campaign(release_mode=ReleaseMode.ONE_INSTANT)
    (only,) = markets.market_midnights(at_once)
    assert only == MarketMidnight(FIRST, ("SE",))
    assert markets.confirmed_until(at_once, only) is None


def test_a_campaigns_own_market_comes_before_the_operators(settings: Settings) -> None:
    settings.SPOTIFY_MARKET = "SE"
    at_once = campaign(release_mode=ReleaseMode.ONE_INSTANT, market="FJ")
    assert markets.market_of(at_once) == "FJ"
    assert markets.market_midnights(at_once) == [MarketMidnight(FIRST, ("FJ",))]
    asked = hours(markets.market_midnights(campaign(market="FJ")))
    assert (2, ("FJ",)) in asked
    assert "SE" not in {market for _, listed in asked for market in listed}


def test_a_campaign_without_a_market_has_the_operators(settings: Settings) -> None:
    settings.SPOTIFY_MARKET = "SE"
    assert markets.market_of(campaign()) == "SE"


def test_markets_are_asked_in_the_order_in_which_their_day_begins() -> None:
    assert hours(markets.market_midnights(campaign())) == [
        (1, ("NZ",)),
        (3, ("AU",)),
        (5, ("JP",)),
        (6, ("SG",)),
        (8.5, ("IN",)),
        (10, ("AE",)),
        (13, ("DE",)),
        (14, ("GB",)),
        (17, ("BR",)),
        (19, ("US",)),
        (20, ("MX",)),
        (22, ("US",)),
    ]


def test_spotify_serves_every_market_of_the_table() -> None:
    assert {market for market, _ in MARKETS} <= served.MARKETS


def test_the_sandbox_serves_the_same_markets_as_the_settings_allow() -> None:
    assert {*sandbox_markets.MARKETS} == served.MARKETS


def test_the_table_stands_in_that_order_on_every_day_of_the_year() -> None:
    for number in range(366):
        moved = campaign(release_at=FIRST + timedelta(days=number))
        in_order = [market for one in markets.market_midnights(moved) for market in one.markets]
        assert in_order == [market for market, _ in MARKETS]


@pytest.mark.parametrize(
    ("market", "expected"),
    [
        ("SE", (13, ("DE", "SE"))),
        ("FJ", (2, ("FJ",))),
        # Of Canada's six zones the first.
        ("CA", (17.5, ("CA",))),
        # Kosovo has no code in tzdata: nobody is asked too early.
        ("XK", (26, ("XK",))),
    ],
)
def test_the_operators_market_is_asked_too(
    settings: Settings, market: str, expected: tuple[float, tuple[str, ...]]
) -> None:
    settings.SPOTIFY_MARKET = market
    assert expected in hours(markets.market_midnights(campaign()))


def test_a_sighting_reaches_as_far_as_the_next_daybreak() -> None:
    release = campaign()
    market_midnights = markets.market_midnights(release)
    reaches = [markets.confirmed_until(release, one) for one in market_midnights]
    assert reaches[:-1] == [one.at for one in market_midnights[1:]]
    assert reaches[-1] == release.last_day
