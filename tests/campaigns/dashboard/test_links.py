"""Links and reminders in the dashboard: written in the form, changed after the end, counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, Label, ReminderCount, ReminderKind, Role, User
from tests import factory

pytestmark = pytest.mark.django_db

COUNTDOWN = "https://open.spotify.com/prerelease/4aawyAB9vmqN3uQ7FjRGTy"
LINKS = "/dashboard/campaigns/night-bus/links"
DETAIL = "/dashboard/campaigns/night-bus"


def given(**values: Any) -> dict[str, Any]:
    in_a_month = timezone.now() + timedelta(days=30)
    return {
        "title": "Night Bus",
        "artist": "Demo Artist",
        "slug": "night-bus",
        "spotify_uri": "spotify:album:4aawyAB9vmqN3uQ7FjRGTy",
        "release_at": f"{in_a_month:%Y-%m-%d}T00:00",
        "release_zone": "Europe/Paris",
        "countdown_url": f"{COUNTDOWN}?si=0123",
        "links": "https://a.example\r\nhttps://b.example",
        **values,
    }


def test_the_form_stores_links_and_shows_them_again(dashboard: Client, label: Label) -> None:
    dashboard.post("/dashboard/new", given())
    campaign = Campaign.objects.get()
    assert campaign.countdown_url == COUNTDOWN
    assert campaign.links == ["https://a.example/", "https://b.example/"]

    form = dashboard.get(f"{DETAIL}/edit").content.decode()
    assert f'value="{COUNTDOWN}"' in form
    assert "https://a.example/\nhttps://b.example/</textarea>" in form
    assert '<a href="https://a.example/" rel="noreferrer">a.example</a>' in (
        dashboard.get(DETAIL).content.decode()
    )


def test_a_form_with_a_wrong_link_comes_back_with_what_was_written(
    dashboard: Client, label: Label
) -> None:
    wrong = "</textarea><script>alert(1)</script>"
    page = dashboard.post("/dashboard/new", given(links=wrong)).content.decode()
    assert "Line 1: a link begins with https://" in page
    assert "&lt;/textarea&gt;&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert not Campaign.objects.exists()


def test_links_can_change_after_the_end(dashboard: Client, label: Label) -> None:
    campaign = factory.make_campaign(
        label=label, slug="night-bus", state=CampaignState.FINISHED, links=["https://a.example/"]
    )
    assert f'href="{LINKS}"' in dashboard.get(DETAIL).content.decode()
    assert "https://a.example/</textarea>" in dashboard.get(LINKS).content.decode()

    refused = dashboard.post(LINKS, {"links": "http://b.example"}).content.decode()
    assert "Line 1: a link begins with https://" in refused
    answer = dashboard.post(LINKS, {"links": "https://b.example"}, follow=True)

    assert answer.redirect_chain == [(DETAIL, 302)]
    campaign.refresh_from_db()
    assert campaign.links == ["https://b.example/"]
    assert '<a href="https://b.example/"' in Client().get("/night-bus").content.decode()


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.CANCELLED])
def test_otherwise_the_form_answers_for_them(
    dashboard: Client, label: Label, state: CampaignState
) -> None:
    factory.make_campaign(label=label, slug="night-bus", state=state)
    answer = dashboard.post(LINKS, {"links": "https://b.example"})
    assert answer.headers["Location"] == f"{DETAIL}/edit"
    assert Campaign.objects.get().links == []
    assert LINKS not in dashboard.get(DETAIL).content.decode()


def test_viewers_and_strangers_do_not_change_links(
    dashboard: Client, artist: User, label: Label
) -> None:
    seen = factory.make_label()
    factory.make_member(seen, artist, Role.VIEWER)
    for its_label, status in ((seen, 403), (factory.make_label(), 404)):
        campaign = factory.make_campaign(label=its_label, state=CampaignState.FINISHED)
        path = f"/dashboard/campaigns/{campaign.slug}/links"
        assert dashboard.post(path, {"links": "https://b.example"}).status_code == status
        assert Campaign.objects.get(id=campaign.id).links == []


def test_reminders_are_told_apart_from_pre_saves(dashboard: Client, label: Label) -> None:
    campaign = factory.make_campaign(label=label, slug="night-bus")
    assert "0 calendar files, 0 visits to the Countdown Page." in (
        dashboard.get(DETAIL).content.decode()
    )
    ReminderCount.objects.add(campaign.id, timezone.now(), ReminderKind.CALENDAR)
    for _ in range(2):
        ReminderCount.objects.add(campaign.id, timezone.now(), ReminderKind.COUNTDOWN)

    page = dashboard.get(DETAIL).content.decode()
    assert "1 calendar file, 2 visits to the Countdown Page." in page
    assert '<dd data-count="presaves">0</dd>' in page
