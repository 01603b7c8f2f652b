"""The nights that are lived through, and what is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tests.chaos.checker import Verdict, check
from tests.chaos.machine import Machine
from tests.chaos.night import Night
from tests.chaos.plan import Plan, Window
from tests.postgres import Postgres
from tests.sandbox_process import Sandbox

# How many fans each of the nights has in which the catalogue flickers.
FLICKER_FANS: Final = 900


def all_nights(seed: int, fans: int) -> dict[str, list[Plan]]:
    """What `make chaos` lives through, by the names that ONLY takes."""
    faults, calm = long_nights(seed, fans)
    return {"faults": [faults], "calm": [calm], "flicker": flicker_nights(seed)}


def flicker_nights(seed: int) -> list[Plan]:
    """Nobody dies, but the catalogue shows the release, loses it and shows it again."""
    nights = {
        "shown for 8 s": (40, [Window(None, 8), Window(20, None)]),
        "shown for 20 s": (10, [Window(None, 20), Window(40, None)]),
        "shown to half of all calls": (40, [Window(None, 60, share=0.5), Window(60, None)]),
        "shown 90 s late": (40, [Window(90, None)]),
    }
    return [
        Plan(name, seed, FLICKER_FANS, rate, windows=tuple(windows))
        for name, (rate, windows) in nights.items()
    ]


def long_nights(seed: int, fans: int) -> list[Plan]:
    """Per ten thousand fans 500 kills, 20 crashes of Postgres and 20 wipes of Redis; 60 s leases.

    The paces are four and two times the one that Presave sets itself. Of the saves of a killed
    worker those are repeated whose answers it had not recorded yet: so many milliseconds' worth of
    its pace. The calm night counts them, so its pace is nearer to a real one.
    """
    scale = fans / 10_000
    often: dict[str, Any] = {
        "kills": round(500 * scale),
        "crashes": round(20 * scale),
        "wipes": round(20 * scale),
        "stalls": round(4 * scale),
    }
    return [
        Plan("faults", seed, fans, rate=40, fault_share=0.15, **often),
        Plan("calm", seed, fans, rate=20, **often),
    ]


def short_night(seed: int, fault_share: float) -> Plan:
    """The same, compressed: some hundred fans, and leases of three seconds."""
    return Plan(
        "short",
        seed,
        fans=240,
        kills=24,
        crashes=3,
        wipes=4,
        stalls=1,
        rate=30,
        fault_share=fault_share,
        lease_seconds=3,
    )


def live_through(plan: Plan, directory: Path, postgres: Postgres, sandbox: Sandbox) -> Verdict:
    with Machine(
        directory, postgres, sandbox, rate=plan.rate, lease_seconds=plan.lease_seconds
    ) as machine:
        record = Night(machine, plan).run()
        return check(plan, record, sandbox)


def table(verdict: Verdict) -> str:
    width = max(map(len, verdict.figures))
    lines = [f"  {name:<{width}}  {figure}" for name, figure in verdict.figures.items()]
    if verdict.broken:
        lines += ["  Broken promises:", *(f"  - {sentence}" for sentence in verdict.broken)]
    else:
        lines.append("  Every promise was kept.")
    return "\n".join(lines)
