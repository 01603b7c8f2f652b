"""Migrations that rewrite rows: what was there is still told afterwards, and on the way back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

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
