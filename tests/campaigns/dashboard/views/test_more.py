"""Duplicate, archive and delete, on a campaign's page and in the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_editors
from campaigns.models import Campaign, CampaignState, Label, User
from campaigns.planning import archiving
from tests import factory
from tests.fans import text_of
from tests.forms import send

pytestmark = pytest.mark.django_db

DETAIL = "/dashboard/campaigns/night-bus"


def act(dashboard: Client, name: str, /, **data: Any) -> Any:
    return dashboard.post(f"{DETAIL}/{name}", data, follow=True)


@pytest.fixture
def draft(label: Label) -> Campaign:
    return factory.make_campaign(label=label, slug="night-bus", state=CampaignState.DRAFT)


@pytest.fixture
def ended(label: Label) -> Campaign:
    return factory.make_campaign(label=label, slug="night-bus", state=CampaignState.FINISHED)


def test_a_duplicate_leads_to_its_form_which_can_be_saved(
    dashboard: Client, ended: Campaign
) -> None:
    response = act(dashboard, "duplicate")

    copy = Campaign.objects.exclude(id=ended.id).get()
    assert response.redirect_chain == [(f"/dashboard/campaigns/{copy.slug}/edit", 302)]
    text = text_of(response)
    assert "This draft is a copy of “Night Bus”." in text
    assert f"the copy has a new one: {copy.release_local:%-d %B %Y}" in text
    send(dashboard, copy, title="Day Bus")
    copy.refresh_from_db()
    assert (copy.title, copy.state) == ("Day Bus", CampaignState.DRAFT)


def test_nothing_is_said_of_a_release_time_that_stays(dashboard: Client, draft: Campaign) -> None:
    assert "has passed" not in text_of(act(dashboard, "duplicate"))
    assert {campaign.release_at for campaign in Campaign.objects.all()} == {draft.release_at}


def test_a_campaign_is_archived_and_unarchived_on_its_page(
    dashboard: Client, ended: Campaign
) -> None:
    assert "“Night Bus” archived." in text_of(act(dashboard, "archive"))
    page = text_of(dashboard.get(DETAIL))
    assert "hidden from the list" in page
    assert 'class="status archived">Archived<' in page
    assert f'formaction="{DETAIL}/archive"' not in page
    assert "“Night Bus” unarchived." in text_of(act(dashboard, "unarchive"))
    assert f'formaction="{DETAIL}/archive"' in text_of(dashboard.get(DETAIL))


@pytest.mark.parametrize(
    ("shown", "leads_to"),
    [
        ("", "/dashboard"),
        ("q=bus&page=2", "/dashboard?q=bus&page=2"),
        ("//evil.example/", "/dashboard?%2F%2Fevil.example%2F="),
    ],
)
def test_from_the_list_it_leads_back_to_the_list(
    dashboard: Client, ended: Campaign, shown: str, leads_to: str
) -> None:
    assert act(dashboard, "archive", list=shown).redirect_chain == [(leads_to, 302)]


@pytest.mark.parametrize("name", ["archive", "delete"])
def test_what_runs_is_neither_archived_nor_deleted(
    dashboard: Client, label: Label, name: str
) -> None:
    factory.make_campaign(label=label, slug="night-bus")

    text = text_of(act(dashboard, name))

    assert "Only drafts and" in text or "Only drafts can be deleted" in text
    assert Campaign.objects.get().archived_at is None
    page = text_of(dashboard.get(DETAIL))
    assert f"{DETAIL}/{name}" not in page
    assert "Only drafts can be deleted" in text_of(dashboard.get(f"{DETAIL}/delete", follow=True))


def test_deleting_asks_first(dashboard: Client, draft: Campaign) -> None:
    assert f'href="{DETAIL}/delete"' in text_of(dashboard.get(DETAIL))
    assert "the address can be used again" in text_of(dashboard.get(f"{DETAIL}/delete"))
    assert Campaign.objects.get() == draft

    response = act(dashboard, "delete")

    assert response.redirect_chain == [("/dashboard", 302)]
    assert "Draft “Night Bus” deleted." in text_of(response)
    assert not Campaign.objects.exists()
    assert dashboard.get(DETAIL).status_code == 404


def test_a_draft_that_somebody_else_deletes_meanwhile_is_not_there(
    artist: User, draft: Campaign, rf: RequestFactory
) -> None:
    @for_editors
    def archive_late(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
        archiving.delete_draft(draft)
        archiving.archive(campaign, timezone.now())
        return HttpResponse()

    request = rf.post(DETAIL)
    request.user = artist
    with pytest.raises(Http404):
        archive_late(request, slug="night-bus")


def test_a_draft_is_deleted_by_its_id_whatever_its_address_is_now(
    dashboard: Client, draft: Campaign
) -> None:
    Campaign.objects.update(slug="day-bus", release_at=timezone.now() + timedelta(days=9))

    act(dashboard, "delete", campaign=str(draft.id))

    assert not Campaign.objects.exists()
