"""How the services are, until all are well."""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Final

from deploy.server import engine

PATIENCE_SECONDS: Final = 300
# Some 30 seconds: an engine waits for up to 26 before it starts anew what failed eight times, as a
# worker does for whose database the tables are being made.
TRIES_OF_A_SERVICE: Final = 15
BETWEEN_SECONDS: Final = 2
# Well once it has ended.
JOBS: Final = ("migrate",)
ORDER: Final = ("well", "waiting", "failed")


def wait(until: float = PATIENCE_SECONDS) -> None:
    """Tell how it goes until every service is well. Raises EngineError, with the log of a service
    that is not.
    """
    began, failures, told = time.monotonic(), 0, ""
    while waiting := {name: how for name, how in states().items() if how != "well"}:
        failed = failed_in(waiting)
        failures = failures + 1 if failed else 0
        passed = time.monotonic() - began
        if failures == TRIES_OF_A_SERVICE or passed > until:
            give_up(failed or sorted(waiting))
        told = _tell(f"Waiting for {', '.join(sorted(waiting))}", told, passed)
        time.sleep(BETWEEN_SECONDS)
    print("All services are well." if not sys.stdout.isatty() else "\r\033[KAll services are well.")


def failed_in(states: dict[str, str]) -> list[str]:
    """None while a job is at work: the others may need what it makes."""
    if any(states.get(job) == "waiting" for job in JOBS):
        return []
    return sorted(name for name, how in states.items() if how == "failed")


def give_up(names: list[str]) -> None:
    """Raises EngineError after the last lines of the logs."""
    for name in names:
        print(f"\nThe last lines of {name}:", file=sys.stderr)
        print(engine.ask("compose", "logs", "--tail", "15", name).stdout, file=sys.stderr)
    raise engine.EngineError(
        f"Not well: {', '.join(names)}. The lines above say why. Once that is changed, run this "
        "again."
    )


def states() -> dict[str, str]:
    """Each service: well, waiting or failed."""
    answer = engine.ask("compose", "ps", "--all", "--format", "json")
    found = containers(answer.stdout)
    # Of several containers of one service, as while it is upgraded, the least well counts.
    found.sort(key=lambda one: ORDER.index(state_of(one)))
    return {one["Service"]: state_of(one) for one in found}


def containers(told: str) -> list[dict[str, Any]]:
    """Compose prints a list or, since 2.21, a line for each."""
    if told.startswith("["):
        listed: list[dict[str, Any]] = json.loads(told)
        return listed
    return [json.loads(line) for line in told.splitlines() if line.startswith("{")]


def state_of(container: dict[str, Any]) -> str:
    """A service is well when it is healthy, runs without a check, or has done its work."""
    state, health = container["State"], container.get("Health", "")
    if state == "running" and health in ("healthy", "") and container["Service"] not in JOBS:
        return "well"
    if state == "exited" and container.get("ExitCode") == 0:
        return "well"
    return "failed" if state in ("exited", "restarting", "dead") else "waiting"


def _tell(line: str, told: str, passed: float) -> str:
    """On a terminal the line counts on; elsewhere it is printed when it has changed."""
    if sys.stdout.isatty():
        print(f"\r\033[K{line} ({passed:.0f} s)", end="", flush=True)
    elif line != told:
        print(f"{line} ...", flush=True)
    return line
