"""Queries that are put into SQL once: Django's way from a queryset to SQL costs several times what
asking the database does.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, models

M = TypeVar("M", bound=models.Model)

# Stands where each question has another text.
ASKED: Final = "\N{REPLACEMENT CHARACTER}"


class CompiledQuery(Generic[M]):
    """A queryset of whole rows, which may have annotations, with ASKED for what differs."""

    def __init__(self, queryset: models.QuerySet[M]) -> None:
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql, self._parameters = compiler.as_sql()
        columns = [column for column, *_ in compiler.select]
        converters = compiler.get_converters(columns)
        self._converted = partial(compiler.apply_converters, converters=converters)
        self._model = queryset.model
        self._annotations = compiler.annotation_col_map
        self._fields = [
            column.target.attname for column in columns[: -len(self._annotations) or None]
        ]

    def first(self, asked: str) -> M | None:
        """Django asks before a request's first query whether the connection has been lost since the
        last one. That takes as long as the query, so this is asked at once, and again if it was.
        """
        connection.health_check_done = True  # type: ignore[attr-defined]
        try:
            row = self._first(asked)
        except (OperationalError, InterfaceError):
            if connection.connection is None:  # the database is away
                raise
            connection.close()
            row = self._first(asked)
        return self._made_from(row) if row else None

    def _first(self, asked: str) -> tuple[Any, ...] | None:
        parameters = [asked if one == ASKED else one for one in self._parameters]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row

    def _made_from(self, row: tuple[Any, ...]) -> M:
        values = next(self._converted([row]))
        made = self._model.from_db(DEFAULT_DB_ALIAS, self._fields, values[: len(self._fields)])
        for name, index in self._annotations.items():
            setattr(made, name, values[index])
        return made
