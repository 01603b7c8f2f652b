"""What artists read about a campaign: templates/status/ holds the sentences, keyed by names."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from campaigns.catalogue.markets import market_of
from campaigns.models import Campaign


def sentence(name: str, campaign: Campaign, **facts: Any) -> str:
    """The text of templates/status/NAME.txt in one line, not escaped; empty if it says nothing."""
    context = {"campaign": campaign, "market": market_of(campaign), **facts}
    return " ".join(render_to_string(f"status/{name}.txt", context).split())


def release_time(campaign: Campaign) -> str:
    """The release time as the artist stated it."""
    return sentence("release_time", campaign)


def release_time_in_utc(campaign: Campaign) -> str:
    return sentence("release_time_in_utc", campaign)
