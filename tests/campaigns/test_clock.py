"""The one clock that counts is the database's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.clock import DatabaseClock, database_now

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]


def test_the_clock_is_the_databases_with_its_zone() -> None:
    first, second = database_now(), database_now()
    assert first.utcoffset() == timedelta(0)
    assert first <= second
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_busy_workers_clock_asks_the_database_once_a_second() -> None:
    clock = DatabaseClock()
    with CaptureQueriesContext(connection) as queries:
        told = [clock() for _ in range(100)]
    assert len(queries) <= 1
    assert told == sorted(told)
    assert abs(told[-1] - database_now()) < timedelta(seconds=1)


def test_the_clock_goes_on_inside_a_transaction() -> None:
    assert connection.in_atomic_block
    first = database_now()
    while database_now() == first:
        pass  # it would stand still forever if it were the transaction's time
