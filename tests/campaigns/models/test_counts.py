"""The counts: they add up, whoever writes at the same time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns.models import (
    Counted,
    DailyCount,
    Funnel,
    ReminderCount,
    ReminderKind,
    SourceCount,
    Step,
)
from campaigns.models.counts import Reminders, Totals
from campaigns.models.sources import MOST_OPEN
from tests.factory import make_campaign
from tests.nights.night import in_threads

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 27, 23, 59, 59, tzinfo=UTC)


def test_a_campaign_without_counts_has_zeros() -> None:
    assert DailyCount.objects.totals_of(uuid4()) == Totals()
    assert DailyCount.objects.totals_of(make_campaign().id) == Totals()


def test_counts_add_up_over_days() -> None:
    campaign = make_campaign()
    DailyCount.objects.add(campaign.id, NOW, {"presaves": 3})
    DailyCount.objects.add(campaign.id, NOW, {"presaves": 2, "cancelled": 1})
    DailyCount.objects.add(campaign.id, NOW + timedelta(seconds=1), {"saved": 2, "failed": 1})
    assert DailyCount.objects.totals_of(campaign.id) == Totals(
        presaves=5, saved=2, failed=1, cancelled=1
    )
    days = DailyCount.objects.filter(campaign=campaign).order_by("day")
    assert [(day.day.day, day.presaves, day.saved) for day in days] == [(27, 5, 0), (28, 0, 2)]


def test_what_has_no_outcome_yet_is_pending() -> None:
    assert Totals(presaves=10, saved=4, failed=1, cancelled=2, expired=1).pending == 2


def test_campaigns_are_counted_apart() -> None:
    one, other = make_campaign(), make_campaign()
    DailyCount.objects.add(one.id, NOW, {"presaves": 1})
    assert DailyCount.objects.totals_of(other.id) == Totals()


@pytest.mark.parametrize("amounts", [{}, {"saved": 0, "failed": 0}])
def test_counting_nothing_writes_nothing(amounts: dict[str, int]) -> None:
    campaign = make_campaign()
    DailyCount.objects.add(campaign.id, NOW, amounts)
    assert not DailyCount.objects.exists()


def test_a_count_is_undone_with_the_transaction_that_it_belongs_to() -> None:
    campaign = make_campaign()
    with transaction.atomic():
        DailyCount.objects.add(campaign.id, NOW, {"presaves": 1})
        transaction.set_rollback(True)
    assert DailyCount.objects.totals_of(campaign.id) == Totals()


@pytest.mark.release_core
@pytest.mark.django_db(transaction=True)
def test_writers_that_race_lose_no_count() -> None:
    campaign = make_campaign()

    def write(_: int) -> None:
        for _ in range(10):
            DailyCount.objects.add(campaign.id, NOW, {"presaves": 1, "saved": 1})

    in_threads(4, write)
    assert DailyCount.objects.totals_of(campaign.id) == Totals(presaves=40, saved=40)
    assert DailyCount.objects.count() == 1


def test_reminders_add_up_apart_from_pre_saves() -> None:
    campaign, other = make_campaign(), make_campaign()
    for moment in (NOW, NOW, NOW + timedelta(seconds=1)):
        ReminderCount.objects.add(campaign.id, moment, ReminderKind.CALENDAR)
    ReminderCount.objects.add(campaign.id, NOW, ReminderKind.COUNTDOWN)
    assert ReminderCount.objects.totals_of(campaign.id) == Reminders(calendar=3, countdown=1)
    assert ReminderCount.objects.totals_of(other.id) == Reminders()
    assert DailyCount.objects.totals_of(campaign.id) == Totals()
    assert ReminderCount.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_reminders_that_race_are_all_counted() -> None:
    campaign = make_campaign()

    def remind(_: int) -> None:
        for _ in range(10):
            ReminderCount.objects.add(campaign.id, NOW, ReminderKind.CALENDAR)

    in_threads(4, remind)
    assert ReminderCount.objects.totals_of(campaign.id) == Reminders(calendar=40)


def test_sources_add_up_by_day_and_by_name() -> None:
    campaign, other = make_campaign(), make_campaign()
    today, tomorrow = NOW.date(), NOW.date() + timedelta(days=1)
    visit = Counted(campaign.id, today, "poster", Step.VISIT)
    SourceCount.objects.add({visit: 3, replace(visit, source="direct"): 1})
    SourceCount.objects.add({visit: 1, replace(visit, kind=Step.TAP): 2})
    SourceCount.objects.add({replace(visit, day=tomorrow, kind=Step.PRESAVE): 1})
    SourceCount.objects.add({replace(visit, campaign_id=other.id): 9})
    assert SourceCount.objects.by_day(campaign.id) == {
        today: Funnel(visits=5, taps=2),
        tomorrow: Funnel(presaves=1),
    }
    assert SourceCount.objects.by_source(campaign.id) == {
        "direct": Funnel(visits=1),
        "poster": Funnel(visits=4, taps=2, presaves=1),
    }


def test_what_has_no_place_is_counted_as_other() -> None:
    campaign, names = make_campaign(), [f"name-{number}" for number in range(MOST_OPEN + 7)]
    SourceCount.objects.add(
        {Counted(campaign.id, NOW.date(), name, Step.VISIT): 2 for name in names}
    )
    found = SourceCount.objects.by_source(campaign.id)
    assert len(found) == MOST_OPEN + 1
    assert found["other"] == Funnel(visits=14)


@pytest.mark.parametrize(
    ("funnel", "conversion"),
    [(Funnel(), None), (Funnel(presaves=2), None), (Funnel(300, 80, 50), 16.7)],
)
def test_the_conversion_is_of_100_visits(funnel: Funnel, conversion: float | None) -> None:
    assert funnel.conversion == conversion


def test_all_writers_take_the_rows_in_one_order() -> None:
    """So that two of them never wait for each other."""
    campaign, other = make_campaign(), make_campaign()
    first = Counted(campaign.id, NOW.date(), "a", Step.VISIT)
    last = replace(first, source="direct"), replace(first, campaign_id=other.id)
    statements = []
    for order in (first, *last), (*last, first):
        with CaptureQueriesContext(connection) as queries:
            SourceCount.objects.add(dict.fromkeys(order, 1))
        statements.append(queries[-1]["sql"])
    assert "ON CONFLICT" in statements[0]
    assert statements[0] == statements[1]


@pytest.mark.django_db(transaction=True)
def test_sources_that_race_are_all_counted() -> None:
    campaign = make_campaign()
    first = Counted(campaign.id, NOW.date(), "poster", Step.VISIT)
    amounts = {replace(first, source=name): 1 for name in ("a", "b", "c", "direct")}

    def visit(number: int) -> None:
        turned = list(amounts.items())[:: 1 if number % 2 else -1]
        for _ in range(20):
            SourceCount.objects.add(dict(turned))

    in_threads(4, visit)
    assert SourceCount.objects.by_source(campaign.id) == dict.fromkeys(
        ("a", "b", "c", "direct"), Funnel(visits=80)
    )
