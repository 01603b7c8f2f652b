"""Rows by many ids, which go to the database as one parameter and not as one each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler

from campaigns.models.statements import Parameter, Sql


class Ids(Parameter):
    """Ids that each run of a statement names."""

    def __init__(self, name: str) -> None:
        super().__init__(name, models.UUIDField())

    def prepared(self, value: Iterable[UUID]) -> str:
        return _as_one(value, connection)


@models.UUIDField.register_lookup
class AnyOf(models.Lookup):
    """`any_of` is like `in`, but that a query is run once and in its order, as one that locks rows
    has to be.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, of_column = self.process_lhs(compiler, connection)
        if isinstance(self.rhs, Query):
            query, of_query = self.process_rhs(compiler, connection)
            return f"{column} = ANY(ARRAY{query})", [*of_column, *of_query]
        return f"{column} = ANY(%s::uuid[])", [*of_column, self._ids(connection)]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, of_column = self.process_lhs(compiler, connection)
        if isinstance(self.rhs, Query):
            query, of_query = self.process_rhs(compiler, connection)
            return f"{column} IN {query}", [*of_column, *of_query]
        one_each = "SELECT value FROM json_each(%s)"
        return f"{column} IN ({one_each})", [*of_column, self._ids(connection)]

    def _ids(self, connection: BaseDatabaseWrapper) -> Any:
        return self.rhs if isinstance(self.rhs, Ids) else _as_one(self.rhs, connection)


def _as_one(ids: Iterable[UUID], connection: BaseDatabaseWrapper) -> str:
    each = [id.hex for id in ids]
    return f"{{{','.join(each)}}}" if connection.vendor == "postgresql" else json.dumps(each)
