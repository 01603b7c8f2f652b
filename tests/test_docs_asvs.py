"""The self-assessment names each requirement once, counts right, and names what is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "asvs.md").read_text()
ROWS = re.findall(
    r"^\| v5\.0\.0-(\d+\.\d+)\.(\d+) \| ([12]) \| .+? \| ([a-z ]+) \| (.+) \|$", PAGE, re.MULTILINE
)
# How many of ASVS 5.0.0's requirements are of level 1 or 2: in each section the first so many.
SECTIONS: Final = {
    "1.1": 2,
    "1.2": 9,
    "1.3": 11,
    "1.4": 3,
    "1.5": 2,
    "2.1": 3,
    "2.2": 3,
    "2.3": 4,
    "2.4": 1,
    "3.2": 2,
    "3.3": 4,
    "3.4": 6,
    "3.5": 5,
    "3.7": 2,
    "4.1": 3,
    "4.2": 1,
    "4.3": 2,
    "4.4": 4,
    "5.1": 1,
    "5.2": 3,
    "5.3": 2,
    "5.4": 3,
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "8.1": 2,
    "8.2": 3,
    "8.3": 1,
    "8.4": 1,
    "9.1": 3,
    "9.2": 4,
    "10.1": 2,
    "10.2": 2,
    "10.3": 4,
    "10.4": 11,
    "10.5": 5,
    "10.6": 2,
    "10.7": 3,
    "11.1": 2,
    "11.2": 3,
    "11.3": 3,
    "11.4": 4,
    "11.5": 1,
    "11.6": 1,
    "12.1": 3,
    "12.2": 2,
    "12.3": 4,
    "13.1": 1,
    "13.2": 5,
    "13.3": 2,
    "13.4": 5,
    "14.1": 2,
    "14.2": 4,
    "14.3": 3,
    "15.1": 3,
    "15.2": 3,
    "15.3": 7,
    "16.1": 1,
    "16.2": 5,
    "16.3": 4,
    "16.4": 3,
    "16.5": 3,
    "17.1": 1,
    "17.2": 4,
    "17.3": 2,
}
OF_LEVEL_1: Final = 70


def test_every_requirement_of_levels_1_and_2_is_there_once_and_in_order() -> None:
    wanted = [(section, str(one + 1)) for section, many in SECTIONS.items() for one in range(many)]

    assert [row[:2] for row in ROWS] == wanted
    assert PAGE.count("| v5.0.0-") == len(ROWS) == 253
    assert sum(level == "1" for _, _, level, _, _ in ROWS) == OF_LEVEL_1


def test_the_counts_at_the_top_are_those_of_the_rows() -> None:
    told = {
        verdict: int(number)
        for verdict, number in re.findall(r"^\| ([a-z ]+) \| (\d+) \|$", PAGE, re.MULTILINE)
    }

    assert told.pop("all") == len(ROWS)
    assert told == Counter(verdict for _, _, _, verdict, _ in ROWS)


def test_what_is_not_met_is_listed_first() -> None:
    listed = PAGE.partition("## Not met")[2].partition("\n## ")[0]

    for section, one, _, verdict, _ in ROWS:
        if verdict in ("not met", "not verified"):
            assert f"{section}.{one}" in listed


def test_every_test_that_it_names_exists() -> None:
    suite = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^(?:async )?def (test_\w+)", suite, re.MULTILINE))

    assert set(re.findall(r"`(test_\w+)`", PAGE)) <= there


def test_what_is_met_or_not_is_shown() -> None:
    """By a file, a page or a test; tests/test_docs.py looks whether what is linked to exists."""
    for section, one, _, verdict, evidence in ROWS:
        if verdict in ("met", "partly"):
            assert re.search(r"\]\(|`test_", evidence), f"{section}.{one}"
