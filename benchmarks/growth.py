"""Whether a worker feels the size of the table: the same release among few rows and a million."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import quantiles
from typing import Final

from benchmarks import environment, throughput
from benchmarks.report import Line, Table

FEW: Final = 10_000
MANY: Final = 1_000_000
LATENCY_MS: Final = 50
CLAIMS: Final = 400
LARGEST_MEMORY_MB: Final = 250
# Rows nobody works on in this run: half of them ended, half waiting for another release.
FILL: Final = """
    INSERT INTO campaigns_presave
        (id, campaign_id, state, reason, due_at, attempts, sealed, consented_at, settled_at,
        receipt_hash)
    SELECT gen_random_uuid(), %(campaign)s,
        CASE WHEN n %% 2 = 0 THEN 'saved' ELSE 'pending' END, '',
        now() + interval '1 day', 0,
        CASE WHEN n %% 2 = 0 THEN NULL ELSE decode(repeat(md5(n::text), 14), 'hex') END,
        now() - interval '1 day',
        CASE WHEN n %% 2 = 0 THEN now() END,
        sha256(n::text::bytea)
    FROM generate_series(1, %(rows)s) AS n
"""


def measure(directory: Path) -> Table:
    with environment.server(directory, "benchmarks.responder", f"--latency-ms={LATENCY_MS}"):
        few, many = release_among(FEW), release_among(MANY)
    claims = sorted(time_claims())
    cpu_few, cpu_many = (1000 * one["cpu"] / one["saved"] for one in (few, many))
    return Table(
        "Growth",
        f"{FEW:,} fans saved by one worker process while the table holds {FEW:,} rows, and "
        f"{MANY:,}; Postgres, benchmarks/responder.py answered. Then {CLAIMS} claims of 200 rows "
        "each, of 100,000 due ones.",
        [
            Line(f"CPU per fan at {FEW:,} rows", f"{cpu_few:.2f} ms"),
            Line(f"CPU per fan at {MANY:,} rows", f"{cpu_many:.2f} ms"),
            Line.at_most("many rows to few, CPU per fan", cpu_many / cpu_few, 1.15, " times"),
            Line(f"worker's peak memory at {FEW:,} rows", f"{few['memory_mb']:.0f} MB"),
            Line.at_most(
                f"worker's peak memory at {MANY:,} rows",
                many["memory_mb"],
                LARGEST_MEMORY_MB,
                " MB",
            ),
            Line.at_most(
                "many rows to few, peak memory",
                many["memory_mb"] / few["memory_mb"],
                1.15,
                " times",
            ),
            Line(
                f"claim of 200 rows at {MANY:,} rows, p50",
                f"{1000 * quantiles(claims, n=100)[49]:.1f} ms",
            ),
            Line.at_most(
                f"claim of 200 rows at {MANY:,} rows, p99",
                1000 * quantiles(claims, n=100)[98],
                20,
                " ms",
            ),
        ],
    )


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
