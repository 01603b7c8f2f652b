"""Two open forms of one campaign: the second one saved does not undo the first in silence."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests import factory
from tests.campaigns.fans import text_of

if TYPE_CHECKING:
    from django.test import Client

    from campaigns.models import Campaign, Label

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(label: Label) -> Campaign:
    return factory.make_campaign(label=label, slug="night-bus", artwork_alt="Blue")


def version_in(page: str) -> str:
    (version,) = re.findall(r'name="filled_from" value="(\w+)"', page)
    return str(version)


def opened(dashboard: Client) -> str:
    return version_in(text_of(dashboard.get("/dashboard/campaigns/night-bus/edit")))


def send(dashboard: Client, campaign: Campaign, version: str, **values: Any) -> str:
    """The form as it was filled in from this campaign, with these values in it."""
    shown = {
        "title": campaign.title,
        "artist": campaign.artist,
        "spotify_uri": campaign.spotify_uri,
        "release_at": f"{campaign.release_local:%Y-%m-%dT%H:%M}",
        "release_zone": campaign.release_zone,
        "artwork_alt": campaign.artwork_alt,
        "filled_from": version,
    }
    answer = dashboard.post("/dashboard/campaigns/night-bus/edit", shown | values, follow=True)
    return text_of(answer)


def test_a_form_from_before_a_move_does_not_take_the_move_back(
    dashboard: Client, campaign: Campaign
) -> None:
    first, second = opened(dashboard), opened(dashboard)
    assert first == second
    moved = timezone.now() + timedelta(days=20)
    assert "Saved" in send(dashboard, campaign, first, release_at=f"{moved:%Y-%m-%dT%H:%M}")
    campaign.refresh_from_db()
    moved_to, before = campaign.release_at, campaign.release_at - timedelta(days=10)

    stale = {"release_at": f"{before:%Y-%m-%dT%H:%M}", "artwork_alt": "A sun"}
    page = send(dashboard, campaign, second, **stale)
    assert "Somebody saved this campaign after this form was opened" in page
    assert "A sun" in page
    campaign.refresh_from_db()
    assert (campaign.release_at, campaign.artwork_alt) == (moved_to, "Blue")

    # Whoever sends it again means it.
    assert "Saved" in send(dashboard, campaign, version_in(page), **stale)
    campaign.refresh_from_db()
    assert campaign.artwork_alt == "A sun"
    assert campaign.release_at < moved_to


def test_who_edits_alone_is_never_asked(dashboard: Client, campaign: Campaign) -> None:
    for words in ("Red", "Green"):
        assert "Saved" in send(dashboard, campaign, opened(dashboard), artwork_alt=words)
        campaign.refresh_from_db()
        assert campaign.artwork_alt == words


def test_a_new_campaign_was_filled_in_from_nothing(dashboard: Client, label: Label) -> None:
    assert "filled_from" not in text_of(dashboard.get("/dashboard/new"))
