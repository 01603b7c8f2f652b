"""The first lines of docs/benchmarks.md: what its tables say, in an operator's words."""

from __future__ import annotations

import pytest

from benchmarks import report, summary
from benchmarks.report import Line, Table

FIRST = 10


def test_the_page_begins_with_what_its_tables_say() -> None:
    written = report.PAGE.read_text()
    assert written == report.page(report.sections_of(written))
    first = written.splitlines()[2 : 2 + FIRST]
    about = ("Fans a second", "cost", "take", "Memory", "Database per million", "scaling.md")
    assert [words for words in about if not any(words in line for line in first)] == []


@pytest.fixture
def sections() -> dict[str, str]:
    tables = (
        Table(
            "Release throughput",
            "",
            [Line("the engine", "2,000 fans/s, 0.30 ms CPU per fan, and 0.06 ms of Postgres")],
        ),
        Table(
            "Growth",
            "",
            [
                Line("worker's peak memory at 10,000 rows", "120 MB"),
                Line.at_most("worker's peak memory at 1,000,000 rows", 130, 250, " MB"),
            ],
        ),
    )
    return {table.title: report.as_markdown(table) for table in tables}


def test_the_arithmetic_is_that_of_a_million_fans(sections: dict[str, str]) -> None:
    said = summary.lines(sections)
    for figure in (
        "3,333, as a fan costs a worker 0.3 ms",
        "saved 2,000 a second",
        "2,000,000 calls",
        "5.0 min of a worker's core",
        "1.0 min of Postgres'",
        "27.8 h at 10, 2.8 h at 100, 17 min at 1,000",
        "0.3 %, 3.0 %, 30.0 % of one core",
        "130 MB at its peak",
    ):
        assert figure in said


def test_what_was_not_measured_is_not_said(sections: dict[str, str]) -> None:
    del sections["Growth"]
    said = summary.lines(sections)
    assert "Memory" not in said
    assert "Fans a second" in said
