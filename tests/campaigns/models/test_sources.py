"""The names of sources: what becomes of one, and that strangers cannot use them up."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection

from campaigns.models import Campaign, Source
from campaigns.models.sources import KNOWN, LONGEST_NAME, MOST_OPEN, MOST_OWN, cleaned
from tests.factory import make_campaign
from tests.nights.night import in_threads


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ("", ""),
        (" \t", ""),
        ("poster", "poster"),
        ("Kitchen Window", "kitchen-window"),
        ("nl-2026-11-27", "nl-2026-11-27"),
        ("Plakat Köln", "plakat-koln"),
        ("=HYPERLINK(1)", "hyperlink-1"),
        ("-poster", "poster"),
        ("ポスター", "other"),
        ("?!", "other"),
        ("y" * 100, "y" * LONGEST_NAME),
        ("ig", "instagram"),
        ("l.instagram.com", "instagram"),
        ("www.instagram.com", "instagram"),
        ("lm.facebook.com", "facebook"),
        ("t.co", "x"),
        ("www.google.co.uk", "google"),
        ("com.instagram.android", "instagram"),
        ("com.google.android.gm", "google"),
        ("org.telegram.messenger", "telegram"),
        ("com.slack", "slack.com"),
        ("music.blog.example", "blog.example"),
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("blog.example:8443", "blog.example"),
        ("192.0.2.1", "other"),
        ("[2001:db8::1]:8443", "other"),
        ("artist@example.com", "other"),
        ("artist%40example.com", "other"),
        ("mail-491701234567", "other"),
        ("c2f7a9b1c2f7a9b1c2f7a9b1", "other"),
    ],
)
def test_a_name_is_counted_as(told: str, counted: str) -> None:
    assert cleaned(told) == counted
    assert cleaned(counted) == counted


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


def admitted(campaign: Campaign, *names: str) -> set[str]:
    asked = {(campaign.id, name) for name in names}
    return {name for _, name in Source.objects.admit(asked)}


@pytest.mark.django_db
def test_a_campaign_has_50_names_in_all() -> None:
    assert len(KNOWN) + MOST_OPEN + MOST_OWN == 50
    campaign, names = make_campaign(), [f"name-{number}" for number in range(100)]
    for number in range(MOST_OWN):
        assert Source.objects.keep(campaign.id, f"mine-{number}")
    assert not Source.objects.keep(campaign.id, "one-more")
    assert len(admitted(campaign, *names)) == MOST_OPEN
    assert len(admitted(campaign, *reversed(names))) == MOST_OPEN
    assert campaign.sources.count() == MOST_OPEN + MOST_OWN
    with pytest.raises(IntegrityError):
        campaign.sources.create(name="beyond", slot=MOST_OPEN + MOST_OWN + 1)


@pytest.mark.django_db
def test_names_that_a_stranger_makes_up_push_none_of_the_artists_out(campaign: Campaign) -> None:
    assert admitted(campaign, "kitchen") == {"kitchen"}
    admitted(campaign, *(f"made-up-{number}" for number in range(1000)))

    assert admitted(campaign, "kitchen", "window") == {"kitchen"}
    assert admitted(campaign, *KNOWN, "direct", "other") == {*KNOWN, "direct", "other"}
    assert Source.objects.keep(campaign.id, "window")
    assert admitted(campaign, "kitchen", "window") == {"kitchen", "window"}


@pytest.mark.django_db
def test_a_name_of_the_artists_own_takes_no_place_of_others(campaign: Campaign) -> None:
    admitted(campaign, *(f"name-{number}" for number in range(MOST_OPEN)))
    assert admitted(campaign, "late") == set()
    assert Source.objects.keep(campaign.id, "name-3")
    assert Source.objects.keep(campaign.id, "name-3")
    assert [source.name for source in campaign.sources.own()] == ["name-3"]
    assert admitted(campaign, "late") == {"late"}


@pytest.mark.django_db
def test_campaigns_have_names_apart(campaign: Campaign) -> None:
    admitted(campaign, *(f"name-{number}" for number in range(MOST_OPEN)))
    other = make_campaign()
    pairs = {(campaign.id, "kitchen"), (other.id, "kitchen")}
    assert Source.objects.admit(pairs) == {(other.id, "kitchen")}


@pytest.mark.django_db
def test_who_loses_a_place_to_another_process_takes_the_next(campaign: Campaign) -> None:
    rivals = ["rival"]

    def take_it_first(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith("INSERT") and rivals:
            campaign.sources.create(name=rivals.pop(), slot=1)
        return execute(sql, *arguments)

    with connection.execute_wrapper(take_it_first):
        assert admitted(campaign, "kitchen") == {"kitchen"}
    assert dict(campaign.sources.values_list("name", "slot")) == {"rival": 1, "kitchen": 2}


@pytest.mark.django_db(transaction=True)
def test_names_that_come_at_once_fill_the_places_and_no_more() -> None:
    campaign = make_campaign()

    def ask(number: int) -> set[str]:
        return admitted(campaign, "kitchen", *(f"name-{number}-{one}" for one in range(8)))

    answers = in_threads(6, ask)
    names = set(campaign.sources.values_list("name", flat=True))
    assert len(names) == MOST_OPEN
    assert all(answer <= names for answer in answers)
    assert all("kitchen" in answer for answer in answers)
