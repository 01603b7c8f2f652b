"""What the list is narrowed to; test_campaigns.py has what the page then shows."""

from __future__ import annotations

import pytest
from django.utils import timezone

from campaigns.dashboard.list_filter import MOST_WORDS, STATES, ListFilter, searchable, tally
from campaigns.models import Campaign, CampaignState
from campaigns.status.parts import Part, in_parts
from tests import factory

pytestmark = pytest.mark.django_db


def found_by(**asked: str) -> set[str]:
    every = searchable(Campaign.objects.all())
    return {campaign.title for campaign in every.filter(ListFilter(asked).condition)}


def test_every_state_of_a_campaign_can_be_asked_for() -> None:
    for state in CampaignState:
        factory.make_campaign(title=str(state.label), state=state)
    assert {value for value, _ in STATES} >= {state.value for state in CampaignState}
    for state in CampaignState:
        assert found_by(state=state.value) == {str(state.label)}


def test_what_cannot_be_read_is_left_out_alone() -> None:
    factory.make_campaign(title="Night Bus")
    factory.make_campaign(title="Day Bus", slug="day-bus")
    assert found_by(q="night", label="no-id", state="no-state") == {"Night Bus"}
    assert ListFilter({"q": "night", "label": "no-id"}).chosen == {"q": "night"}


def test_what_nobody_sees_is_not_searched_for() -> None:
    factory.make_campaign(title="Night Bus")
    assert found_by(q="\u200bnight\ufeff") == {"Night Bus"}


def test_a_very_long_search_costs_no_more() -> None:
    words = " ".join(f"{number}" for number in range(60))
    sql = str(searchable(Campaign.objects.all()).filter(ListFilter({"q": words}).condition).query)
    assert sql.count("LIKE") == MOST_WORDS


def test_the_tally_counts_what_is_shown_and_names_every_artist() -> None:
    now = timezone.now()
    label = factory.make_label()
    ended = {"label": label, "state": CampaignState.FINISHED}
    for artist in ("Night Desk", "Élan", "Demo Artist"):
        factory.make_campaign(artist=artist, label=label)
        factory.make_campaign(artist=artist, **ended)
    factory.make_campaign(artist="Set Aside", archived_at=now, **ended)
    factory.make_campaign(release_at=now, label=label)

    every = searchable(in_parts(Campaign.objects.all(), now))
    counts = tally(every, ListFilter({}).condition)

    assert counts.shown == {Part.AT_HAND: 1, Part.COMING: 3, Part.OUT: 3}
    assert counts.archived == 1
    assert counts.artists == ["Demo Artist", "Élan", "Night Desk", "Set Aside"]
    narrowed = tally(every, ListFilter({"artist": "Élan"}).condition)
    assert (narrowed.shown[Part.COMING], narrowed.shown[Part.OUT]) == (1, 1)
    assert narrowed.artists == counts.artists
