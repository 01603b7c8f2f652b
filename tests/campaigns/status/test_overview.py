"""Where a campaign stands, in the words of the dashboard."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, Label, User, midnights
from campaigns.status import overview
from campaigns.status.sentences import sentence
from tests import factory
from tests.fans import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def artist() -> User:
    return factory.make_user()


@pytest.fixture
def label(artist: User) -> Label:
    return factory.make_label(owner=artist)


@pytest.fixture
def dashboard(artist: User) -> Client:
    client = Client()
    client.force_login(artist)
    return client


@pytest.mark.parametrize(
    ("hours", "state", "said"),
    [
        (-99, CampaignState.OPEN, "each fan gets it at their own midnight, New Zealand first"),
        (0.5, CampaignState.OPEN, "in the first time zones, so Presave is checking their markets"),
        (3, CampaignState.OPEN, "Presave hasn't been able to check"),
        (3, CampaignState.RELEASING, "The release is out where the day has begun"),
        (27, CampaignState.RELEASING, "saving it for every fan. Each permission"),
    ],
)
def test_the_dashboard_follows_the_night(hours: float, state: CampaignState, said: str) -> None:
    first = midnights.first_midnight(date(2026, 12, 5))
    opened_at = first - timedelta(days=9)
    campaign = factory.make_local_campaign(release_at=first, opened_at=opened_at, state=state)
    now = first + timedelta(hours=hours)
    standing = factory.standing(campaign, now)
    assert said in overview.next_step(standing, overview.explanation_of(standing), now)


@pytest.mark.parametrize("finding", ["gone", "other_variant", "found_by_code"])
def test_the_artist_is_told_what_the_catalogue_did(
    dashboard: Client, label: Label, finding: str
) -> None:
    state = CampaignState.OPEN if finding == "gone" else CampaignState.RELEASING
    campaign = factory.make_local_campaign(
        label=label, release_at=timezone.now() - timedelta(hours=3), state=state
    )
    path = f"/dashboard/campaigns/{campaign.slug}"
    said = sentence("finding", campaign, finding=finding)
    assert said not in text_of(dashboard.get(path))
    Campaign.objects.update(last_finding=finding)
    assert said in text_of(dashboard.get(path))


def test_that_the_link_led_nowhere_stays_told_when_the_release_is_over(
    dashboard: Client, label: Label
) -> None:
    campaign = factory.make_campaign(
        label=label, state=CampaignState.FINISHED, last_finding="found_by_code"
    )
    said = sentence("finding", campaign, finding="found_by_code")
    assert said in text_of(dashboard.get(f"/dashboard/campaigns/{campaign.slug}"))
