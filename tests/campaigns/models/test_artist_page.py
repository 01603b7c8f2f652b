"""Whose releases an artist's page lists: one label's alone, however its artist is spelled."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from campaigns.models import ArtistPage, CampaignState, Label
from tests.factory import make_artist_page, make_campaign, make_label

pytestmark = pytest.mark.django_db


@pytest.fixture
def label() -> Label:
    return make_label()


def titles(page: ArtistPage) -> set[str]:
    return {campaign.title for campaign in page.releases()}


def test_a_page_has_its_labels_releases_in_each_spelling(label: Label) -> None:
    page = make_artist_page(label)
    for number, artist in enumerate(("Demo Artist", "DEMO  ARTIST", "Démo Artist ft. Night Desk")):
        make_campaign(label=label, artist=artist, title=f"Release {number}")
    for artist in ("Night Desk", "Demo Artists", "Night Desk feat. Demo Artist", "!!!"):
        make_campaign(label=label, artist=artist)
    assert titles(page) == {"Release 0", "Release 1", "Release 2"}


def test_another_label_with_an_artist_of_that_name_has_another_page(label: Label) -> None:
    other = make_label(name="Another Label")
    make_campaign(label=label, title="Ours")
    make_campaign(label=other, title="Theirs")
    pages = [make_artist_page(label), make_artist_page(other)]
    assert [page.get_absolute_url() for page in pages] == ["/@demo-artist", "/@demo-artist-2"]
    assert [titles(page) for page in pages] == [{"Ours"}, {"Theirs"}]


def test_what_was_never_public_is_not_on_it(label: Label) -> None:
    page = make_artist_page(label)
    make_campaign(label=label, state=CampaignState.DRAFT)
    make_campaign(label=label, state=CampaignState.CANCELLED, opened_at=None)
    make_campaign(label=label, state=CampaignState.CANCELLED, title="Cancelled")
    assert titles(page) == {"Cancelled"}


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "DEMO ARTIST", "handle": "another"},
        {"name": "Night Desk", "handle": "demo-artist"},
        {"name": "Night Desk", "handle": "Night Desk"},
    ],
    ids=["two pages", "one address", "no address"],
)
def test_the_database_keeps_an_artist_to_one_page_and_a_page_to_its_address(
    label: Label, fields: dict[str, str]
) -> None:
    make_artist_page(label)
    with pytest.raises(IntegrityError):
        make_artist_page(label, **fields)
