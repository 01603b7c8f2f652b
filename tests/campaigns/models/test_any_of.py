"""Rows by many ids in one parameter: the same rows as by `in`."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import PreSave
from tests.factory import make_campaign, make_presaves

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]


@pytest.fixture
def rows() -> list[PreSave]:
    return make_presaves(make_campaign(), ["one", "another", "a third"])


def test_it_finds_the_same_rows_as_in(rows: list[PreSave]) -> None:
    ids = [rows[0].id, rows[2].id, uuid4()]
    found = PreSave.objects.filter(id__any_of=ids)
    assert set(found) == set(PreSave.objects.filter(id__in=ids)) == {rows[0], rows[2]}


@pytest.mark.usefixtures("rows")
def test_of_no_ids_there_are_no_rows() -> None:
    assert not PreSave.objects.filter(id__any_of=[]).exists()


@pytest.mark.usefixtures("rows")
def test_a_row_without_the_id_is_never_found() -> None:
    assert not PreSave.objects.filter(lease__any_of=[uuid4()]).exists()


def test_a_query_keeps_its_order_and_its_end(rows: list[PreSave]) -> None:
    last = PreSave.objects.order_by("-consented_at", "-id").values("id")[:1]
    newest = max(rows, key=lambda row: (row.consented_at, row.id.hex))
    assert list(PreSave.objects.filter(id__any_of=last)) == [newest]


def test_more_ids_make_no_longer_statement(rows: list[PreSave]) -> None:
    with CaptureQueriesContext(connection) as queries:
        for count in (1, 3):
            PreSave.objects.filter(id__any_of=[row.id for row in rows[:count]]).count()
    one, three = (query["sql"] for query in queries)
    assert one.count(",") + 2 == three.count(",")
