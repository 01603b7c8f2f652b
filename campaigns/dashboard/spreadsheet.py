"""CSV that spreadsheets open without running anything that is in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import SEEK_END, StringIO
from typing import Final

# https://owasp.org/www-community/attacks/CSV_Injection
_BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
Cell = str | int | float | None


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """https://www.rfc-editor.org/rfc/rfc4180, with a byte order mark, without which Excel takes
    UTF-8 for something else.
    """
    file = StringIO("\ufeff")
    file.seek(0, SEEK_END)
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return file.getvalue()


def safe(cell: Cell) -> Cell:
    """The cell as text where a spreadsheet would run it."""
    is_risky = isinstance(cell, str) and cell.startswith(_BEGINS_A_FORMULA)
    return f"'{cell}" if is_risky else cell
