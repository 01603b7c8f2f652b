"""Statements that are put into SQL once, and run with other values each time: Django's way from a
queryset to SQL costs several times what running it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Col
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, Sequence[Any]]


class Parameter(models.Expression):
    """Stands in a queryset for a value that each run of its statement names."""

    def __init__(self, name: str, output_field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    # It stands itself where its value will.
    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> Sql:
        return "%s", [self]

    def prepared(self, value: Any) -> Any:
        return self.output_field.get_db_prep_value(value, connection)


class Statement:
    """SQL that answers with these columns. Without SQL nothing can fit, and it answers nothing."""

    def __init__(self, sql: str, parameters: Sequence[Any], columns: Sequence[Col]) -> None:
        self._sql, self._parameters = sql, parameters
        self._compiler = models.QuerySet(columns[0].target.model).query.get_compiler(
            DEFAULT_DB_ALIAS
        )
        self._converters = self._compiler.get_converters(columns)

    def run(self, **values: Any) -> list[tuple[Any, ...]]:
        """`values` are those of its parameters, by their names."""
        if not self._sql:
            return []
        parameters = [
            one.prepared(values[one.name]) if isinstance(one, Parameter) else one
            for one in self._parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        if not self._converters:
            return rows
        return list(map(tuple, self._compiler.apply_converters(rows, self._converters)))


def select(rows: models.QuerySet[Any, Any]) -> Statement:
    """The SELECT of a queryset of `values_list`."""
    compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
    sql, parameters = _to_sql(compiler)
    return Statement(sql, parameters, [column for column, *_ in compiler.select or ()])


def update_returning(
    rows: models.QuerySet[Any], columns: Sequence[str], **changes: Any
) -> Statement:
    """What `QuerySet.update` does, as UPDATE … RETURNING: its answer is these columns of each row
    as it is then. Both databases have it, and Django's ORM lacks it.
    """
    meta = rows.model._meta
    query: UpdateQuery = rows.query.chain(UpdateQuery)  # type: ignore[assignment]
    query.add_update_values(changes)
    sql, parameters = _to_sql(query.get_compiler(DEFAULT_DB_ALIAS))
    returned = [meta.get_field(column).get_col(meta.db_table) for column in columns]
    names = ", ".join(connection.ops.quote_name(one.target.column) for one in returned)
    return Statement(f"{sql} RETURNING {names}" if sql else "", parameters, returned)


def _to_sql(compiler: SQLCompiler) -> Sql:
    try:
        return compiler.as_sql()
    except EmptyResultSet:
        return "", ()
