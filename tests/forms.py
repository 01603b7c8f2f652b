"""The dashboard's campaign form: filled in as an artist does, and sent as a browser does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from tests.sandbox_process import ALBUM_URI

SHOWN: Final = ("title", "artist", "slug", "spotify_uri", "upc", "isrc", "artwork_alt")


def in_days(days: int) -> str:
    """Midnight of that day, as the field for date and time sends it."""
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%d}T00:00"


def filled_in(campaign: Campaign | None = None, /, **values: Any) -> dict[str, Any]:
    """The form as it is shown for this campaign, or for a new one, with these values in it."""
    if campaign is None:
        new = {"title": "Night Bus", "artist": "Demo Artist", "spotify_uri": ALBUM_URI}
        return {**new, "release_at": in_days(30), "release_zone": "Europe/Paris", **values}
    shown = {name: getattr(campaign, name) for name in SHOWN}
    moment = f"{campaign.release_local:%Y-%m-%dT%H:%M}"
    return {**shown, "release_at": moment, "release_zone": campaign.release_zone, **values}


def send(dashboard: Client, campaign: Campaign | None = None, /, **values: Any) -> Any:
    """Sends the form to where its page leads, and goes where the answer leads."""
    address = f"campaigns/{campaign.slug}/edit" if campaign else "new"
    return dashboard.post(f"/dashboard/{address}", filled_in(campaign, **values), follow=True)
