"""Whether an entry of the catalogue's is what fans saw: by title and artist, by the artist's id, or
because an artist accepted it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

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


def make_known(
    campaign: Campaign, spotify_id: str, typed: str = "", late: timedelta = -timedelta(seconds=1)
) -> None:
    """An id that the label confirmed for a name, usually before the campaign was opened."""
    LabelArtist.objects.create(
        label=campaign.label,
        folded_name=folded(typed or campaign.artist),
        spotify_id=spotify_id,
        name="Demo Artist",
        confirmed_at=(campaign.opened_at or timezone.now()) + late,
    )


def test_an_artist_whose_id_the_label_knows_may_be_written_in_another_script() -> None:
    campaign = make_campaign(artist="宇多田ヒカル")
    release = make_release(artists=(Artist("utada", "Hikaru Utada"),))
    assert difference(campaign, release) == Finding.OTHER_ARTIST
    make_known(campaign, "utada")
    assert is_what_fans_saw(campaign, release)


@pytest.mark.parametrize("state", ["open", "releasing"])
def test_an_id_confirmed_since_the_opening_does_not_widen_what_fans_get(state: str) -> None:
    campaign = make_campaign(state=state)
    strangers = make_release("Somebody Else")
    make_known(campaign, "id of Somebody Else", late=timedelta())
    assert difference(campaign, strangers) == Finding.OTHER_ARTIST
    draft = make_campaign(state="draft", label=campaign.label)
    assert is_what_fans_saw(draft, strangers)


@pytest.mark.parametrize("state", ["open", "releasing"])
def test_a_known_id_does_not_make_the_same_name_another_artist(state: str) -> None:
    """One artist may have several profiles; and what is being saved does not stop for an id."""
    campaign = make_campaign(state=state)
    make_known(campaign, "theirs")
    assert is_what_fans_saw(campaign, make_release())
    assert difference(campaign, make_release("Demo")) == Finding.OTHER_ARTIST


def test_any_of_several_known_ids_will_do() -> None:
    campaign = make_campaign()
    make_known(campaign, "first")
    make_known(campaign, "second")
    artists = (Artist("guest", "Guest"), Artist("second", "Somebody Else"))
    assert is_what_fans_saw(campaign, make_release(artists=artists))


def test_a_known_id_does_not_make_another_title_the_same() -> None:
    campaign = make_campaign()
    make_known(campaign, "id of Somebody Else")
    strangers = make_release("Somebody Else", title="First Light")
    assert difference(campaign, strangers) == Finding.OTHER_TITLE


def test_ids_of_another_label_or_of_another_artist_say_nothing() -> None:
    campaign = make_campaign()
    make_known(make_campaign(label=make_label()), "id of Somebody Else")
    make_known(campaign, "id of Somebody Else", typed="Somebody Else")
    assert difference(campaign, make_release("Somebody Else")) == Finding.OTHER_ARTIST


def test_what_an_artist_accepted_is_what_fans_saw() -> None:
    campaign = make_campaign(accepted_uri=OTHER_URI)
    strange = make_release("Somebody Else", title="First Light")
    assert is_what_fans_saw(campaign, replace(strange, uri=OTHER_URI))
    assert not is_what_fans_saw(campaign, strange)


def test_an_entry_without_a_uri_is_not_what_an_artist_accepted() -> None:
    assert not is_what_fans_saw(make_campaign(), make_release("Somebody Else", uri=""))
