"""A compressed night of faults in every run of the tests; `make chaos` is the long form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.nights import live_through, short_night, short_told_nights, table
from tests.chaos.plan import Plan
from tests.postgres import Postgres
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.stack]


@pytest.mark.parametrize("seed", [7])
def test_a_night_in_which_everything_dies_loses_nobody(
    seed: int, postgres: Postgres, sandbox: Sandbox, tmp_path: Path
) -> None:
    verdict = live_through(short_night(seed, fault_share=0.15), tmp_path, postgres, sandbox)

    assert verdict.broken == [], table(verdict)


@pytest.mark.parametrize("plan", short_told_nights(seed=7), ids=lambda plan: plan.name)
def test_a_night_in_which_spotify_tells_fans_what_is_not_so_loses_nobody(
    plan: Plan, postgres: Postgres, sandbox: Sandbox, tmp_path: Path
) -> None:
    verdict = live_through(plan, tmp_path, postgres, sandbox)

    assert verdict.broken == [], table(verdict)
