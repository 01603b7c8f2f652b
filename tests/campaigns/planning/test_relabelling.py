"""A campaign moves to another label of the same editor's, with what belongs to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection, connections

from campaigns.catalogue.comparing import difference
from campaigns.models import Campaign, DailyCount, Event, Label, Role, User
from campaigns.planning.history import record
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.planning.relabelling import move_to_label
from campaigns.spotify import Artist
from tests import factory
from tests.campaigns.catalogue.entries import make_release

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
OTHERS = Artist("7lbSsjYACZHn1MSDXPxNF2", "Somebody Else")


@pytest.fixture
def other(artist: User) -> Label:
    return factory.make_label(owner=artist, name="Other Label")


def test_it_moves_with_its_numbers_and_its_history(
    label: Label, other: Label, artist: User
) -> None:
    campaign = factory.make_campaign(label=label)
    factory.make_presaves(campaign, ["a", "b"])
    record(label, Event.OPENED, artist, campaign)

    move_to_label(campaign, other, artist)

    campaign.refresh_from_db()
    assert campaign.label == other
    assert DailyCount.objects.totals_of(campaign.id).presaves == 2
    assert {entry.event for entry in campaign.history.all()} == {"opened", "relabelled"}
    assert [entry.event for entry in label.history.all()] == ["relabelled", "opened"]
    (moved,) = other.history.all()
    assert moved.by == artist
    assert (moved.details["before"], moved.details["after"]) == ("Demo Label", "Other Label")


def test_what_was_confirmed_of_its_artist_goes_along(
    label: Label, other: Label, artist: User
) -> None:
    campaign = factory.make_campaign(label=label, artist="Night Desk")
    for name, spotify_id in (("night desk", OTHERS.id), ("demo artist", "1" * 22)):
        label.artists.create(folded_name=name, spotify_id=spotify_id, confirmed_at=LONG_AGO)
    release = make_release(artists=(OTHERS,))
    assert difference(campaign, release) is None

    move_to_label(campaign, other, artist)

    assert difference(Campaign.objects.get(), release) is None
    assert other.artists.get().spotify_id == OTHERS.id
    assert label.artists.count() == 2


@pytest.mark.parametrize("viewed", ["from", "to"])
def test_who_edits_only_one_of_the_two_moves_nothing(
    label: Label, other: Label, artist: User, viewed: str
) -> None:
    campaign = factory.make_campaign(label=label)
    {"from": label, "to": other}[viewed].memberships.update(role=Role.VIEWER)

    with pytest.raises(PlanningError) as refused:
        move_to_label(campaign, other, artist)

    assert refused.value.obstacle is Obstacle.EDITORS_ONLY
    assert Campaign.objects.get().label == label


def test_a_form_that_is_sent_twice_moves_once(label: Label, other: Label, artist: User) -> None:
    campaign = factory.make_campaign(label=label)
    shown = Campaign.objects.get()
    move_to_label(campaign, other, artist)

    with pytest.raises(PlanningError):
        move_to_label(shown, other, artist)

    assert other.history.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_moves_the_other_way_round_do_not_wait_for_each_other(
    label: Label, other: Label, artist: User
) -> None:
    assert connection.vendor == "postgresql"
    there = [factory.make_campaign(label=label) for _ in range(8)]
    back = [factory.make_campaign(label=other) for _ in range(8)]
    together = Barrier(2)

    def run(moves: tuple[list[Campaign], Label]) -> None:
        try:
            connection.ensure_connection()
            together.wait(20)
            for campaign in moves[0]:
                move_to_label(campaign, moves[1], artist)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, [(there, other), (back, label)]))

    assert (label.campaigns.count(), other.campaigns.count()) == (8, 8)
