"""A new container of a service next to the old one, which goes when the new one is healthy.

Whatever fails or interrupts before that is put back: the new one is removed, the old one goes on.
"""

from __future__ import annotations

from typing import Final

from deploy.server import compose, health, version
from deploy.server.compose import CommandError
from deploy.server.engine import EngineError
from embedded import interruption

HEALTHY_SECONDS: Final = 180
# It may start anew once, as when Postgres is busy: the old one serves meanwhile.
TRIES_OF_A_NEW_ONE: Final = 2
SWAPPED: Final = ("web", "worker", "beat")


class UpgradeError(Exception):
    """A sentence for the operator: what is wrong, and what runs now."""


def remove_leftovers() -> None:
    """What an upgrade left that was killed: Compose would start one that is stopped in place of a
    new one. Of several that run, those stay which are healthy and of the version that .env names,
    if there are any.
    """
    for service in SWAPPED:
        running = compose.containers(service)
        for container in set(compose.all_containers(service)) - set(running):
            compose.docker("rm", "--force", container)
        right = [one for one in running if _is_healthy(one) and _is_of_env(one)]
        for container in set(running) - set(right) if right else ():
            _end(container)


def swap(new: version.Version, *services: str) -> None:
    """One more container of each, and the old ones go when the new ones are healthy. Any number of
    workers and beats may run at once. Raises UpgradeError.
    """
    old = {service: compose.containers(service) for service in services}
    try:
        _begin(new, old)
        if "web" in services:  # .env names what the pages come from
            version.write(new)
    except BaseException:
        _remove_what_was_begun(old)
        raise
    with interruption.only_afterwards():
        for container in [container for service in services for container in old[service]]:
            _end(container)


def _is_healthy(container: str) -> bool:
    return compose.docker("inspect", "--format", "{{.State.Health.Status}}", container) == "healthy"


def _is_of_env(container: str) -> bool:
    named = compose.id_of(compose.config()["services"]["web"]["image"])
    return compose.docker("inspect", "--format", "{{.Image}}", container) == named


def _begin(new: version.Version, old: dict[str, list[str]]) -> None:
    """Raises UpgradeError unless the new ones become healthy."""
    scales = [f"--scale={service}={len(containers) + 1}" for service, containers in old.items()]
    # Without --no-deps: Compose would take the containers for outdated at the next `up`.
    begin = ("up", "--detach", "--no-recreate", *scales, *old)
    try:
        compose.read(*begin, variables=new.variables)
    except CommandError as error:
        raise UpgradeError(
            f"The new {' and '.join(old)} could not be started, so what was begun is removed and "
            f"the old one goes on. Docker says:\n{error}"
        ) from None
    begun = [one for service in old for one in set(compose.containers(service)) - set(old[service])]
    try:
        health.wait(begun, HEALTHY_SECONDS, TRIES_OF_A_NEW_ONE)
    except EngineError as error:
        raise UpgradeError(
            f"{error} So what was begun is removed, and the old {' and '.join(old)} goes on."
        ) from None


def _remove_what_was_begun(old: dict[str, list[str]]) -> None:
    try:
        for service, containers in old.items():
            for container in set(compose.all_containers(service)) - set(containers):
                compose.docker("rm", "--force", container)
    except CommandError as error:
        raise UpgradeError(
            f"What was begun could not be removed either: {error}\n"
            "The old one is untouched, and the next ./presavectl upgrade removes the rest."
        ) from None


def _end(container: str) -> None:
    """It ends what it has begun, and takes nothing new."""
    compose.docker("stop", container)
    compose.docker("rm", container)


def what_runs() -> str:
    """In a sentence: of which image web, worker and beat are by now."""
    try:
        images = {
            service: sorted({_name_of_image(one) for one in compose.containers(service)})
            for service in SWAPPED
        }
    except CommandError:
        return "Docker does not say what runs now; ./presavectl status does once it answers."
    told = (f"{service} {' and '.join(of) or 'not at all'}" for service, of in images.items())
    return f"What runs now: {', '.join(told)}."


def _name_of_image(container: str) -> str:
    return compose.docker("inspect", "--format", "{{.Config.Image}}", container)
