"""Two open forms of one campaign: the second one saved does not undo the first in silence."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from campaigns.catalogue import confirming
from campaigns.catalogue.looks import LookupBudget
from campaigns.dashboard.sentences import why_not
from campaigns.models import Campaign, CampaignState
from campaigns.planning.obstacles import Obstacle
from campaigns.retention import keys
from tests import factory, forms
from tests.fans import text_of

if TYPE_CHECKING:
    from django.test import Client

    from campaigns.models import Label
    from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db

CHANGED = "Someone changed this campaign after you opened the form"


@pytest.fixture
def campaign(label: Label) -> Campaign:
    return factory.make_campaign(label=label, slug="night-bus", artwork_alt="Blue")


def version_in(page: str) -> str:
    (version,) = re.findall(r'name="version" value="(\d+)"', page)
    return str(version)


def opened(dashboard: Client) -> str:
    return version_in(text_of(dashboard.get("/dashboard/campaigns/night-bus/edit")))


def send_opened(dashboard: Client, campaign: Campaign, version: str, **values: Any) -> str:
    """Sends the form that was opened at this version; the address is that of then."""
    form = forms.filled_in(campaign, campaign=campaign.id, version=version, **values)
    return text_of(dashboard.post("/dashboard/campaigns/night-bus/edit", form, follow=True))


def test_a_form_from_before_a_move_does_not_take_the_move_back(
    dashboard: Client, campaign: Campaign
) -> None:
    first, second = opened(dashboard), opened(dashboard)
    assert first == second
    moved = timezone.now() + timedelta(days=20)
    assert "Saved" in send_opened(dashboard, campaign, first, release_at=f"{moved:%Y-%m-%dT%H:%M}")
    campaign.refresh_from_db()
    moved_to, before = campaign.release_at, campaign.release_at - timedelta(days=10)

    stale = {"release_at": f"{before:%Y-%m-%dT%H:%M}", "artwork_alt": "A sun"}
    page = send_opened(dashboard, campaign, second, **stale)
    assert CHANGED in page
    assert 'name="artwork_alt" value="A sun"' in page
    assert f'name="title" value="{campaign.title}"' in page
    assert f'name="release_at" value="{stale["release_at"]}"' in page
    campaign.refresh_from_db()
    assert (campaign.release_at, campaign.artwork_alt) == (moved_to, "Blue")

    # Whoever sends it again means it.
    assert "Saved" in send_opened(dashboard, campaign, version_in(page), **stale)
    campaign.refresh_from_db()
    assert campaign.artwork_alt == "A sun"
    assert campaign.release_at < moved_to


def test_a_form_from_before_a_new_address_is_not_lost(dashboard: Client, label: Label) -> None:
    draft = factory.make_campaign(label=label, slug="night-bus", state=CampaignState.DRAFT)
    version = opened(dashboard)
    assert "Saved" in send_opened(dashboard, draft, version, slug="night-train")

    page = send_opened(dashboard, draft, version, slug="night-bus", artwork_alt="A sun")
    assert CHANGED in page
    assert "A sun" in page
    stays = {"slug": "night-train", "artwork_alt": "A sun"}
    assert "Saved" in send_opened(dashboard, draft, version_in(page), **stays)
    draft.refresh_from_db()
    assert (draft.slug, draft.artwork_alt) == ("night-train", "A sun")


@pytest.mark.parametrize("act", ["open", "cancel"])
def test_an_old_page_acts_on_the_campaign_that_it_showed(
    dashboard: Client, label: Label, act: str
) -> None:
    """Another one has the address by now."""
    shown = factory.make_campaign(label=label, slug="night-bus", state=CampaignState.DRAFT)
    path = "" if act == "open" else "/cancel"
    page = text_of(dashboard.get(f"/dashboard/campaigns/night-bus{path}"))
    (meant,) = set(re.findall(r'name="campaign" value="([\w-]+)"', page))
    Campaign.objects.filter(id=shown.id).update(slug="night-train")
    other = factory.make_campaign(label=label, slug="night-bus", state=CampaignState.DRAFT)

    dashboard.post(f"/dashboard/campaigns/night-bus/{act}", {"campaign": meant})
    shown.refresh_from_db()
    other.refresh_from_db()
    assert shown.state == {"open": CampaignState.OPEN, "cancel": CampaignState.CANCELLED}[act]
    assert other.state == CampaignState.DRAFT


def test_a_form_reaches_no_campaign_of_another_label(dashboard: Client, campaign: Campaign) -> None:
    of_others = factory.make_campaign(slug="not-mine")
    form = {"campaign": of_others.id, "title": "Bait"}
    assert dashboard.post("/dashboard/campaigns/night-bus/edit", form).status_code == 404
    of_others.refresh_from_db()
    assert of_others.title != "Bait"


def test_who_edits_alone_is_never_asked(dashboard: Client, campaign: Campaign) -> None:
    for words in ("Red", "Green"):
        assert "Saved" in send_opened(dashboard, campaign, opened(dashboard), artwork_alt=words)
        campaign.refresh_from_db()
        assert campaign.artwork_alt == words


def test_a_form_that_is_sent_twice_is_stored_once_and_says_so(
    dashboard: Client, campaign: Campaign
) -> None:
    version = opened(dashboard)
    for _ in range(2):
        page = send_opened(dashboard, campaign, version, artwork_alt="Red")
        assert "Saved" in page
        assert CHANGED not in page


def test_a_form_whose_release_time_has_passed_meanwhile_says_first_that_it_was_moved(
    dashboard: Client, campaign: Campaign
) -> None:
    version, shown = opened(dashboard), Campaign.objects.get()
    moved = timezone.now() + timedelta(days=60)
    assert "Saved" in send_opened(dashboard, shown, version, release_at=f"{moved:%Y-%m-%dT%H:%M}")
    past = f"{timezone.now() - timedelta(days=1):%Y-%m-%dT%H:%M}"
    page = send_opened(dashboard, shown, version, release_at=past)
    assert CHANGED in page
    assert "has passed" not in page


def test_a_form_from_before_the_first_fan_does_not_drop_what_was_written(
    dashboard: Client, campaign: Campaign
) -> None:
    version = opened(dashboard)
    factory.make_presave(campaign)
    page = send_opened(dashboard, campaign, version, title="Night Train")
    assert why_not(Obstacle.TITLE_STAYS) in page
    assert "Saved" not in page
    assert "Saved" in send_opened(dashboard, campaign, version, artwork_alt="Red")


def test_what_the_worker_finds_out_is_no_change_of_the_form(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    campaign = factory.make_campaign(label=label, slug="night-bus", public_key=None)
    version = opened(dashboard)
    assert keys.make_keys() == 1
    Campaign.objects.update(release_at=timezone.now())
    confirming.confirm(Campaign.objects.get(), LookupBudget(timezone.now()))
    campaign.refresh_from_db()
    assert campaign.last_finding == "not_there_yet"
    assert "Saved" in send_opened(dashboard, campaign, version, artwork_alt="Red")


def test_a_form_that_changes_nothing_makes_no_other_one_old(
    dashboard: Client, campaign: Campaign
) -> None:
    version = opened(dashboard)
    assert "Saved" in send_opened(dashboard, campaign, version)
    assert opened(dashboard) == version


def test_a_new_campaign_was_filled_in_from_nothing(dashboard: Client, label: Label) -> None:
    assert 'name="version" value' not in text_of(dashboard.get("/dashboard/new"))
