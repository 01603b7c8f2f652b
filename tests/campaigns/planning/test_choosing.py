"""An artist's choice of one entry out of several."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.catalogue.candidates import to_json
from campaigns.catalogue.looks import LookupBudget, look
from campaigns.models import Campaign, CampaignState, Finding, User
from campaigns.planning import accepting
from campaigns.planning.accepting import Asked
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.spotify import Artist, Release
from campaigns.status import alarms
from tests.factory import make_campaign, make_user
from tests.nights.night import check_books, make_night, states, work
from tests.sandbox_process import ALBUM_URI, UPC, Sandbox

pytestmark = pytest.mark.django_db

OTHER_ID = "1111111111111111111111"
OTHER_URI = f"spotify:album:{OTHER_ID}"
DEAD_URI = "spotify:album:2222222222222222222222"
ALBUM = Release(
    ALBUM_URI, UPC, "", "2026-11-30", True, (Artist("1" * 22, "Demo Artist"),), "Night Bus"
)
SINGLE = Release(
    OTHER_URI, UPC, "", "2026-11-30", True, ALBUM.artists, "Night Bus", album_type="single"
)


def make_undecided(**fields: Any) -> Campaign:
    found = {"last_finding": Finding.SEVERAL_MATCH, "candidates": to_json([ALBUM, SINGLE])}
    due = {"upc": UPC, "release_at": timezone.now(), "next_check_at": timezone.now()}
    return make_campaign(**(due | found | fields))


@pytest.fixture
def artist() -> User:
    return make_user()


def choose(campaign: Campaign, artist: User, uri: str = OTHER_URI) -> None:
    accepting.choose(campaign, uri, artist)
    campaign.refresh_from_db()


@pytest.mark.parametrize("link", ["", DEAD_URI])
def test_the_chosen_entry_is_the_campaigns_link_and_the_worker_looks_at_once(
    link: str, artist: User
) -> None:
    campaign = make_undecided(spotify_uri=link)
    choose(campaign, artist)
    assert (campaign.spotify_uri, campaign.upc) == (OTHER_URI, UPC)
    assert campaign.accepted_uri == OTHER_URI
    assert (campaign.next_check_at, campaign.last_finding, campaign.candidates) == (None, "", [])
    assert campaign.version == 1
    noted = campaign.history.get()
    assert noted.by == artist
    assert (noted.details["uri"], noted.details["title"]) == (OTHER_URI, "Night Bus")


@pytest.mark.parametrize(
    ("meanwhile", "uri"),
    [
        ({}, DEAD_URI),
        ({}, ""),
        ({"candidates": to_json([ALBUM])}, OTHER_URI),
        ({"last_finding": Finding.NOT_THERE_YET}, OTHER_URI),
        ({"last_finding": Finding.OTHER_TITLE}, OTHER_URI),
        ({"state": CampaignState.CANCELLED}, OTHER_URI),
        ({"title": "First Light"}, OTHER_URI),
    ],
    ids=[
        *("a stranger", "none", "no longer there", "another finding", "another title", "ended"),
        "not what fans saw",
    ],
)
def test_what_is_not_offered_is_not_chosen(
    meanwhile: dict[str, Any], uri: str, artist: User
) -> None:
    campaign = make_undecided()
    Campaign.objects.update(**meanwhile)
    before = Campaign.objects.values().get()

    with pytest.raises(PlanningError) as refused:
        choose(campaign, artist, uri)
    assert refused.value.obstacle is Obstacle.FOUND_CHANGED
    assert Campaign.objects.values().get() == before
    assert not campaign.history.exists()


def test_the_other_version_may_be_chosen_before_it_is_out(artist: User) -> None:
    campaign = make_undecided(last_finding=Finding.NOT_OUT_YET)
    choose(campaign, artist)
    assert campaign.spotify_uri == OTHER_URI


@pytest.mark.parametrize("is_chosen", [True, False])
def test_where_the_chosen_version_is_not_shown_the_other_one_does_not_take_its_place(
    is_chosen: bool, sandbox: Sandbox, artist: User
) -> None:
    """A link that nobody chose is dead after a minute, and the code finds the release instead."""
    sandbox.add_album()
    long_ago = timezone.now() - timedelta(minutes=5)
    link = "" if is_chosen else OTHER_URI
    campaign = make_undecided(spotify_uri=link, release_at=long_ago)
    if is_chosen:
        choose(campaign, artist)

    found = look(campaign, "US", LookupBudget(timezone.now()))

    expected = Finding.NOT_THERE_YET if is_chosen else Finding.CONFIRMED
    assert found.finding is expected


def test_after_a_choice_people_are_told_of_the_next_one(artist: User) -> None:
    campaign, now = make_undecided(), timezone.now()
    assert (alarms.raise_due(now), alarms.raise_due(now)) == (1, 0)
    choose(campaign, artist)
    assert alarms.raise_due(now) == 0
    Campaign.objects.update(last_finding="several_match", candidates=to_json([ALBUM, SINGLE]))
    assert alarms.raise_due(now) == 1


def test_one_of_several_other_releases_may_be_accepted(artist: User) -> None:
    campaign = make_undecided(title="First Light", last_finding=Finding.OTHER_TITLE)
    entry = accepting.asked_about(campaign, OTHER_URI)
    assert entry == Asked(OTHER_URI, "Night Bus", "Demo Artist")
    accepting.accept_found(campaign, entry, artist)
    campaign.refresh_from_db()
    assert (campaign.accepted_uri, campaign.found_title) == (OTHER_URI, "Night Bus")
    assert not campaign.awaits_an_answer


@pytest.mark.parametrize("title", ["Night Bus", "First Light"])
def test_the_chosen_one_is_saved_for_every_fan(title: str, sandbox: Sandbox, artist: User) -> None:
    campaign = make_night(
        sandbox, 3, state="open", release_at=timezone.now(), upc=UPC, spotify_uri="", title=title
    )
    sandbox.add_album(id=OTHER_ID, album_type="single")
    assert work() == 0
    campaign.refresh_from_db()

    if campaign.awaits_a_choice:
        choose(campaign, artist)
    else:
        entry = accepting.asked_about(campaign, OTHER_URI)
        accepting.accept_found(campaign, entry, artist)
    assert work() == 3
    assert states(campaign) == {"saved": 3}
    assert [*sandbox.library("fan-1")] == [OTHER_URI]
    check_books(campaign)
