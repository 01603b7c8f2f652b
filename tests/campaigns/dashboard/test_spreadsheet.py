"""A file for spreadsheets runs nothing, and reads as it was written."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from campaigns.dashboard.spreadsheet import as_csv


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])  # noqa: RUF001
def test_no_cell_begins_a_formula(first: str) -> None:
    content = as_csv(["name"], [[f'{first}HYPERLINK("https://elsewhere.example")']])
    _, (cell,) = csv.reader(StringIO(content, newline=""))
    assert cell == f'\'{first}HYPERLINK("https://elsewhere.example")'


@pytest.mark.parametrize("before", ["Night;", "Night; ", "Night\t", "Night\n"])
def test_nor_does_what_another_country_reads_as_one(before: str) -> None:
    """Where a comma is part of a number, a semicolon ends a cell, whatever quotes stand around."""
    content = as_csv(["name"], [[f"{before}=1+1"]])
    _, (cell,) = csv.reader(StringIO(content, newline=""))
    assert cell == f"{before}'=1+1"


def test_numbers_names_and_gaps_stay_as_they_are() -> None:
    content = as_csv(["name", "number"], [["a, b", -1], ["", 16.7], ['say "x"', None]])
    assert content == 'name,number\r\n"a, b",-1\r\n,16.7\r\n"say ""x""",\r\n'
