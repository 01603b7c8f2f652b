"""A campaign's numbers: every day, every source, and what is not known of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from campaigns.models import Campaign, CampaignState, Counted, DailyCount, Funnel, SourceCount, Step
from campaigns.models.counts import Reminders, Totals
from campaigns.status.numbers import MOST_PERIODS, Numbers, numbers_of
from tests.factory import make_campaign

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

OPENED = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
NOW = OPENED + timedelta(days=3)


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(opened_at=OPENED, release_at=NOW + timedelta(days=30))


def count(campaign: Campaign, day: date, source: str, **steps: int) -> None:
    SourceCount.objects.add(
        {Counted(campaign.id, day, source, Step(step)): number for step, number in steps.items()}
    )
    if "presave" in steps:
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        DailyCount.objects.add(campaign.id, at, {"presaves": steps["presave"]})


def test_each_day_since_the_opening_is_told(campaign: Campaign) -> None:
    day = OPENED.date() + timedelta(days=1)
    count(campaign, day, "poster", visit=10, tap=4, presave=2)
    count(campaign, day, "direct", visit=5)
    numbers = numbers_of(campaign, NOW)
    assert list(numbers.days) == [OPENED.date() + timedelta(days=number) for number in range(4)]
    assert numbers.days[day] == numbers.total == Funnel(15, 4, 2)
    assert numbers.conversion == 13.3
    assert numbers.without_source == 0


def test_sources_come_by_what_they_brought(campaign: Campaign) -> None:
    day = OPENED.date()
    count(campaign, day, "other", visit=900, presave=9)
    count(campaign, day, "few", visit=1)
    count(campaign, day, "many", visit=50)
    count(campaign, day, "poster", visit=3, presave=1)
    assert list(numbers_of(campaign, NOW).sources) == ["poster", "many", "few", "other"]


def test_pre_saves_of_before_do_not_make_the_conversion_better(campaign: Campaign) -> None:
    DailyCount.objects.add(campaign.id, OPENED, {"presaves": 7, "saved": 3})
    count(campaign, NOW.date(), "poster", visit=10, presave=1)
    numbers = numbers_of(campaign, NOW)
    assert (numbers.total.presaves, numbers.without_source, numbers.conversion) == (8, 7, 10.0)
    assert numbers.outcomes == Totals(presaves=8, saved=3)


def test_days_end_with_the_campaign_or_the_last_visit() -> None:
    campaign = make_campaign(state=CampaignState.CANCELLED, opened_at=OPENED)
    assert list(numbers_of(campaign, NOW).days) == [OPENED.date()]
    count(campaign, NOW.date(), "direct", visit=1)
    assert len(numbers_of(campaign, NOW + timedelta(days=300)).days) == 4


def test_a_draft_has_none() -> None:
    numbers = numbers_of(make_campaign(state=CampaignState.DRAFT), NOW)
    assert (numbers.days, numbers.total, numbers.periods) == ({}, Funnel(), [])


@pytest.mark.parametrize(("days", "periods", "length"), [(1, 1, 1), (100, 100, 1), (101, 15, 7)])
def test_many_days_are_told_by_weeks(days: int, periods: int, length: int) -> None:
    first = OPENED.date()
    each = {first + timedelta(days=number): Funnel(visits=1) for number in range(days)}
    found = Numbers(each, {}, Totals(), Reminders()).periods
    assert len(found) == periods <= MOST_PERIODS
    assert (found[0].last - found[0].first).days + 1 == length
    assert sum(period.funnel.visits for period in found) == days
    assert found[-1].last == first + timedelta(days=days - 1)


def test_it_costs_five_queries(
    campaign: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(5):
        numbers_of(campaign, NOW)
