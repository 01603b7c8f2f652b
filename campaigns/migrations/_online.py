"""Indexes and checks of a large table, made while the version before goes on writing to it.

On Postgres, Django's own keep every write waiting until they have read all rows. Use these in a
migration with `atomic = False`, except AddCheck, and nothing else next to them: one that was
killed is run again from its first operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.contrib.postgres import operations as of_postgres
from django.db import migrations

# Nobody waits behind who waits for these locks.
LONGEST_WAIT: Final = "2min"


class AddCheck(of_postgres.AddConstraintNotValid):
    """It holds for what is written from now on; ValidateCheck reads the rows of before."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if _is_postgres(schema_editor):
            super().database_forwards(app_label, schema_editor, *states)
        else:
            migrations.AddConstraint.database_forwards(self, app_label, schema_editor, *states)


class ValidateCheck(of_postgres.ValidateConstraint):
    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if _is_postgres(schema_editor):
            with _waiting_long(schema_editor):
                super().database_forwards(app_label, schema_editor, *states)


class AddIndex(migrations.AddIndex):
    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        model = states[1].apps.get_model(app_label, self.model_name)
        _make(schema_editor, model, self.index)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        model = states[0].apps.get_model(app_label, self.model_name)
        _drop(schema_editor, model, self.index)


class RemoveIndex(migrations.RemoveIndex):
    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        _drop(schema_editor, *self._model_and_index(app_label, states[0]))

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        _make(schema_editor, *self._model_and_index(app_label, states[1]))

    def _model_and_index(self, app_label: str, state: Any) -> tuple[Any, Any]:
        of_state = state.models[app_label, self.model_name_lower]
        return state.apps.get_model(app_label, self.model_name), of_state.get_index_by_name(
            self.name
        )


def _make(schema_editor: Any, model: Any, index: Any) -> None:
    """What a try before has left holds nothing, and is made anew."""
    if not _is_postgres(schema_editor):
        schema_editor.add_index(model, index)
        return
    _drop(schema_editor, model, index)
    with _waiting_long(schema_editor):
        schema_editor.add_index(model, index, concurrently=True)


def _drop(schema_editor: Any, model: Any, index: Any) -> None:
    if not _is_postgres(schema_editor):
        schema_editor.remove_index(model, index)
        return
    with _waiting_long(schema_editor):
        schema_editor.remove_index(model, index, concurrently=True)


def _is_postgres(schema_editor: Any) -> bool:
    return bool(schema_editor.connection.vendor == "postgresql")


@contextmanager
def _waiting_long(schema_editor: Any) -> Iterator[None]:
    set_it = "SELECT set_config('lock_timeout', %s, false)"
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        [before] = cursor.fetchone()
        cursor.execute(set_it, [LONGEST_WAIT])
        yield
        cursor.execute(set_it, [before])
