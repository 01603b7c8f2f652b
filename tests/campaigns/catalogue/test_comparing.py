"""Whether an entry of the catalogue's is what fans saw: by title and artist, by the artist's id, or
because an artist accepted it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from campaigns.catalogue.comparing import difference, is_what_fans_saw
from campaigns.catalogue.folding import folded
from campaigns.models import Campaign, Finding, LabelArtist
from campaigns.spotify import Artist
from tests.campaigns.catalogue.entries import make_release
from tests.factory import make_campaign, make_label

pytestmark = pytest.mark.django_db

OTHER_URI = f"spotify:album:{'1' * 22}"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, None),
        ({"title": "First Light"}, Finding.OTHER_TITLE),
        ({"artists": (Artist("b", "Night Desk"),)}, Finding.OTHER_ARTIST),
        ({"title": "First Light", "artists": (Artist("b", "Night Desk"),)}, Finding.OTHER_ARTIST),
        ({"title": ""}, Finding.OTHER_TITLE),
        ({"artists": ()}, Finding.OTHER_ARTIST),
    ],
    ids=str,
)
def test_which_of_the_two_differs(fields: dict[str, Any], found: Finding | None) -> None:
    campaign, release = make_campaign(), make_release(**fields)
    assert difference(campaign, release) == found
    assert is_what_fans_saw(campaign, release) is (found is None)


def make_known(campaign: Campaign, spotify_id: str, name: str = "", typed: str = "") -> None:
    """An id that the label confirmed for a name, and how the catalogue calls it."""
    LabelArtist.objects.create(
        label=campaign.label,
        folded_name=folded(typed or campaign.artist),
        spotify_id=spotify_id,
        name=name,
    )


def test_an_artist_whose_id_the_label_knows_may_be_written_in_another_script() -> None:
    campaign = make_campaign(artist="宇多田ヒカル")
    release = make_release(artists=(Artist("utada", "Hikaru Utada"),))
    assert difference(campaign, release) == Finding.OTHER_ARTIST
    make_known(campaign, "utada", "Hikaru Utada")
    assert is_what_fans_saw(campaign, release)


def test_a_namesake_of_an_artist_whose_id_the_label_knows_is_another_artist() -> None:
    campaign = make_campaign()
    make_known(campaign, "theirs", "DEMO ARTIST")
    assert difference(campaign, make_release()) == Finding.OTHER_ARTIST


@pytest.mark.parametrize("called", ["", "Various Artists", "宇多田ヒカル"])
def test_an_id_of_another_name_does_not_make_the_same_name_another_artist(called: str) -> None:
    campaign = make_campaign()
    make_known(campaign, "theirs", called)
    assert is_what_fans_saw(campaign, make_release())
    assert difference(campaign, make_release("Demo")) == Finding.OTHER_ARTIST


def test_any_of_several_known_ids_will_do() -> None:
    campaign = make_campaign()
    make_known(campaign, "first", "Demo Artist")
    make_known(campaign, "second", "Demo Artist")
    artists = (Artist("guest", "Guest"), Artist("second", "Demo Artist"))
    assert is_what_fans_saw(campaign, make_release(artists=artists))


def test_a_known_id_does_not_make_another_title_the_same() -> None:
    campaign = make_campaign()
    make_known(campaign, "id of Demo Artist")
    assert difference(campaign, make_release(title="First Light")) == Finding.OTHER_TITLE


def test_ids_of_another_label_or_of_another_artist_say_nothing() -> None:
    campaign = make_campaign()
    make_known(make_campaign(label=make_label()), "theirs", "Demo Artist")
    make_known(campaign, "somebody", "Somebody Else", typed="Somebody Else")
    assert is_what_fans_saw(campaign, make_release())


def test_what_an_artist_accepted_is_what_fans_saw() -> None:
    campaign = make_campaign(accepted_uri=OTHER_URI)
    strange = make_release("Somebody Else", title="First Light")
    assert is_what_fans_saw(campaign, replace(strange, uri=OTHER_URI))
    assert not is_what_fans_saw(campaign, strange)


def test_an_entry_without_a_uri_is_not_what_an_artist_accepted() -> None:
    assert not is_what_fans_saw(make_campaign(), make_release("Somebody Else", uri=""))
