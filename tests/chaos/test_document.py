"""docs/faults.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_that_the_document_of_faults_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "faults.md").read_text()))
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }

    assert len(named) > 30
    assert named - written == set()


def test_every_fault_of_the_matrix_has_a_row() -> None:
    table = (ROOT / "docs" / "faults.md").read_text().partition("one by one")[2]
    rows = re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE)
    numbers = [int(number) for row in rows for number in row.split(",")]

    assert sorted(numbers) == list(range(1, 38))
