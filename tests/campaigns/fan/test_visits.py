"""The tally of visits: nothing is counted twice or lost, and a pre-save waits for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DataError, OperationalError, connection, connections

from campaigns.fan import visits
from campaigns.fan.visits import Noted, Tally
from campaigns.models import Campaign, CampaignState, Funnel, SourceCount, Step, counts
from tests.factory import make_campaign
from tests.nights.night import in_threads

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

TODAY = datetime(2026, 11, 27, tzinfo=UTC).date()


def noted(campaign: Campaign, source: str = "poster", step: Step = Step.VISIT) -> Noted:
    return Noted(campaign.slug, TODAY, source, step)


def by_source(campaign: Campaign) -> dict[str, Funnel]:
    return SourceCount.objects.by_source(campaign.id)


@pytest.fixture
def away() -> Iterator[Event]:
    """While it is set, every statement fails as with a database that is gone."""
    is_away = Event()

    def fail(execute: Any, *arguments: Any) -> Any:
        if is_away.is_set():
            raise OperationalError("gone")
        return execute(*arguments)

    with connection.execute_wrapper(fail):
        yield is_away


@pytest.mark.django_db(transaction=True)
def test_visits_at_once_are_each_counted_once() -> None:
    campaign, other, tally = make_campaign(), make_campaign(), Tally()

    def visit(number: int) -> None:
        for _ in range(50):
            tally.add(noted(campaign, f"name-{number % 3}"))
            tally.add(noted(other, step=Step.TAP))

    in_threads(6, visit)
    assert by_source(campaign) == {f"name-{number}": Funnel(visits=100) for number in range(3)}
    assert by_source(other) == {"poster": Funnel(taps=300)}


@pytest.mark.django_db(transaction=True)
def test_while_one_writes_the_others_go_on_and_are_written_by_it() -> None:
    campaign, tally = make_campaign(), Tally()
    is_writing, may_go_on = Event(), Event()

    def stand_still(execute: Any, *arguments: Any) -> Any:
        is_writing.set()
        assert may_go_on.wait(30)
        return execute(*arguments)

    def write() -> None:
        with connection.execute_wrapper(stand_still):
            tally.add(noted(campaign))
        connections.close_all()

    writer = Thread(target=write)
    writer.start()
    assert is_writing.wait(30)
    for _ in range(100):
        tally.add(noted(campaign))
    assert by_source(campaign) == {}
    may_go_on.set()
    writer.join(30)
    assert by_source(campaign) == {"poster": Funnel(visits=101)}


@pytest.mark.django_db
def test_a_fan_who_taps_does_not_write_a_whole_flood() -> None:
    campaign, tally, statements = make_campaign(), Tally(), 0

    def bring_one_more(execute: Any, *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        assert statements < 100
        tally.add(noted(campaign))
        return execute(*arguments)

    with connection.execute_wrapper(bring_one_more):
        tally.add(noted(campaign, step=Step.TAP))
    tally.add(noted(campaign))
    assert by_source(campaign) == {"poster": Funnel(visits=statements + 1, taps=1)}


@pytest.mark.django_db
def test_many_sources_take_few_statements(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    campaign, tally = make_campaign(), Tally()
    with django_assert_max_num_queries(3):
        tally.add(noted(campaign, "instagram"))
    tally._waiting.update(noted(campaign, f"name-{number}") for number in range(500))
    with django_assert_max_num_queries(6):
        tally.add(noted(campaign))
    assert sum(found.visits for found in by_source(campaign).values()) == 502


@pytest.mark.django_db
def test_what_came_while_the_database_was_away_is_counted_afterwards(away: Event) -> None:
    campaign, tally = make_campaign(), Tally()
    away.set()
    for _ in range(3):
        tally.add(noted(campaign))
    away.clear()
    assert by_source(campaign) == {}
    tally.add(noted(campaign, step=Step.TAP))
    assert by_source(campaign) == {"poster": Funnel(visits=3, taps=1)}


@pytest.mark.django_db(transaction=True)
def test_nothing_counts_twice_when_the_database_goes_in_the_middle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counts, "ROWS_AT_ONCE", 1)
    campaign, tally, written = make_campaign(), Tally(), 0

    def fail_at_the_second(execute: Any, sql: str, *arguments: Any) -> Any:
        nonlocal written
        written += "ON CONFLICT (campaign_id, day, source, kind)" in sql
        if written == 2:
            raise OperationalError("gone")
        return execute(sql, *arguments)

    tally._waiting[noted(campaign, "instagram")] += 1
    with connection.execute_wrapper(fail_at_the_second):
        tally.add(noted(campaign, "poster"))
    tally.add(noted(campaign, "poster"))
    assert by_source(campaign) == {"instagram": Funnel(visits=1), "poster": Funnel(visits=2)}


@pytest.mark.django_db
def test_what_waits_is_bounded_and_real_sources_go_on_counting(
    away: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "MOST_WAITING", 10)
    campaign, tally = make_campaign(), Tally()
    away.set()
    tally.add(noted(campaign))
    for number in range(100):
        tally.add(noted(campaign, f"made-up-{number}"))
    tally.add(noted(campaign))
    assert len(tally._waiting) == 10
    away.clear()
    tally.add(noted(campaign))
    assert by_source(campaign)["poster"] == Funnel(visits=3)


@pytest.mark.django_db
def test_a_count_that_cannot_be_written_is_told_and_holds_up_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    campaign, tally = make_campaign(), Tally()

    def refuse(*_: Any) -> Any:
        raise DataError("no such number")

    with connection.execute_wrapper(refuse):
        tally.add(noted(campaign))
    assert caplog.messages == ["Some visits could not be counted."]
    tally.add(noted(campaign))
    assert by_source(campaign) == {"poster": Funnel(visits=1)}


@pytest.mark.django_db
def test_pages_that_are_not_there_are_not_counted() -> None:
    draft, tally = make_campaign(state=CampaignState.DRAFT), Tally()
    tally.add(noted(draft))
    tally.add(Noted("nobody-knows", TODAY, "poster", Step.VISIT))
    assert not SourceCount.objects.exists()
    assert not draft.sources.exists()
