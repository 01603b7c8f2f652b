"""Text as a search compares it: without accents, and in small letters."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, TextField
from django.db.models.sql.compiler import SQLCompiler

_COMBINING = ("\u0300", "\u036f")
# Python writes the one at a word's end and databases do not, and a search may end within a word.
_FINAL_SIGMA, _SIGMA = "\u03c2", "\u03c3"


def plain(text: str) -> str:
    """The letters below the accents, in small ones. As Plain writes it in the database."""
    first, last = _COMBINING
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(sign for sign in decomposed if not first <= sign <= last)
    return kept.lower().replace(_FINAL_SIGMA, _SIGMA)


class Plain(Func):
    """As `plain`, of an expression. Capitals beyond Latin follow the database's own locale."""

    output_field = TextField()
    function = "presave_plain"
    arity = 1

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, Any]:
        template = (
            r"TRANSLATE("
            r"LOWER(REGEXP_REPLACE(NORMALIZE(%(expressions)s, NFKD), '[\u0300-\u036f]', '', 'g'))"
            f", '{_FINAL_SIGMA}', '{_SIGMA}')"
        )
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, Any]:
        # SQLite knows no accents, and takes functions of the process that asks.
        connection.ensure_connection()
        connection.connection.create_function(self.function, 1, plain, deterministic=True)
        return self.as_sql(compiler, connection, **extra)
