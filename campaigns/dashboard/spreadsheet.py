"""CSV that spreadsheets open without running anything that is in it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from django.http import HttpResponse

from campaigns.headers import as_download

# https://owasp.org/www-community/attacks/CSV_Injection
# Also after what some countries' spreadsheets take for the end of a cell, and in full width.
_BEGINS_A_FORMULA: Final = re.compile(r"(^|[;\t\r\n]\s*)(?=[=+\-@\t\r\n＝＋－＠])")  # noqa: RUF001
Cell = str | int | float | None


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """With a byte order mark, without which Excel takes UTF-8 for something else."""
    content = "\ufeff" + as_csv(header, rows)
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=as_download(name))


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """https://www.rfc-editor.org/rfc/rfc4180"""
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return file.getvalue()


def _safe(cell: Cell) -> Cell:
    return _BEGINS_A_FORMULA.sub(r"\1'", cell) if isinstance(cell, str) else cell
