"""`make bench`: measures everything, or the benchmarks that are named, and writes it into
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import (
    crowd,
    dashboard,
    environment,
    growth,
    lateness,
    limit,
    pages,
    rehearsal,
    report,
    sharing,
    size,
    slow_clients,
    throughput,
    visits,
)
from benchmarks.report import Table

BENCHMARKS: Final[dict[str, Callable[[Path], Table]]] = {
    "throughput": throughput.measure,
    "limit": limit.measure,
    "lateness": lateness.measure,
    "sharing": sharing.measure,
    "growth": growth.measure,
    "size": size.measure,
    "pages": pages.measure,
    "visits": visits.measure,
    "slow_clients": slow_clients.measure,
    "dashboard": dashboard.measure,
    "crowd": crowd.measure,
    "rehearsal": rehearsal.postgres,
    "rehearsal_embedded": rehearsal.embedded,
    "rehearsal_faults": rehearsal.postgres_with_faults,
    "rehearsal_unpaced": rehearsal.postgres_without_pace,
}


def main(names: list[str], against: str) -> int:
    chosen = BENCHMARKS | {"throughput": partial(throughput.measure, against=against)}
    tables = []
    with environment.services() as directory:
        for name in names or BENCHMARKS:
            table = chosen[name](directory)
            print(report.as_markdown(table), flush=True)
            tables.append(table)
    report.write(tables)
    return 0 if all(line.met is not False for table in tables for line in table.lines) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--against", default="", help="a commit that throughput is compared with")
    given = parser.parse_args()
    sys.exit(main(given.names, given.against))
