"""What artists read where nobody can pre-save: nothing about pre-saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, Label, SourceCount, Step
from campaigns.models.counts import Counted
from campaigns.status import checks
from tests.factory import make_campaign

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

NEVER_A_KEY: Final = {"public_key": None}
FINISHED: Final = {"state": CampaignState.FINISHED}
ELSEWHERE: Final = "https://artist.bandcamp.example/night-bus"
PRE_SAVES: Final = (
    *("Receipts", "first pre-save", "From link to pre-save", "Taps", "Conversion"),
    *("key was destroyed", "Nobody had pre-saved", "How the numbers add up", "Saved to"),
    *("destroys the campaign", "take a Spotify account", "of the pre-saves", "not pre-saves"),
)


@pytest.fixture(autouse=True)
def no_app(settings: Settings) -> None:
    settings.SPOTIFY_CLIENT_ID = settings.SPOTIFY_CLIENT_SECRET = ""


def page_of(dashboard: Client, campaign: Campaign, tab: str = "") -> str:
    return dashboard.get(f"/dashboard/campaigns/{campaign.slug}{tab}").content.decode()


def ended(label: Label, **fields: Any) -> Campaign:
    gone = {"key_destroyed_at": timezone.now(), **FINISHED}
    campaign = make_campaign(label=label, **{**gone, **fields})
    day = timezone.now().date()
    SourceCount.objects.add({Counted(campaign.id, day, "poster", Step.VISIT): 3})
    return campaign


@pytest.mark.parametrize("tab", ["", "/numbers", "/report"])
@pytest.mark.parametrize("state", ["draft", "open", "finished", "cancelled"])
def test_a_campaign_without_a_key(dashboard: Client, label: Label, tab: str, state: str) -> None:
    has_ended = state in {"finished", "cancelled"}
    make = ended if has_ended else make_campaign
    text = page_of(dashboard, make(label=label, state=state, **NEVER_A_KEY), tab)
    assert [words for words in PRE_SAVES if words in text] == []


def test_what_was_pre_saved_before_stays_told(dashboard: Client, label: Label) -> None:
    campaign = ended(label)
    assert "Receipts" in page_of(dashboard, campaign)
    assert "From link to pre-save" in page_of(dashboard, campaign, "/numbers")
    assert "key was destroyed" in page_of(dashboard, campaign, "/report")


def test_a_key_that_never_was_is_not_destroyed(
    dashboard: Client, label: Label, settings: Settings
) -> None:
    settings.SPOTIFY_CLIENT_ID = "4aawyAB9"
    campaign = ended(label, **NEVER_A_KEY)
    assert "Never created." in page_of(dashboard, campaign)
    assert "key was destroyed" not in page_of(dashboard, campaign, "/report")
    report = dashboard.get(f"/dashboard/campaigns/{campaign.slug}/report.json").json()
    assert report["campaign"]["key_destroyed_at"] is None


def test_the_first_page_and_the_form(dashboard: Client, label: Label, settings: Settings) -> None:
    wrong = ("one button", "permissions last", "receipt", "rather not pre-save", "Liked Songs")
    for path in ("/dashboard", "/dashboard/new"):
        text = dashboard.get(path).content.decode()
        assert [words for words in wrong if words in text] == []
    settings.SPOTIFY_CLIENT_ID = "4aawyAB9"
    both = "".join(
        dashboard.get(path).content.decode() for path in ("/dashboard", "/dashboard/new")
    )
    assert [words for words in wrong if words not in both.replace("&#x27;", "'")] == []


def test_words_of_thanks_stay_to_fans_with_a_receipt(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label=label, thanks="See you on tour")
    assert 'name="thanks"' in page_of(dashboard, campaign, "/edit")


@pytest.mark.parametrize(
    ("app", "fields", "is_told"),
    [
        ("", {}, False),
        ("", {"spotify_uri": "", "upc": "196589000005"}, True),
        ("", {"spotify_uri": ""}, True),
        ("", {"spotify_uri": "", "links": [ELSEWHERE]}, False),
        ("", {"spotify_uri": "", "links_before": [ELSEWHERE]}, True),
        ("4aawyAB9", {"spotify_uri": ""}, True),
        ("4aawyAB9", {"spotify_uri": "", "upc": "196589000005"}, False),
    ],
)
def test_a_page_that_would_lead_nowhere(
    settings: Settings, app: str, fields: dict[str, Any], is_told: bool
) -> None:
    settings.SPOTIFY_CLIENT_ID = app
    draft = make_campaign(state=CampaignState.DRAFT, **NEVER_A_KEY, **fields)
    found = {each.name: each for each in checks.before_opening(draft, timezone.now())}
    assert ("links" in found) is is_told
    if is_told:
        assert found["links"].title == "No link is shown after the release"


@pytest.mark.parametrize("links", [[], [ELSEWHERE]])
def test_the_end_says_whether_there_are_links(
    dashboard: Client, label: Label, links: list[str]
) -> None:
    text = page_of(dashboard, ended(label, spotify_uri="", links=links, **NEVER_A_KEY))
    assert ("shows your links" in text) is bool(links)
    assert ("You can still add links" in text) is (links == [])
