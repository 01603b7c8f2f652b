"""A label's pages for its artists: who can have one, and that no other label gets its address."""

from __future__ import annotations

import pytest

from campaigns.models import ArtistPage, CampaignState, Event, Label, Role, User
from campaigns.models.limits import ARTIST_PAGES_OF_SELF_MADE
from campaigns.planning import artist_pages
from campaigns.planning.obstacles import Obstacle, PlanningError
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> User:
    return factory.make_user()


@pytest.fixture
def label(editor: User) -> Label:
    return factory.make_label(owner=editor)


def test_artists_of_its_campaigns_can_have_one_in_their_shortest_spelling(label: Label) -> None:
    for artist in ("Night Desk feat. Demo Artist", "Night Desk", "NIGHT DESK", "Paper Planes"):
        factory.make_campaign(label=label, artist=artist, state=CampaignState.DRAFT)
    factory.make_campaign(artist="Another Label's")
    assert artist_pages.artists_without_page(label) == ["NIGHT DESK", "Paper Planes"]
    factory.make_artist_page(label, name="Night desk", is_on=False)
    assert artist_pages.artists_without_page(label) == ["Paper Planes"]


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("Demo Artist", "demo-artist-2"),
        ("Ke$ha & Łódź", "kesha-lodz"),
        ("Кино", "kino"),
        ("宇多田", ""),
        ("!!!", ""),
        ("Wörd " * 60, "word" + "-word" * 10),
    ],
)
def test_an_address_is_made_of_the_name(label: Label, name: str, handle: str) -> None:
    factory.make_artist_page(factory.make_label())
    assert artist_pages.free_handle(name) == handle


def test_a_page_is_on_from_the_start_and_the_history_says_so(label: Label, editor: User) -> None:
    page = artist_pages.create(label, "Demo Artist", "demo", editor)
    assert (page.is_on, str(page)) == (True, "@demo")
    entry = label.history.get()
    assert (entry.event, entry.by, entry.details) == (
        Event.ARTIST_PAGE_ON,
        editor,
        {"artist": "Demo Artist"},
    )


def test_an_address_stays_with_its_label_though_the_page_is_off(label: Label, editor: User) -> None:
    page = artist_pages.create(label, "Demo Artist", "demo-artist", editor)
    artist_pages.switch(page, False, editor)
    other = factory.make_label(owner=editor)
    with pytest.raises(PlanningError, match=Obstacle.ADDRESS_TAKEN):
        artist_pages.create(other, "Demo Artist", "demo-artist", editor)
    assert artist_pages.free_handle("Demo Artist") == "demo-artist-2"
    assert ArtistPage.objects.get() == page


def test_an_artist_has_one_page_at_a_label(label: Label, editor: User) -> None:
    artist_pages.create(label, "Demo Artist", "demo-artist", editor)
    with pytest.raises(PlanningError, match=Obstacle.HAS_PAGE):
        artist_pages.create(label, "demo artist", "other", editor)
    assert label.artist_pages.count() == label.history.count() == 1


def test_switching_is_told_once_in_the_history(label: Label, editor: User) -> None:
    page = factory.make_artist_page(label)
    for is_on in (False, False, True):
        artist_pages.switch(page, is_on, editor)
    events = label.history.order_by("id").values_list("event", flat=True)
    assert [*events] == [Event.ARTIST_PAGE_OFF, Event.ARTIST_PAGE_ON]


def test_an_account_without_an_invitation_can_have_few(editor: User, label: Label) -> None:
    """In all its labels together, those that are off too: each holds an address."""
    User.objects.update(is_self_made=True)
    for number in range(ARTIST_PAGES_OF_SELF_MADE):
        of = label if number else factory.make_label(owner=editor)
        factory.make_artist_page(of, name=f"Artist {number}", is_on=False)
    with pytest.raises(PlanningError, match=Obstacle.TOO_MANY_PAGES):
        artist_pages.create(label, "One More", "one-more", editor)
    factory.make_member(label, role=Role.OWNER)  # was invited
    artist_pages.create(label, "One More", "one-more", editor)
