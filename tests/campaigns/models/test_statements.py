"""Statements that are put into SQL once: each run has its own values, and reads what is there."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import DateTimeField, F, UUIDField
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from campaigns.models import PreSave
from campaigns.models.any_of import Ids
from campaigns.models.statements import Parameter, select, update_returning
from tests.factory import make_campaign, make_presaves

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]
LEASE = Parameter("lease", UUIDField())
UNTIL = Parameter("until", DateTimeField())


@pytest.fixture
def rows() -> list[PreSave]:
    return make_presaves(make_campaign(), ["one", "another", "a third"])


def test_a_select_is_put_into_sql_once_and_has_new_values_each_time(
    rows: list[PreSave], monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = select(
        PreSave.objects.filter(id__any_of=Ids("ids"), due_at__lt=UNTIL).values_list("id", "due_at")
    )
    monkeypatch.setattr(SQLCompiler, "as_sql", None)
    later = max(row.due_at for row in rows) + timedelta(seconds=1)
    for row in rows:
        assert statement.run(ids=[row.id], until=later) == [(row.id, row.due_at)]
        assert statement.run(ids=[row.id], until=row.due_at) == []
    assert len(statement.run(ids=[row.id for row in rows], until=later)) == 3


def test_an_update_answers_with_the_rows_as_they_are_then(rows: list[PreSave]) -> None:
    statement = update_returning(
        PreSave.objects.filter(id__any_of=Ids("ids")),
        ["id", "lease", "lease_until", "attempts"],
        lease=LEASE,
        lease_until=UNTIL,
        attempts=F("attempts") + 1,
    )
    fence, until = uuid4(), timezone.now()
    for attempts, row in enumerate([rows[0], rows[0], rows[1]]):
        expected = (row.id, fence, until, 1 if row == rows[1] else attempts + 1)
        assert statement.run(ids=[row.id], lease=fence, until=until) == [expected]
    assert PreSave.objects.filter(lease=None).get() == rows[2]


def test_what_can_fit_nothing_answers_nothing(rows: list[PreSave]) -> None:
    nobody = PreSave.objects.none()
    assert select(nobody.values_list("id")).run() == []
    assert update_returning(nobody, ["id"], attempts=7).run() == []
    assert PreSave.objects.filter(attempts=0).count() == len(rows)


def test_a_value_that_is_missing_is_told(rows: list[PreSave]) -> None:
    statement = select(PreSave.objects.filter(id__any_of=Ids("ids")).values_list("id"))
    with pytest.raises(KeyError, match="ids"):
        statement.run(id=[row.id for row in rows])
