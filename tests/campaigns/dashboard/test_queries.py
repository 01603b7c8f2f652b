"""No page of the dashboard asks the database more often because a label has grown. What each takes
among a million pre-saves is for `make bench T=dashboard`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import CampaignState, Event, Finding, Label, PauseReason, Role, User
from campaigns.planning import invitations
from campaigns.planning.history import record
from campaigns.urls import urlpatterns
from tests import factory
from tests.log_ins import logged_in

pytestmark = pytest.mark.django_db

MOST_QUERIES = 12
MANY = 15
# What Spotify is asked for, and what somebody has been sent or shown.
LEFT_OUT = ("dashboard-cover", "dashboard-invitation", "dashboard-upload")
ADDRESSES = {
    str(one.name): one.pattern.converters
    for one in urlpatterns
    if str(one.pattern).startswith("dashboard") and one.name not in LEFT_OUT
}
OTHER = {"found_uri": "spotify:album:" + "1" * 22, "last_finding": Finding.OTHER_ARTIST}
CAMPAIGNS: dict[str, dict[str, Any]] = {
    "draft": {"state": CampaignState.DRAFT},
    "open": {},
    "due": {"release_at": timezone.now()},
    "asking": {"release_at": timezone.now(), **OTHER},
    "paused": {"paused_reason": PauseReason.RELEASE_REFUSED},
    "releasing": {"state": CampaignState.RELEASING},
    "finished": {"state": CampaignState.FINISHED},
    "cancelled": {"state": CampaignState.CANCELLED},
}


@pytest.fixture
def owner() -> User:
    return factory.make_user()


@pytest.fixture
def label(owner: User) -> Label:
    """With many of everything."""
    label, now = factory.make_label(owner), timezone.now()
    for number in range(MANY):
        factory.make_member(label)
        factory.make_webhook(label)
        factory.make_campaign(label=label, release_at=now + timedelta(days=number))
        label.artists.create(folded_name=f"demo artist {number}", spotify_id="1" * 22)
        invitations.invite(label, f"guest-{number}@example.com", Role.VIEWER, owner, now)
    return label


@pytest.mark.parametrize("kind", CAMPAIGNS)
def test_every_page_of_the_dashboard_costs_a_few_queries(
    owner: User, label: Label, kind: str
) -> None:
    campaign = factory.make_campaign(label=label, **CAMPAIGNS[kind])
    for number in range(MANY):
        record(label, Event.OPENED, owner, campaign)
        campaign.sources.create(name=f"name-{number}", slot=number + 1)
    if kind != "draft":
        factory.make_presaves(campaign, ["a", "b", "c"])
    named = {
        "slug": campaign.slug,
        "label_id": label.id,
        "member_id": label.memberships.exclude(user=owner).earliest("id").id,
        **dict.fromkeys(("artist_id", "invitation_id", "page_id", "webhook_id"), 1),
    }
    client, asked = logged_in(owner), {}
    assert client.get(reverse("dashboard-campaign", args=[campaign.slug])).status_code == 200

    for name, wanted in ADDRESSES.items():
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(name, kwargs={each: named[each] for each in wanted}))
        asked[name] = len(queries)

    assert {name: number for name, number in asked.items() if number > MOST_QUERIES} == {}
