"""An upgrade: the version before writes into the new schema until it is replaced, and again after
a downgrade.
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

# The last migration of each version that an upgrade may begin with.
RELEASED = {"0.1.0": "0001_initial", "1.0.0": "0036_moves"}
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="production's database"),
]


@pytest.mark.parametrize("schema", RELEASED.values())
def test_what_a_released_version_reads_and_writes_is_still_there(schema: str) -> None:
    """Each of its columns, and none that it does not know and would have to fill. A column leaves
    the code in one release, and the database in a later one.
    """
    released = MigrationLoader(None).project_state(("campaigns", schema)).apps
    for model in released.get_app_config("campaigns").get_models():
        known = {field.column: field for field in model._meta.concrete_fields}
        now = columns(model._meta.db_table)
        assert known.keys() <= now.keys(), model
        for name, needs_a_value in now.items():
            if name not in known:
                assert not needs_a_value, f"{model._meta.db_table}.{name} has no default"
            elif known[name].null:
                assert not needs_a_value, f"{model._meta.db_table}.{name} is no longer optional"


def columns(table: str) -> dict[str, bool]:
    """Each column, and whether a row without a value for it is refused."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, is_nullable = 'NO' AND column_default IS NULL"
            " AND is_identity = 'NO' FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = %s",
            [table],
        )
        return dict(cursor.fetchall())
