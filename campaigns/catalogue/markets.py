"""The markets in which the catalogue is asked for a release, and from when on.

A release comes out market by market, at local midnight. Presave does not know a fan's market, as it
may not read it. So a few markets stand for their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from campaigns.models import Campaign, ReleaseMode, midnights

# Markets in the order in which their day begins, each with the zone that it begins in. The United
# States are there twice, as Spotify does not say which of their midnights counts.
# https://providersupport.spotify.com/article/setting-up-a-release-deal
MARKETS: Final = (
    ("NZ", "Pacific/Auckland"),
    ("AU", "Australia/Sydney"),
    ("JP", "Asia/Tokyo"),
    ("SG", "Asia/Singapore"),
    ("IN", "Asia/Kolkata"),
    ("AE", "Asia/Dubai"),
    ("DE", "Europe/Berlin"),
    ("GB", "Europe/London"),
    ("BR", "America/Sao_Paulo"),
    ("US", "America/New_York"),
    ("MX", "America/Mexico_City"),
    ("US", "America/Los_Angeles"),
)


@dataclass(frozen=True)
class MarketMidnight:
    """The instant from which on a release may show in these markets."""

    at: datetime
    markets: tuple[str, ...]


def market_of(campaign: Campaign) -> str:
    """The campaign's own market, or else the operator's."""
    return campaign.market or settings.SPOTIFY_MARKET


def market_midnights(campaign: Campaign) -> list[MarketMidnight]:
    """A campaign's market midnights in order. A release at one instant has one, in the campaign's
    market.
    """
    if campaign.release_mode == ReleaseMode.ONE_INSTANT:
        return [MarketMidnight(campaign.release_at, (market_of(campaign),))]
    day = midnights.day_of(campaign.release_at)
    beginning: dict[datetime, tuple[str, ...]] = {}
    for market, zone in (*MARKETS, *_own_market(campaign)):
        at = midnights.day_begins(day, zone)
        beginning[at] = (*beginning.get(at, ()), market)
    return [MarketMidnight(at, beginning[at]) for at in sorted(beginning)]


def _own_market(campaign: Campaign) -> list[tuple[str, str]]:
    """The campaign's market with the first of its zones, if the table does not have it."""
    market, day = market_of(campaign), midnights.day_of(campaign.release_at)
    if any(market == listed for listed, _ in MARKETS):
        return []
    zones = midnights.zones_of_country(market) or (midnights.LAST_ZONE,)
    return [(market, min(zones, key=lambda zone: midnights.day_begins(day, zone)))]


def confirmed_until(campaign: Campaign, seen: MarketMidnight) -> datetime | None:
    """The bound before which due fans may be served, once the release was seen in a market of that
    midnight: the next one, or after the last one the campaign's last day. None is no bound.
    """
    if campaign.release_mode == ReleaseMode.ONE_INSTANT:
        return None
    later = [midnight.at for midnight in market_midnights(campaign) if midnight.at > seen.at]
    return later[0] if later else campaign.last_day
