"""What a look cannot tell apart is noted for the artist, and forgotten with the next look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.catalogue import candidates
from campaigns.catalogue.candidates import MOST_CANDIDATES, candidates_of, from_json, to_json
from campaigns.models import Campaign
from campaigns.spotify import Artist, Release
from tests.factory import make_campaign
from tests.nights.night import believe
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

OTHER_ID = "1111111111111111111111"
OTHER_URI = f"spotify:album:{OTHER_ID}"


def look_for(**fields: Any) -> Campaign:
    """A due campaign after one look, or those that it takes to believe what is shown."""
    campaign = make_campaign(release_at=timezone.now() - timedelta(seconds=1), **fields)
    return look_again(campaign)


def look_again(campaign: Campaign) -> Campaign:
    Campaign.objects.update(next_check_at=None)
    believe(campaign)
    campaign.refresh_from_db()
    return campaign


def uris_of(campaign: Campaign) -> list[str]:
    return [candidate.uri for candidate in candidates_of(campaign)]


def test_entries_that_cannot_be_told_apart_are_noted(sandbox: Sandbox) -> None:
    sandbox.add_album(album_type="single", explicit=True)
    sandbox.add_album(id=OTHER_ID)
    campaign = look_for(upc=UPC)
    assert campaign.last_finding == "several_match"
    assert campaign.awaits_a_choice
    assert uris_of(campaign) == [OTHER_URI, ALBUM_URI]
    _, single = candidates_of(campaign)
    assert (single.title, single.artist_names) == ("Night Bus", "Demo Artist")
    assert (single.album_type, single.is_explicit, single.upc) == ("single", True, UPC)


def test_they_are_noted_before_they_are_out(sandbox: Sandbox) -> None:
    tomorrow = (timezone.now() + timedelta(days=2)).date().isoformat()
    sandbox.add_album(release_date=tomorrow, album_type="single")
    sandbox.add_album(release_date=tomorrow, id=OTHER_ID)
    campaign = look_for(upc=UPC)
    assert (campaign.last_finding, uris_of(campaign)) == ("several_match", [OTHER_URI, ALBUM_URI])


def test_a_few_are_noted_and_the_newest_first(sandbox: Sandbox) -> None:
    for year in range(2010, 2018):
        sandbox.add_album(id=f"{year}".ljust(22, "0"), release_date=f"{year}-01-01")
    campaign = look_for(upc=UPC)
    dates = [candidate.release_date[:4] for candidate in candidates_of(campaign)]
    assert dates == ["2017", "2016", "2015", "2014", "2013"]
    assert len(dates) == MOST_CANDIDATES


def test_several_other_releases_are_noted_too(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light")
    sandbox.add_album(id=OTHER_ID, name="Last Light")
    campaign = look_for(upc=UPC)
    assert campaign.last_finding == "other_title"
    assert not campaign.offers_a_choice
    assert uris_of(campaign) == [OTHER_URI, ALBUM_URI]


def test_what_is_found_alone_leaves_no_choice(sandbox: Sandbox) -> None:
    sandbox.add_album(album_type="single")
    sandbox.add_album(id=OTHER_ID)
    campaign = look_for(upc=UPC)
    sandbox.hide(OTHER_URI)
    assert uris_of(look_again(campaign)) == []
    assert campaign.state == "releasing"


def test_a_look_that_finds_nothing_leaves_no_choice(sandbox: Sandbox) -> None:
    sandbox.add_album(album_type="single")
    sandbox.add_album(id=OTHER_ID)
    campaign = look_for(upc=UPC)
    sandbox.delete("catalogue")
    assert uris_of(look_again(campaign)) == []
    assert campaign.last_finding == "not_there_yet"


# Twins of one delivery.


def test_twins_are_one_release_and_the_explicit_one_is_saved(sandbox: Sandbox) -> None:
    sandbox.add_album(explicit=True)
    sandbox.add_album(id=OTHER_ID)
    campaign = look_for(upc=UPC)
    assert (campaign.state, campaign.confirmed_uri) == ("releasing", ALBUM_URI)
    assert campaign.candidates == []


def test_until_they_are_out_the_artist_may_choose_the_other(sandbox: Sandbox) -> None:
    tomorrow = (timezone.now() + timedelta(days=2)).date().isoformat()
    sandbox.add_album(explicit=True, release_date=tomorrow)
    sandbox.add_album(id=OTHER_ID, release_date=tomorrow)
    campaign = look_for(upc=UPC)
    assert campaign.last_finding == "not_out_yet"
    assert campaign.offers_a_choice
    assert not campaign.awaits_a_choice
    assert uris_of(campaign) == [ALBUM_URI, OTHER_URI]


def test_twins_that_do_not_differ_are_no_choice(sandbox: Sandbox) -> None:
    tomorrow = (timezone.now() + timedelta(days=2)).date().isoformat()
    sandbox.add_album(release_date=tomorrow)
    sandbox.add_album(id=OTHER_ID, release_date=tomorrow)
    assert not look_for(upc=UPC).offers_a_choice


# How they are kept.


def test_they_come_back_as_they_were() -> None:
    track = Release(TRACK_URI, "", ISRC, "2026-12-04", True, (Artist("1" * 22, "Demo Artist"),))
    campaign = make_campaign(candidates=to_json([track]))
    campaign.refresh_from_db()
    assert candidates_of(campaign) == (track,)


def test_what_another_version_noted_too_is_left_out() -> None:
    track = Release(TRACK_URI, "", ISRC, "2026-12-04", True, (Artist("1" * 22, "Demo Artist"),))
    (noted,) = to_json([track])
    assert from_json([noted | {"mood": "blue"}]) == (track,)
    assert candidates.newest([track]) == [track]


def test_a_look_without_an_answer_leaves_the_choice(sandbox: Sandbox) -> None:
    sandbox.add_album(album_type="single")
    sandbox.add_album(id=OTHER_ID)
    campaign = look_for(upc=UPC)
    sandbox.fault("search", status=503, times=None)
    assert uris_of(look_again(campaign)) == [OTHER_URI, ALBUM_URI]
    assert campaign.last_finding == "several_match"


def test_what_another_version_noted_less_of_is_left_out() -> None:
    assert from_json([{"uri": ALBUM_URI}, {"artists": [["only an id"]]}]) == ()
