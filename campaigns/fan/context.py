"""What a campaign's page offers beside the pre-save: reminders, and the artist's other links."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from campaigns import links
from campaigns.fan import languages
from campaigns.models import Campaign, CampaignState

OUT: Final = (CampaignState.RELEASING, CampaignState.FINISHED)


# A subscribed calendar asks again for months, in no language of its own: it is not counted, and its
# address names the fan's. Calendar programs take webcal: for "subscribe to it".
SUBSCRIBED: Final = "subscribed"


def about(campaign: Campaign) -> dict[str, Any]:
    """For fan/reminders.html and fan/links.html."""
    calendar = reverse("fan-calendar", args=[campaign.slug])
    return {
        "page_url": f"{settings.PUBLIC_URL}{campaign.get_absolute_url()}",
        "subscribe_url": f"webcal://{settings.PUBLIC_URL.partition('://')[2]}{calendar}"
        f"?{SUBSCRIBED}=1&{languages.PARAMETER}={translation.get_language()}",
        "links": links.named(campaign.links) if campaign.state in OUT else [],
    }
