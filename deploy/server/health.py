"""How the services are, until all are well."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Collection, Iterator
from typing import Any, Final, NoReturn

from deploy.server import compose, engine

PATIENCE_SECONDS: Final = 300
# Some 30 seconds: an engine waits for up to 26 before it starts anew what failed eight times, as a
# worker does for whose database the tables are being made.
TRIES_OF_A_SERVICE: Final = 15
BETWEEN_SECONDS: Final = 2
LOG_LINES: Final = 20
# .ID, as the client knows it: after any other name it takes what the engine has sent, in which a
# service without a health check has no .State.Health.
FORM: Final = """{
  "Id": "{{.ID}}",
  "Service": "{{index .Config.Labels "com.docker.compose.service"}}",
  "State": "{{.State.Status}}",
  "Health": "{{with .State.Health}}{{.Status}}{{end}}",
  "ExitCode": {{.State.ExitCode}},
  "Restarts": {{.RestartCount}}
}""".replace("\n", "")
# As web, worker and beat say why they do not start.
REFUSAL: Final = re.compile(r"^.*cannot start: .*$", re.MULTILINE)
# Well once it has ended.
JOBS: Final = ("migrate",)
ORDER: Final = ("well", "waiting", "failed")


def wait(
    only: Collection[str] = (), until: float = PATIENCE_SECONDS, tries: int = TRIES_OF_A_SERVICE
) -> None:
    """Tell how it goes until every service is well, or those containers alone. Raises EngineError,
    after the log of one that is not.
    """
    began, failures, told = time.monotonic(), 0, ""
    while waiting := {name: how for name, how in states(only).items() if how != "well"}:
        failed = failed_in(waiting)
        failures = failures + 1 if failed else 0
        passed = time.monotonic() - began
        if failures == tries or passed > until:
            give_up(failed or sorted(waiting), only)
        told = _tell(f"Waiting for {', '.join(sorted(waiting))}", told, passed)
        time.sleep(BETWEEN_SECONDS)
    what = "All services are well." if not only else "Well."
    print(what if not sys.stdout.isatty() else f"\r\033[K{what}")


def failed_in(states: dict[str, str]) -> list[str]:
    """None while a job is at work: the others may need what it makes."""
    if any(states.get(job) == "waiting" for job in JOBS):
        return []
    return sorted(name for name, how in states.items() if how == "failed")


def give_up(names: Collection[str], only: Collection[str] = ()) -> NoReturn:
    """Raises EngineError after the last lines of the logs."""
    if not names:
        raise engine.EngineError("The services could not be started; the lines above say why.")
    unwell = [one for one in look(only) if one["Service"] in names]
    for one in unwell:
        print(f"\nThe last lines of {one['Service']}:", file=sys.stderr)
        print(compose.log_of(one["Id"], LOG_LINES), file=sys.stderr)
    said = " ".join(filter(None, map(refusal_of, unwell))) or "The lines above say why."
    raise engine.EngineError(f"Not well: {', '.join(names)}. {said}")


def refusal_of(container: dict[str, Any]) -> str:
    """The sentence with which it did not start, if it has one."""
    found = REFUSAL.findall(compose.log_of(container["Id"], LOG_LINES))
    return found[-1] if found else ""


def reasons() -> Iterator[str]:
    """A sentence for each container that does not start, or not for long."""
    for one in look():
        how = state_of(one)
        if how == "failed" or (how == "waiting" and one["Restarts"]):
            reason = refusal_of(one) or f"./presavectl logs {one['Service']} says why."
            yield f"{one['Service']} does not start: {reason}"


def states(only: Collection[str] = ()) -> dict[str, str]:
    """Each service: well, waiting or failed."""
    # Of several containers of one service, as while it is upgraded, the least well counts.
    found = sorted(look(only), key=lambda one: ORDER.index(state_of(one)))
    return {one["Service"]: state_of(one) for one in found}


def look(only: Collection[str] = ()) -> list[dict[str, Any]]:
    """What the engine says of the containers. Raises EngineError where it does not answer."""
    try:
        wanted = list(only) or compose.all_containers()
        told = compose.docker("inspect", "--format", FORM, *wanted) if wanted else ""
    except compose.CommandError as error:
        raise engine.EngineError(f"Docker does not say how the services are: {error}") from None
    return [json.loads(line) for line in told.splitlines()]


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
