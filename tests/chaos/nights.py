"""The nights that are lived through, and what is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tests.chaos.checker import Verdict, check
from tests.chaos.machine import Machine
from tests.chaos.night import Night
from tests.chaos.plan import Plan, Told, Window
from tests.postgres import Postgres
from tests.sandbox_process import Sandbox

# How many fans each of the nights has in which the catalogue flickers.
FLICKER_FANS: Final = 900
# And those in which Spotify tells fans something that is not so.
TOLD_FANS: Final = 300
# And the one in which calls go wrong but nobody dies.
PACED_FANS: Final = 1_000
# After so many seconds looks confirm a save, where every run of the tests waits for it.
SOON_SECONDS: Final = 2


def all_nights(seed: int, fans: int) -> dict[str, list[Plan]]:
    """What `make chaos` lives through, by the names that ONLY takes."""
    faults, calm = long_nights(seed, fans)
    nights = {"faults": [faults], "calm": [calm], "flicker": flicker_nights(seed)}
    return {**nights, "told": told_nights(seed), "pace": paced_nights(seed)}


def told_nights(seed: int) -> list[Plan]:
    """Nobody dies, but Spotify tells fans what would end their pre-saves, and takes it back; and
    five fans it refuses for good. Second looks come after the product's own half an hour.
    """
    stragglers = Told("not_found", None, fans=5)
    nights = {
        "everybody told that they are not listed": Told("not_listed", 120),
        "everybody told of a missing scope": Told("scope", 600),
    }
    return [
        Plan("five stragglers", seed, TOLD_FANS, 20, told=stragglers, late=20),
        *(Plan(name, seed, TOLD_FANS, 20, told=told) for name, told in nights.items()),
    ]


def paced_nights(seed: int) -> list[Plan]:
    """Nobody dies, and everybody has to be done soon: where calls go wrong, an early 429 among
    them, and where saves and consents share a limit that nobody was told.
    """
    soon: dict[str, Any] = {"second_look_seconds": 60}
    return [
        Plan("mixed faults", seed, PACED_FANS, 20, fault_share=0.15, within=1.5, **soon),
        Plan("consents", seed, 600, 50, consents=500, token_limit=300, within=1.15, **soon),
    ]


def short_told_nights(seed: int) -> list[Plan]:
    """The same within a minute: a lease and a second look of three seconds."""
    short: dict[str, Any] = {
        "rate": 30,
        "lease_seconds": 3,
        "second_look_seconds": 3,
        "confirmed_after_seconds": SOON_SECONDS,
    }
    return [
        Plan("scope", seed, 60, told=Told("scope", 8), **short),
        Plan("not listed", seed, 60, told=Told("not_listed", 25), **short),
        Plan("stragglers", seed, 100, told=Told("not_found", None, fans=5), late=20, **short),
    ]


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
        "second_look_seconds": 60,
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
        confirmed_after_seconds=SOON_SECONDS,
    )


def live_through(plan: Plan, directory: Path, postgres: Postgres, sandbox: Sandbox) -> Verdict:
    with Machine(
        directory,
        postgres,
        sandbox,
        rate=plan.rate,
        lease_seconds=plan.lease_seconds,
        second_look_seconds=plan.second_look_seconds,
        confirmed_after_seconds=plan.confirmed_after_seconds,
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
