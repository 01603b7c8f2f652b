"""An artist's answer that an entry is the release: noted, remembered with the label, forgotten when
it no longer applies.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from campaigns.catalogue.comparing import difference
from campaigns.models import (
    Campaign,
    CampaignState,
    Event,
    Finding,
    HistoryEntry,
    LabelArtist,
    User,
)
from campaigns.planning import editing
from campaigns.planning.accepting import VARIOUS_ARTISTS, Answer
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.spotify import Artist, Release
from tests import factory
from tests.sandbox_process import ALBUM_URI, UPC

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
OTHER_URI = "spotify:album:1111111111111111111111"
HIKARU = Artist("7lbSsjYACZHn1MSDXPxNF2", "宇多田ヒカル")
GUEST = Artist("5he5w2lnU9x7JFhnwcekXX", "Skrillex")
RELEASE = Release(ALBUM_URI, UPC, "", "2026-12-04", True, (HIKARU, GUEST), "Face My Fears")
ALONE = replace(RELEASE, artists=(HIKARU,))
FIELDS = (
    *("title", "artist", "slug", "spotify_uri", "upc", "isrc", "market"),
    *("release_at", "release_zone"),
)


@pytest.fixture
def campaign() -> Campaign:
    return factory.make_campaign(
        state=CampaignState.DRAFT, title="Face My Fears", artist="Hikaru Utada"
    )


@pytest.fixture
def artist() -> User:
    return factory.make_user()


def change(campaign: Campaign, answer: Answer | None = None, **values: Any) -> Campaign:
    kept = {name: getattr(campaign, name) for name in FIELDS}
    editing.change(campaign, kept | values, None, NOW, answer=answer)
    campaign.refresh_from_db()
    return campaign


def test_an_answer_is_noted_with_who_gave_it_when(campaign: Campaign, artist: User) -> None:
    for _ in range(2):  # a form may be sent twice
        change(campaign, Answer(RELEASE, artist, NOW))

    assert campaign.accepted_uri == ALBUM_URI
    noted = HistoryEntry.objects.get(event=Event.RELEASE_ACCEPTED)
    assert (noted.campaign, noted.by) == (campaign, artist)
    said = {"uri": ALBUM_URI, "title": "Face My Fears", "artist": "宇多田ヒカル, Skrillex"}
    assert noted.details == {"campaign": campaign.title, **said}


def test_a_new_draft_may_come_with_its_answer(campaign: Campaign, artist: User) -> None:
    values = {name: getattr(campaign, name) for name in FIELDS} | {"slug": "another"}

    made = editing.create(campaign.label, values, None, Answer(RELEASE, artist, NOW))

    made.refresh_from_db()
    assert made.accepted_uri == ALBUM_URI
    assert made.history.filter(event=Event.RELEASE_ACCEPTED).count() == 1


def test_the_artist_is_known_by_id_from_then_on_whatever_the_spelling(
    campaign: Campaign, artist: User
) -> None:
    later = replace(RELEASE, uri=OTHER_URI)
    assert difference(campaign, later) is Finding.OTHER_ARTIST

    change(campaign, Answer(ALONE, artist, NOW))

    campaign.artist = "HIKARU  UTADA"
    assert difference(campaign, later) is None
    somebody_elses = factory.make_campaign(title="Face My Fears", artist="Hikaru Utada")
    assert difference(somebody_elses, later) is Finding.OTHER_ARTIST


@pytest.mark.parametrize(
    ("typed", "title", "artists"),
    [
        ("Hikaru Utada", "Face My Fears", (GUEST, HIKARU)),
        ("Hikaru Utada", "Face My Fears", (Artist(VARIOUS_ARTISTS, "Various Artists"),)),
        ("Hikaru Utada & Guest", "Face My Fears", (GUEST,)),
        ("Hikaru Utada w/ Guest", "Face My Fears", (GUEST,)),
        ("Hikaru Utada (feat. Guest)", "Face My Fears", (GUEST,)),
        ("Hikaru Utada", "Face My Fears (feat. Hikaru Utada)", (GUEST,)),
        ("Hikaru Utada", "Face My Fears (with HIKARU UTADA)", (GUEST,)),
        ("Hikaru Utada", "Face My Fears", (GUEST._replace(name="Skrillex & Hikaru Utada"),)),
    ],
)
def test_whose_id_may_be_anothers_is_not_remembered(
    typed: str, title: str, artists: tuple[Artist, ...], campaign: Campaign, artist: User
) -> None:
    release = replace(RELEASE, title=title, artists=artists)

    changed = change(campaign, Answer(release, artist, NOW), artist=typed)

    assert changed.accepted_uri == ALBUM_URI
    assert not LabelArtist.objects.exists()


def test_an_answer_about_the_title_says_nothing_of_the_artist(
    campaign: Campaign, artist: User
) -> None:
    """Nor does an answer about one profile make another one of the name somebody else's."""
    theirs = replace(RELEASE, title="Other", artists=(HIKARU._replace(name="Hikaru Utada"),))
    running = factory.make_campaign(
        label=campaign.label, state="releasing", title=campaign.title, artist=campaign.artist
    )
    second = replace(RELEASE, uri=OTHER_URI, artists=(Artist("2" * 22, "Hikaru Utada"),))

    changed = change(campaign, Answer(theirs, artist, NOW))

    assert changed.accepted_uri == ALBUM_URI
    assert not LabelArtist.objects.exists()
    assert difference(running, second) is difference(campaign, second) is None


def test_an_answer_in_a_draft_does_not_widen_what_an_open_campaign_saves(artist: User) -> None:
    """A label's slip, that a stranger's release is its own, stays in the drafts."""
    opened = factory.make_campaign(title="First Light", artist="Night Desk")
    draft = factory.make_campaign(
        label=opened.label, state=CampaignState.DRAFT, title="First Light", artist="Night Desk"
    )
    strangers = replace(ALONE, uri=OTHER_URI, title="First Light")

    change(draft, Answer(strangers, artist, timezone.now()))

    known = LabelArtist.objects.get()
    assert (known.typed_name, known.name) == ("Night Desk", HIKARU.name)
    assert difference(opened, strangers) is Finding.OTHER_ARTIST
    draft.accepted_uri = ""
    assert difference(draft, strangers) is None


def test_an_id_that_is_none_is_not_kept(campaign: Campaign, artist: User) -> None:
    odd = replace(RELEASE, artists=(Artist("x" * 400, HIKARU.name),))

    change(campaign, Answer(odd, artist, NOW))

    assert campaign.accepted_uri == ALBUM_URI
    assert not LabelArtist.objects.exists()


@pytest.mark.parametrize(
    "values",
    [{"spotify_uri": OTHER_URI}, {"title": "Other"}, {"artist": "Other"}, {"upc": UPC}],
)
def test_what_leads_elsewhere_is_to_be_answered_anew(
    campaign: Campaign, artist: User, values: dict[str, str]
) -> None:
    change(campaign, Answer(RELEASE, artist, NOW))

    assert change(campaign, None, **values).accepted_uri == ""


@pytest.mark.parametrize("values", [{}, {"title": "FACE MY FEARS"}, {"market": "JP"}])
def test_what_leads_there_still_keeps_its_answer(
    campaign: Campaign, artist: User, values: dict[str, str]
) -> None:
    change(campaign, Answer(RELEASE, artist, NOW))

    assert change(campaign, None, **values).accepted_uri == ALBUM_URI


def test_once_fans_have_agreed_a_form_does_not_decide_what_they_get(artist: User) -> None:
    campaign = factory.make_campaign()
    factory.make_presave(campaign)

    with pytest.raises(PlanningError, match=Obstacle.CHANGED_WHILE_CHECKING):
        change(campaign, Answer(RELEASE, artist, NOW))

    campaign.refresh_from_db()
    assert (campaign.accepted_uri, LabelArtist.objects.count()) == ("", 0)
