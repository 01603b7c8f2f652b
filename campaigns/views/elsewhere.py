"""What a campaign's page offers beside the pre-save: reminders, and the artist's other links."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.urls import reverse

from campaigns import other_links
from campaigns.models import Campaign, CampaignState

OUT: Final = (CampaignState.RELEASING, CampaignState.FINISHED)


def about(campaign: Campaign) -> dict[str, Any]:
    """For fan/reminders.html and fan/links.html."""
    calendar = reverse("fan-calendar", args=[campaign.slug])
    return {
        "page_url": f"{settings.PUBLIC_URL}{campaign.get_absolute_url()}",
        # Calendar programs take this scheme for "subscribe to it".
        "subscribe_url": f"webcal://{settings.PUBLIC_URL.partition('://')[2]}{calendar}",
        "links": other_links.named(campaign.links) if campaign.state in OUT else [],
    }
