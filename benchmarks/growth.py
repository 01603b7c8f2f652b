"""Whether a worker feels the size of the table: the same release among few rows and a million; and
how long an artist's act on a large campaign holds a lock that a fan or a worker waits for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from benchmarks import environment, throughput
from benchmarks.report import Line, Table

if TYPE_CHECKING:
    from campaigns.models import Campaign

FEW: Final = 10_000
MANY: Final = 1_000_000
LATENCY_MS: Final = 50
CLAIMS: Final = 400
LARGEST_MEMORY_MB: Final = 250
LARGE_CAMPAIGN: Final = 200_000
LONGEST_LOCK_MS: Final = 200
# Rows nobody works on in this run: half of them ended, half waiting for another release.
FILL: Final = """
    INSERT INTO campaigns_presave
        (id, campaign_id, state, reason, due_at, attempts, sealed, consented_at, settled_at,
        receipt_hash)
    SELECT gen_random_uuid(), %(campaign)s,
        CASE WHEN n %% 2 = 0 THEN 'saved' ELSE 'pending' END, '',
        now() + interval '1 day', 0,
        CASE WHEN n %% 2 = 0 THEN NULL ELSE decode(repeat(md5(n::text), 14), 'hex') END,
        now() - interval '1 day' - n * interval '1 millisecond',
        CASE WHEN n %% 2 = 0 THEN now() END,
        sha256(n::text::bytea)
    FROM generate_series(1, %(rows)s) AS n
"""


def measure(directory: Path) -> Table:
    with environment.server(directory, "benchmarks.responder", f"--latency-ms={LATENCY_MS}"):
        few, many = release_among(FEW), release_among(MANY)
    return Table(
        "Growth",
        f"{FEW:,} fans saved by one worker process while the table holds {FEW:,} rows, and "
        f"{MANY:,}; Postgres, benchmarks/responder.py answered. Then {CLAIMS} claims of 200 rows "
        "each, of 100,000 due ones. Last, an artist moves a campaign of "
        f"{LARGE_CAMPAIGN:,} fans and cancels it, while its row and the last fan's are asked for "
        "again and again.",
        [*of_release(few, many), *of_claims(), *of_locks()],
    )


def of_release(few: dict[str, float], many: dict[str, float]) -> list[Line]:
    cpu_few, cpu_many = (1000 * one["cpu"] / one["saved"] for one in (few, many))
    memory_few, memory_many = few["memory_mb"], many["memory_mb"]
    return [
        Line(f"CPU per fan at {FEW:,} rows", f"{cpu_few:.2f} ms"),
        Line(f"CPU per fan at {MANY:,} rows", f"{cpu_many:.2f} ms"),
        Line.at_most("many rows to few, CPU per fan", cpu_many / cpu_few, 1.15, " times"),
        Line(f"worker's peak memory at {FEW:,} rows", f"{memory_few:.0f} MB"),
        Line.at_most(
            f"worker's peak memory at {MANY:,} rows", memory_many, LARGEST_MEMORY_MB, " MB"
        ),
        Line.at_most("many rows to few, peak memory", memory_many / memory_few, 1.15, " times"),
    ]


def of_claims() -> list[Line]:
    shares = [1000 * seconds for seconds in quantiles(sorted(time_claims()), n=100)]
    claim = f"claim of 200 rows at {MANY:,} rows"
    return [
        Line(f"{claim}, p50", f"{shares[49]:.1f} ms"),
        Line.at_most(f"{claim}, p99", shares[98], 20, " ms"),
    ]


def of_locks() -> list[Line]:
    acts = zip(("moving", "cancelling"), time_locks(), strict=True)
    return [
        Line.at_most(f"{act} {LARGE_CAMPAIGN:,} fans, longest lock", lock, LONGEST_LOCK_MS, " ms")
        for act, lock in acts
    ]


def release_among(rows: int) -> dict[str, float]:
    environment.forget_everything()
    campaign = environment.make_due(f"{number:0150d}" for number in range(FEW))
    fill(rows - FEW)
    environment.let_go(campaign)
    return throughput.run_design("engine", str(campaign.id))


def fill(rows: int) -> None:
    from django.db import connection

    from tests.factory import make_campaign

    with connection.cursor() as cursor:
        if rows:
            cursor.execute(FILL, {"campaign": make_campaign().id, "rows": rows})
        cursor.execute("VACUUM ANALYZE campaigns_presave")


def time_claims() -> list[float]:
    """Seconds that each claim took, one after the other, among a million rows. What was claimed
    is sent and ends as saved before the next claim, as in a release.
    """
    from django.db import connection

    from campaigns.clock import database_now
    from campaigns.models import Campaign, CampaignState, PreSave
    from campaigns.release.claims import Confirmation, Outcome, claim_block, settle
    from campaigns.retention import sent
    from tests.factory import make_campaign

    due = make_campaign(state=CampaignState.RELEASING)
    waiting = PreSave.objects.pending().exclude(campaign=due).order_by("id").values("id")[:100_000]
    PreSave.objects.filter(id__in=waiting).update(campaign=due, due_at=due.release_at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE campaigns_presave")
    campaign, seconds = Campaign.objects.get(id=due.id), []
    assert campaign.confirmed_at
    confirmation = Confirmation(campaign.confirmed_uri, campaign.confirmed_at)
    for _ in range(CLAIMS):
        now = database_now()
        began = time.perf_counter()
        claim = claim_block(campaign, 200, now)
        seconds.append(time.perf_counter() - began)
        if claim:
            ids = [row.id for row in claim.rows]
            outcome = Outcome(sent=dict.fromkeys(ids, confirmation))
            settle(campaign, dict.fromkeys(ids, claim.fence), outcome, now)
            sent.settle(campaign, now, now)
    return seconds


def time_locks() -> list[float]:
    """The longest lock in milliseconds of moving a large campaign, and of cancelling it."""
    from datetime import timedelta

    from campaigns.clock import database_now
    from campaigns.planning import moving, transitions
    from tests.factory import make_campaign

    large, now = make_campaign(), database_now()
    with_fans(large, LARGE_CAMPAIGN)
    return [
        longest_lock(
            large, lambda: moving.move_release(large, now + timedelta(days=9), "UTC", now)
        ),
        longest_lock(large, lambda: transitions.cancel_campaign(large, now)),
    ]


def with_fans(campaign: Campaign, count: int) -> None:
    from django.db import connection

    from campaigns.models import PreSave

    waiting = PreSave.objects.pending().order_by("id").values("id")[:count]
    PreSave.objects.filter(id__in=waiting).update(campaign=campaign, due_at=campaign.release_at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE campaigns_presave")


def longest_lock(campaign: Campaign, act: Callable[[], Any]) -> float:
    """For how many milliseconds at most nobody else had the campaign's row, or the last fan's."""
    from django.db import OperationalError, connections, transaction

    from campaigns.models import Campaign

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    acting, longest, free_at = Thread(target=run), 0.0, time.perf_counter()
    last = campaign.presaves.order_by("-consented_at", "-id")[:1].get()
    locks = [
        Campaign.objects.filter(id=campaign.id).select_for_update(nowait=True, no_key=True),
        campaign.presaves.filter(id=last.id).select_for_update(nowait=True),
    ]
    acting.start()
    while acting.is_alive():
        try:
            for lock in locks:
                with transaction.atomic():
                    lock.first()
            free_at = time.perf_counter()
        except OperationalError:
            longest = max(longest, time.perf_counter() - free_at)
    acting.join()
    return 1000 * longest
