"""What each page of the dashboard costs in a label that has grown large."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import environment, large_label
from benchmarks.large_label import CAMPAIGNS, LargeLabel
from benchmarks.report import Line, Table
from embedded import processes

if TYPE_CHECKING:
    from django.test import Client

    from campaigns.models import Campaign

RUNS: Final = 5
MOST_QUERIES: Final = 12
MOST_MS: Final = 200.0
# What Spotify is asked for, and what a guest sees who has no account yet.
LEFT_OUT: Final = ("dashboard-cover", "dashboard-invitation")
ROOMS: Final = ("dashboard", "report")
SEARCHES: Final = (
    *("", "?page=2", "?page=99", "?q=night+bus+4", "?artist=Demo+Artist+7"),
    *("?state=finished", "?state=archived"),
)
WORKED: Final = (
    "of its connection's process in Postgres, which other work on the machine does not lengthen"
)
WAITED: Final = "the time that it waited for Postgres"


@dataclass
class Cost:
    """Of one answer, in seconds: of this process outside of queries, and of the database by its own
    clock.
    """

    clock: Callable[[], float]
    queries: int = 0
    process: float = 0.0
    database: float = 0.0

    @property
    def total(self) -> float:
        return self.process + self.database

    def watch(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Around every statement that Django sends."""
        began, at_work = self.clock(), time.process_time()
        try:
            return execute(*arguments)
        finally:
            self.queries += 1
            self.database += self.clock() - began
            self.process -= time.process_time() - at_work


def measure(_directory: Path) -> Table:
    from django.core.management import call_command

    environment.forget_everything()
    call_command("collectstatic", interactive=False, verbosity=0)
    made = large_label.set_up()
    clock = database_clock()
    number, costs = count_presaves(), costs_of(made, clock)
    of_postgres = WAITED if clock is time.perf_counter else WORKED
    dearest_first = sorted(costs, key=lambda route: -dearest(costs[route]).total)
    return Table(
        "The dashboard of a large label",
        f"{CAMPAIGNS} campaigns of one label in all states with {number:,} pre-saves, 400,000 of "
        "them of one that is being released. Every page was asked for by an owner through Django "
        f"and all its middleware, a campaign's for each of {len(made.large)} large ones, in the "
        "middle of the release and near its end. Server time is the processor time of the web "
        f"process outside of queries and {of_postgres}: the median of {RUNS} answers after one to "
        "warm up, of the campaign or the search that took most.",
        [_line(route, costs[route]) for route in dearest_first],
    )


def _line(route: str, costs: list[Cost]) -> Line:
    cost, queries = dearest(costs), max(cost.queries for cost in costs)
    ms, of_database = 1000 * cost.total, 1000 * cost.database
    return Line(
        f"`/{route}`",
        f"{queries} queries, {ms:.0f} ms, {of_database:.0f} of them in Postgres",
        f"at most {MOST_QUERIES} queries and {MOST_MS:.0f} ms",
        queries <= MOST_QUERIES and ms <= MOST_MS,
    )


def dearest(costs: list[Cost]) -> Cost:
    return max(costs, key=lambda cost: cost.total)


def count_presaves() -> int:
    from campaigns.models import PreSave

    return PreSave.objects.count()


def costs_of(made: LargeLabel, clock: Callable[[], float]) -> dict[str, list[Cost]]:
    """By route, of each page that is there."""
    from tests.log_ins import logged_in

    client, addresses = logged_in(made.owner), addresses_of(made)
    client.defaults["SERVER_NAME"] = processes.LOOPBACK
    costs = answers(client, addresses, clock)
    without = [route for route, found in costs.items() if not found]
    assert not without, f"no campaign has these pages: {without}"
    slugs = [campaign.slug for campaign in large_label.nearly_finish(made)]
    theirs = {one: route for one, route in addresses.items() if any(slug in one for slug in slugs)}
    for route, found in answers(client, theirs, clock).items():
        costs[route] += found
    return costs


def answers(
    client: Client, addresses: dict[str, str], clock: Callable[[], float]
) -> dict[str, list[Cost]]:
    """By route; one that takes no GET is left out."""
    costs: dict[str, list[Cost]] = {}
    for address, route in addresses.items():
        status = client.get(address).status_code
        if status != HTTPStatus.METHOD_NOT_ALLOWED:
            costs.setdefault(route, [])
        if status == HTTPStatus.OK:
            costs[route].append(typical(client, address, clock))
    return costs


def database_clock() -> Callable[[], float]:
    """The processor time of the database's process for this connection; where the system does not
    tell it, the time that passes.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        # What several processes did would not be seen.
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        times = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    if not times.exists():
        return time.perf_counter
    return lambda: int(times.read_text().split()[0]) / 1e9


def typical(client: Client, address: str, clock: Callable[[], float]) -> Cost:
    """Of some answers the one in the middle."""
    costs = sorted((ask(client, address, clock) for _ in range(RUNS)), key=lambda cost: cost.total)
    return costs[RUNS // 2]


def ask(client: Client, address: str, clock: Callable[[], float]) -> Cost:
    from django.db import connection

    cost = Cost(clock)
    with connection.execute_wrapper(cost.watch):
        began = time.process_time()
        client.get(address)
        cost.process += time.process_time() - began
    return cost


def addresses_of(made: LargeLabel) -> dict[str, str]:
    """All that can be asked for, each with its route."""
    from django.urls import reverse

    from campaigns.urls import urlpatterns

    known = [names_of(made, campaign) for campaign in made.large.values()]
    patterns = {str(one.pattern): one for one in urlpatterns if one.name not in LEFT_OUT}
    return {
        reverse(str(one.name), kwargs={name: names[name] for name in one.pattern.converters}): route
        for route, one in patterns.items()
        if route.startswith(ROOMS)
        for names in known
    } | {f"/dashboard{search}": "dashboard" for search in SEARCHES}


def names_of(made: LargeLabel, campaign: Campaign) -> dict[str, Any]:
    """What stands in addresses."""
    from campaigns.artwork.cropping import CENTRE
    from campaigns.dashboard import uploads
    from campaigns.planning import report_links

    cover = uploads.shown(made.owner, "", campaign, CENTRE)
    assert cover
    colleague = made.label.memberships.exclude(user=made.owner).earliest("id")
    return {
        "slug": campaign.slug,
        "label_id": made.label.id,
        "member_id": colleague.id,
        # Nobody looks at these.
        **dict.fromkeys(("artist_id", "invitation_id", "webhook_id"), 1),
        "sealed": cover.whole.rpartition("/")[2],
        "token": report_links.token_of(campaign) or "none",
    }
