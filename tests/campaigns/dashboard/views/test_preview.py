"""Previews: the real page, in which nothing leads to a consent, for those who may see it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, Label, Role
from campaigns.planning import previewing
from tests import factory
from tests.forms import filled_in
from tools.pictures import file_of, picture

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db
# Where a tap would lead that is more than a look.
LEADS_ON = re.compile(r'(?:href|action)="[^"]*(?:/go|calendar|/countdown["?]|webcal|spotify)')


@pytest.fixture(autouse=True)
def artwork_dir(settings: Settings, tmp_path: Path) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"


def preview(dashboard: Client, **values: Any) -> str:
    response = dashboard.post("/dashboard/preview", filled_in(**values))
    assert response.status_code == 200
    return response.content.decode()


def team_link(campaign: Campaign) -> str:
    previewing.make_link(campaign, timezone.now())
    return f"/preview/{previewing.token_of(campaign)}"


@pytest.mark.parametrize("mode", ["one_instant", "local_midnight"])
def test_it_is_the_page_as_the_form_stands(dashboard: Client, label: Label, mode: str) -> None:
    cover = SimpleUploadedFile("cover.png", file_of(picture(800, 400)).getvalue())
    texts = {"title": "As <typed>", "note": "One.\nTwo.", "thanks": "You <all>!", "accent": ""}
    day = filled_in()["release_at"][:10]

    page = preview(dashboard, artwork=cover, release_mode=mode, release_day=day, **texts)

    assert "<bdi>As &lt;typed&gt;</bdi>" in page
    assert "Pre-save on Spotify" in page
    assert "One.<br>Two." in page
    assert "You &lt;all&gt;!" in page
    assert "accent-green" in page
    assert re.search(r'src="/dashboard/uploads/[^"]+\?x=50&amp;y=50"', page)
    assert "not the live page" in page
    assert not LEADS_ON.search(page)
    assert not Campaign.objects.exists()


def test_what_is_missing_or_wrong_has_a_place_of_its_own(dashboard: Client, label: Label) -> None:
    page = preview(dashboard, title="", artist="", release_at="nonsense", slug="Ü", upc="1")

    assert "<bdi>Title</bdi>" in page
    assert "<bdi>Artist</bdi>" in page
    assert "Pre-save on Spotify" in page


def test_a_day_that_is_refused_is_not_previewed(dashboard: Client, label: Label) -> None:
    refused = preview(dashboard, release_mode="local_midnight", release_day="9999-12-31")
    assert "9999" not in refused


def test_a_frame_of_our_own_shows_it_and_no_other(dashboard: Client, label: Label) -> None:
    shown = dashboard.get("/dashboard/preview")
    form = dashboard.get("/dashboard/new")
    others = dashboard.get("/dashboard")

    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert "form-action 'none'" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in form.headers["Content-Security-Policy"]
    for page in (form, others):
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-src" not in others.headers["Content-Security-Policy"]


def test_of_a_campaign_editors_alone_get_it(dashboard: Client, label: Label) -> None:
    campaign = factory.make_campaign(label=label, title="First Light")
    address = f"/dashboard/preview?campaign={campaign.id}"
    viewer, stranger = Client(), Client()
    viewer.force_login(factory.make_member(label, role=Role.VIEWER))
    stranger.force_login(factory.make_user())

    assert "First Light" in dashboard.get(address).content.decode()
    assert viewer.get(address).status_code == 403
    assert stranger.get(address).status_code == 404
    assert stranger.post("/dashboard/preview", {"campaign": campaign.id}).status_code == 404


@pytest.mark.parametrize(
    "state", [CampaignState.DRAFT, CampaignState.OPEN, CampaignState.RELEASING]
)
def test_the_teams_link_shows_the_page_to_anybody_and_leads_nowhere(
    client: Client, state: CampaignState
) -> None:
    links = ["https://bandcamp.com/night-desk"]
    countdown = "https://open.spotify.com/prerelease/4aawyAB9vmqN3uQ7FjRGTy"
    campaign = factory.make_campaign(state=state, links=links, countdown_url=countdown)

    response = client.get(team_link(campaign))

    page = response.content.decode()
    assert response.status_code == 200
    assert "not the live page." in page
    assert "Night Bus" in page
    assert not LEADS_ON.search(page)
    assert links[0] not in page
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in response.headers["Cache-Control"]
    assert "form-action 'none'" in response.headers["Content-Security-Policy"]
    assert not response.cookies


def test_the_teams_page_speaks_the_fans_languages(client: Client) -> None:
    page = client.get(f"{team_link(factory.make_campaign())}?lang=de").content.decode()

    assert "Pre-Save auf Spotify" in page
    assert "Vorschau" in page
    assert "Dieser Link gilt bis" in page
    assert not re.search(r"Preview|This link|buttons", page)


def test_a_link_is_made_shown_and_withdrawn(dashboard: Client, label: Label) -> None:
    campaign = factory.make_campaign(label=label, state=CampaignState.DRAFT)
    address = f"/dashboard/campaigns/{campaign.slug}/preview"

    page = dashboard.post(address, follow=True).content.decode()
    found = re.search(r"/preview/[^\"]+", page)
    assert found
    assert Client().get(found[0]).status_code == 200
    again = dashboard.get(f"/dashboard/campaigns/{campaign.slug}").content.decode()
    assert found[0] in again

    dashboard.post(address, {"withdraw": "1"})
    assert Client().get(found[0]).status_code == 404


def test_a_link_can_be_withdrawn_after_the_end(dashboard: Client, label: Label) -> None:
    campaign = factory.make_campaign(label=label, state=CampaignState.FINISHED)
    detail = f"/dashboard/campaigns/{campaign.slug}"
    assert "Preview for your team" not in dashboard.get(detail).content.decode()
    link = team_link(campaign)

    page = dashboard.get(detail).content.decode()
    assert "Withdraw link" in page
    assert "New link" not in page

    dashboard.post(f"{detail}/preview", {"withdraw": "1"})
    assert Client().get(link).status_code == 404
    assert "Preview for your team" not in dashboard.get(detail).content.decode()


def test_after_a_week_the_link_is_shown_no_more(dashboard: Client, label: Label) -> None:
    campaign = factory.make_campaign(label=label, state=CampaignState.DRAFT)
    link = team_link(campaign)
    Campaign.objects.update(preview_until=timezone.now() - timedelta(seconds=1))

    assert Client().get(link).status_code == 404
    page = dashboard.get(f"/dashboard/campaigns/{campaign.slug}").content.decode()
    assert "/preview/" not in page
    assert "Create preview link" in page
