"""How large the database is for a million pre-saves: while they wait, and once they are saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import environment
from benchmarks.report import Line, Table

if TYPE_CHECKING:
    from campaigns.models import Campaign

PRESAVES: Final = 1_000_000
SEALED_ANEW: Final = 1_000
# As many as the engine claims at once; a look confirms those of some seconds.
BLOCK: Final = 400
BLOCKS_OF_A_LOOK: Final = 25
# As long as the refresh tokens that Spotify gives.
TOKENS: Final = [f"{number:0150d}" for number in range(SEALED_ANEW)]


def measure(directory: Path) -> Table:
    environment.forget_everything()
    vacuum("FULL")
    empty = size_of_database()
    campaign = environment.make_due(TOKENS)
    multiply(PRESAVES // SEALED_ANEW)
    vacuum("ANALYZE")
    waiting = size_of_presaves(), size_of_database() - empty
    environment.let_go(campaign)
    save_all(campaign)
    vacuum("ANALYZE")
    saved = size_of_presaves(), size_of_database() - empty
    return Table(
        "Size of the database",
        f"{PRESAVES:,} pre-saves with permissions of {len(TOKENS[0])} characters, saved in blocks "
        f"of {BLOCK} by the engine's own statements while autovacuum runs. What ends a row leaves "
        "room in the table, which the next release's pre-saves use. A million bytes are a MB; the "
        "write-ahead log and backups are not counted.",
        [
            Line("pre-saves and their indexes while they wait", megabytes(waiting[0])),
            Line("the database while they wait, above an empty one", megabytes(waiting[1])),
            Line("pre-saves and their indexes after the release", megabytes(saved[0])),
            Line("the database after the release, above an empty one", megabytes(saved[1])),
        ],
    )


def multiply(times: int) -> None:
    """Each pre-save so many times: all there is of it, but for what has to be its own."""
    from django.db import connection

    from campaigns.models import PreSave

    own = {"id": "gen_random_uuid()", "receipt_hash": "sha256(gen_random_uuid()::text::bytea)"}
    columns = [field.attname for field in PreSave._meta.concrete_fields]
    copied = ", ".join(own.get(column, column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO campaigns_presave ({', '.join(columns)}) "  # nosec B608 # noqa: S608 -- the model's
            f"SELECT {copied} FROM campaigns_presave, generate_series(2, %s)",
            [times],
        )


def save_all(campaign: Campaign) -> None:
    from campaigns.clock import database_now
    from campaigns.models import Campaign
    from campaigns.release.claims import Confirmation, Outcome, claim_block, settle
    from campaigns.retention import sent

    campaign = Campaign.objects.get(id=campaign.id)
    assert campaign.confirmed_at
    confirmation = Confirmation(campaign.confirmed_uri, campaign.confirmed_at)
    blocks = 0
    while claim := claim_block(campaign, BLOCK, now := database_now()):
        ids = [row.id for row in claim.rows]
        outcome = Outcome(sent=dict.fromkeys(ids, confirmation))
        settle(campaign, dict.fromkeys(ids, claim.fence), outcome, now)
        blocks += 1
        if blocks % BLOCKS_OF_A_LOOK == 0:
            sent.settle(campaign, now, now)
    now = database_now()
    sent.settle(campaign, now, now)


def vacuum(how: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ({how})")


def size_of_presaves() -> int:
    return _asked("pg_total_relation_size('campaigns_presave')")


def size_of_database() -> int:
    return _asked("pg_database_size(current_database())")


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"


def _asked(what: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {what}")
        return int(cursor.fetchone()[0])
