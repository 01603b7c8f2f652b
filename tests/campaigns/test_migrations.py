"""Migrations of what is there already: it is still told afterwards, and on the way back; and they
hold up nobody who writes meanwhile.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations import AddConstraint, AddIndex
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from campaigns.migrations import _online
from campaigns.models import Event
from campaigns.planning.history import record
from tests import factory

TEAM = ("campaigns", "0016_team")


def migrate_to(node: tuple[str, str]) -> Any:
    """The entries as the code of that time knows them."""
    MigrationExecutor(connection).migrate([node])
    state = MigrationExecutor(connection).loader.project_state([node])
    return state.apps.get_model("campaigns", "HistoryEntry").objects


@pytest.mark.django_db(transaction=True)
def test_a_campaigns_old_history_becomes_its_labels() -> None:
    (before,) = MigrationLoader(connection).graph.node_map[TEAM].parents
    owner = factory.make_user()
    label = factory.make_label(owner=owner)
    campaign = factory.make_campaign(label=label, title="Night Bus")
    record(label, Event.RENAMED, owner, before="Old", after="New")
    said = {"accepted_uri": "spotify:album:1", "title": "First Light", "artist": "Night Desk"}
    try:
        old = migrate_to(before.key)
        assert not old.exists()
        old.create(at=timezone.now(), campaign_id=campaign.id, by_id=owner.id, **said)

        entry = migrate_to(TEAM).get()
        assert (entry.label_id, entry.campaign_id) == (label.id, campaign.id)
        assert entry.by_id == owner.id
        assert entry.event == "release_accepted"
        assert entry.details == {
            "campaign": "Night Bus",
            "uri": "spotify:album:1",
            "title": "First Light",
            "artist": "Night Desk",
        }

        assert migrate_to(before.key).values("accepted_uri", "title", "artist").get() == said
    finally:
        call_command("migrate", verbosity=0)


def test_no_migration_since_version_0_1_reads_all_presaves_while_they_cannot_be_written() -> None:
    migrations = MigrationLoader(None).graph.nodes
    found = [
        (name, operation)
        for (app, name), migration in migrations.items()
        for operation in migration.operations
        if app == "campaigns" and name > "0002" and of_presaves(operation)
    ]
    online = (_online.AddIndex, _online.AddCheck)
    assert [(name, one) for name, one in found if not isinstance(one, online)] == []
    assert {type(one) for _, one in found} == {*online}
    assert not any(
        migrations["campaigns", name].atomic
        for name, one in found
        if not isinstance(one, _online.AddCheck)
    )


def of_presaves(operation: Any) -> bool:
    adds = isinstance(operation, AddIndex | AddConstraint)
    return adds and operation.model_name_lower == "presave"


@pytest.mark.django_db(transaction=True)
def test_an_index_that_was_begun_is_made_anew_while_fans_are_written() -> None:
    """Of an index that could not be finished Postgres keeps the name."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one lock")
    meant = on_presaves()
    before, statements = ("campaigns", "0033_instance_report"), []
    presave = factory.make_presave(factory.make_campaign())
    try:
        with connection.cursor() as cursor:
            MigrationExecutor(connection).migrate([before])
            cursor.execute("CREATE INDEX presave_sent ON campaigns_presave (attempts)")
            cursor.execute("SET lock_timeout = '5s'")

            def and_then_write(execute: Any, statement: str, *asked: Any) -> Any:
                """As web does, after each statement: were there a lock, it would time out."""
                answer = execute(statement, *asked)
                statements.append(statement)
                web.execute("UPDATE campaigns_presave SET attempts = 1 WHERE id = %s", [presave.id])
                return answer

            with psycopg.connect(settings.WEB_DATABASE_URL, autocommit=True) as web:
                web.execute("SET lock_timeout = 100")
                with connection.execute_wrapper(and_then_write):
                    call_command("migrate", verbosity=0)
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)
    finally:
        call_command("migrate", verbosity=0)
    assert on_presaves() == meant
    assert sum("CREATE INDEX CONCURRENTLY" in one for one in statements) == 4


def on_presaves() -> set[tuple[str, bool]]:
    """Indexes and checks, and whether each holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_indexdef(indexrelid), indisvalid FROM pg_index"
            " WHERE indrelid = 'campaigns_presave'::regclass UNION"
            " SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint"
            " WHERE conrelid = 'campaigns_presave'::regclass"
        )
        found = set(cursor.fetchall())
    assert all(holds for _, holds in found)
    return found
