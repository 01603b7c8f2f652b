"""The page on which an artist says that what Spotify shows is the release."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import Campaign, CampaignState, ErrorReason, Finding, Label, User
from campaigns.planning.accepting import Asked
from campaigns.spotify.answers import SpotifyError
from campaigns.status import alarms
from campaigns.status.troubles import LATE_AFTER
from tests import factory
from tests.fans import text_of

pytestmark = pytest.mark.django_db

FOUND_URI = "spotify:album:1111111111111111111111"
SHOWN = Asked(FOUND_URI, "First Light", "Demo Artist")
PAGE = "/dashboard/campaigns/wrong-link-three"
ANSWER = f"{PAGE}/accept"


@pytest.fixture
def campaign(label: Label) -> Campaign:
    """Due, with two fans, and with another release under its link."""
    campaign = factory.make_campaign(
        label=label,
        slug="wrong-link-three",
        title="Wrong Link Three",
        artist="Night Desk",
        release_at=timezone.now(),
        last_finding=Finding.OTHER_ARTIST,
        found_uri=FOUND_URI,
        found_title="First Light",
        found_artist="Demo Artist",
    )
    factory.make_presaves(campaign, ["a", "b"])
    return campaign


def send(dashboard: Client, campaign: Campaign, **values: Any) -> str:
    shown = {"found_uri": FOUND_URI, "shown": SHOWN.digest}
    form = {"campaign": campaign.id, **shown}
    return text_of(dashboard.post(ANSWER, form | values, follow=True))


def accepted() -> str:
    return Campaign.objects.values_list("accepted_uri", flat=True).get()


@pytest.mark.parametrize("early", [timedelta(), timedelta(days=3)], ids=["due", "before"])
def test_the_campaigns_page_says_at_once_what_was_found_and_the_two_ways_out(
    dashboard: Client, campaign: Campaign, early: timedelta
) -> None:
    Campaign.objects.update(release_at=timezone.now() + early)
    page = html.unescape(text_of(dashboard.get(PAGE)))
    assert "Spotify shows a different title or artist" in page
    assert (
        "Spotify shows “First Light” by Demo Artist, but your campaign says "
        "“Wrong Link Three” by Night Desk. Nothing is saved, and every permission is kept."
    ) in page
    assert f'href="{PAGE}/edit">Edit the campaign</a>' in page
    assert f'href="{ANSWER}">This is it…</a>' in page
    assert "Needs your answer" in text_of(dashboard.get("/dashboard"))


def test_without_one_entry_there_is_nothing_to_accept(
    dashboard: Client, campaign: Campaign
) -> None:
    Campaign.objects.update(found_uri="", found_title="", found_artist="")
    page = html.unescape(text_of(dashboard.get(PAGE)))
    assert "What Spotify shows here is by a different artist" in page
    assert f'href="{ANSWER}"' not in page


def test_the_page_shows_both_and_says_what_follows(dashboard: Client, campaign: Campaign) -> None:
    page = text_of(dashboard.get(ANSWER))
    assert "“First Light” by Demo Artist" in page
    assert "“Wrong Link Three” by Night Desk" in page
    assert "If you confirm, <strong>Presave saves what Spotify shows for 2 fans</strong>" in page
    assert "2 fans</strong> within seconds" in page


def test_the_answer_counts_and_stands_in_the_history(
    dashboard: Client, campaign: Campaign, artist: User
) -> None:
    page = send(dashboard, campaign)
    assert accepted() == FOUND_URI
    assert "This is it…" not in page
    history = text_of(dashboard.get(f"{PAGE}/history"))
    assert "Accepted “First Light” by Demo Artist as the release for “Wrong Link Three”" in history
    assert artist.email in history


@pytest.mark.parametrize("closed", [False, True])
def test_right_after_the_answer_nothing_is_overdue(
    dashboard: Client, campaign: Campaign, closed: bool
) -> None:
    Campaign.objects.update(release_at=timezone.now() - 2 * LATE_AFTER)
    page = send(dashboard, campaign)
    assert "Checking now…" in page
    for contradiction in ("Overdue", "isn't confirmed", "administrator", "Nothing is saved"):
        assert contradiction not in html.unescape(page)

    night = text_of(dashboard.get(f"{PAGE}/night"))
    assert 'id="night-title">Checking now…' in night
    assert "Correct the link or code" not in night

    if closed:  # the look may take long to come: then people are told all the same
        closing.close(SpotifyError(ErrorReason.RATE_LIMITED, retry_after=300), database_now())
    assert alarms.raise_due(timezone.now()) == closed

    Campaign.objects.update(next_check_at=timezone.now())
    assert "Overdue" in text_of(dashboard.get(PAGE))


def test_who_came_from_release_night_goes_back_there(dashboard: Client, campaign: Campaign) -> None:
    night = dashboard.get(f"{PAGE}/night").content.decode()
    assert f'href="{ANSWER}?from=night"' in night
    question = dashboard.get(f"{ANSWER}?from=night").content.decode()
    assert '<input type="hidden" name="from" value="night">' in question
    form = {"campaign": campaign.id, "found_uri": FOUND_URI, "shown": SHOWN.digest}
    refused = dashboard.post(ANSWER, form | {"from": "night", "shown": "another"})
    accepted_there = dashboard.post(ANSWER, form | {"from": "night"})
    assert [one.headers["Location"] for one in (refused, accepted_there)] == [f"{PAGE}/night"] * 2
    assert dashboard.post(ANSWER, form | {"from": "//evil.example"}).headers["Location"] == PAGE


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"found_uri": "spotify:album:2222222222222222222222"},
        {"found_title": "Last Light"},
        {"found_artist": "Night Desk"},
        {"last_finding": "not_there_yet"},
    ],
    ids=str,
)
def test_an_answer_to_what_was_found_before_is_refused(
    dashboard: Client, campaign: Campaign, meanwhile: dict[str, str]
) -> None:
    Campaign.objects.update(**meanwhile)
    assert "Spotify shows something else now" in html.unescape(send(dashboard, campaign))
    assert accepted() == ""


def test_the_end_names_what_was_saved(dashboard: Client, label: Label) -> None:
    ended = factory.make_campaign(
        label=label, state=CampaignState.FINISHED, slug="ended", confirmed_title=""
    )
    assert "as Spotify lists it" not in text_of(dashboard.get("/dashboard/campaigns/ended"))
    Campaign.objects.filter(id=ended.id).update(
        confirmed_title="Night Bus - EP", confirmed_artist="Demo Artist, Guest"
    )
    page = text_of(dashboard.get("/dashboard/campaigns/ended"))
    assert "Saved: “Night Bus - EP” by Demo Artist, Guest, as Spotify lists it." in page
