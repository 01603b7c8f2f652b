"""What artists read about a campaign: templates/status/ holds the sentences, keyed by names."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from campaigns.catalogue.markets import market_of
from campaigns.models import Campaign
from campaigns.spotify import app_mode


def sentence(name: str, campaign: Campaign, **facts: Any) -> str:
    """The text of templates/status/NAME.txt in one line, not escaped; empty if it says nothing."""
    context = {
        "campaign": campaign,
        "market": market_of(campaign),
        "app_mode": app_mode(),
        **facts,
    }
    return in_one_line(render_to_string(f"status/{name}.txt", context))


def in_one_line(text: str) -> str:
    """A template's text without its line ends. The spaces at which no line may end stay."""
    return re.sub(r"[ \n]+", " ", text).strip()


def release_time(campaign: Campaign) -> str:
    """The release time as the artist stated it."""
    return sentence("release_time", campaign)


def release_time_in_utc(campaign: Campaign) -> str:
    return sentence("release_time_in_utc", campaign)


def page_of(campaign: Campaign) -> str:
    """Where its artist reads about it."""
    return f"{settings.PUBLIC_URL}{reverse('dashboard-campaign', args=[campaign.slug])}"


def report_page_of(campaign: Campaign) -> str:
    """Where its artist reads the report."""
    path = reverse("dashboard-campaign-report", args=[campaign.slug])
    return f"{settings.PUBLIC_URL}{path}"
