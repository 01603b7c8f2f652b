"""What was measured, as a page: `make bench` alone writes docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks import summary

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
TITLE: Final = "# Benchmarks\n\n"
INTRODUCTION: Final = """
Written by `make bench`; the nights of chaos by hand, from what `make chaos` printed, and so is what
was seen on a Docker engine. What one section says comes from one run on one machine. Absolute
figures depend on that machine and on what else it did; what holds elsewhere are the ratios.
"""


@dataclass(frozen=True)
class Line:
    """One figure. `met` is None where nothing was asked of it."""

    what: str
    figure: str
    target: str = ""
    met: bool | None = None

    @classmethod
    def at_most(cls, what: str, value: float, bound: float, unit: str = "") -> Line:
        return cls(what, f"{value:.3g}{unit}", f"at most {bound:g}{unit}", value <= bound)

    @classmethod
    def at_least(cls, what: str, value: float, bound: float, unit: str = "") -> Line:
        return cls(what, f"{value:.3g}{unit}", f"at least {bound:g}{unit}", value >= bound)


@dataclass(frozen=True)
class Table:
    title: str
    about: str
    lines: list[Line]


def write(tables: Iterable[Table]) -> None:
    """Put these tables into the page; the sections of other benchmarks stay."""
    written = sections_of(PAGE.read_text()) if PAGE.exists() else {}
    PAGE.write_text(page(written | {table.title: as_markdown(table) for table in tables}))


def sections_of(page: str) -> dict[str, str]:
    _, *written = page.split("\n## ")
    return {section.partition("\n")[0]: f"\n## {section}" for section in written}


def page(sections: Mapping[str, str]) -> str:
    return "".join([TITLE, summary.lines(sections), INTRODUCTION, *sections.values()])


def as_markdown(table: Table) -> str:
    rows = [f"| {one.what} | {one.figure} | {_verdict(one)} |" for one in table.lines]
    head = ["| Measured | Figure | Target |", "|---|---|---|"]
    return "\n".join([f"\n## {table.title}\n", table.about, _machine(), *head, *rows, ""])


def _verdict(line: Line) -> str:
    if line.met is None:
        return line.target
    return f"{line.target}: {'met' if line.met else '**missed**'}"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"\n{date.today():%-d %B %Y}, {os.cpu_count()} cores, {memory:.0f} GB of memory, "  # noqa: DTZ011 -- the reader's day
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}.\n"
    )
