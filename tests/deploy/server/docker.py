#!/usr/bin/env python3
"""A stand-in for `docker`, for the tests of the operator's commands.

Its world is a JSON file: which containers of a service run or are stopped, which images there are,
what fails, what fails when it is half done, and what is interrupted.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

KINDS = ("running", "stopped")
WORLD = Path(os.environ["DOCKER_WORLD"])


def main(arguments: list[str]) -> None:
    if arguments[:2] == ["compose", "version"] or arguments[0] == "info":
        sys.stdout.write("2.26.1")
        return
    world = json.loads(WORLD.read_text())
    version = os.environ.get("VERSION") or _of_env_file()
    world["calls"].append(" ".join(arguments))
    _keep(world)
    for part, message in world["fails"].items():
        if part in " ".join(arguments):
            sys.exit(message)
    for part, name in world["interrupted"].items():
        if part in " ".join(arguments):
            os.kill(os.getppid(), getattr(signal, name))
    answer = _compose(arguments[1:], world, version) if arguments[0] == "compose" else None
    if answer is None:
        answer = _docker(arguments, world)
    _keep(world)
    sys.stdout.write(f"{answer}\n")


def _keep(world: dict[str, Any]) -> None:
    """Whole, also when this is ended meanwhile."""
    whole = WORLD.with_suffix(".new")
    whole.write_text(json.dumps(world))
    whole.replace(WORLD)


def _of_env_file() -> str:
    path = Path(__file__).parent.parent / "presave" / ".env"
    lines = path.read_text().splitlines()
    return next(line.removeprefix("VERSION=") for line in lines if line.startswith("VERSION="))


def _compose(arguments: list[str], world: dict[str, Any], version: str) -> str:
    running, image = world["running"], f"presave:{version}"
    match arguments:
        case ["config", "--format", "json"]:
            services = {name: {"image": image} for name in ("web", "worker", *world["servers"])}
            secret = {"file": str(Path("secrets/secret_key").absolute())}
            secrets = {"secret_key": secret}
            return json.dumps({"name": "presave", "services": services, "secrets": secrets})
        case ["config", "--hash", service]:
            return f"{service} hash-of-{service}"
        case ["build", *_]:
            world["images"][image] = f"id-of-{version}"
        case ["ps", "--quiet", service]:
            return "\n".join(running.get(service, {}))
        case ["up", "--detach", "--no-recreate", *more] if "--wait" not in more:
            _scale(more, world, version)
        case ["exec", *_, "pg_dump", _, _, "--format", "custom"]:
            return "the dump"
        case ["exec", "-T", "web", *_]:
            return str(world["ready"])
        case _:
            return "told"
    return ""


def _scale(words: list[str], world: dict[str, Any], version: str) -> None:
    """As Compose does: one that is stopped is started before another is created."""
    for service, number in (word[8:].split("=") for word in words if "scale" in word):
        running, stopped = (world[kind].setdefault(service, {}) for kind in ("running", "stopped"))
        if len(running) >= int(number):
            continue
        name = f"{service}-of-{version}{'-again' if f'{service}-of-{version}' in running else ''}"
        new = (
            dict([stopped.popitem()]) if stopped else {name: world["images"][f"presave:{version}"]}
        )
        if service in world["half_done"]:
            stopped.update(new)
            _keep(world)
            sys.exit(world["half_done"][service])
        running.update(new)


def _docker(arguments: list[str], world: dict[str, Any]) -> str:
    match arguments:
        case ["ps", "--all", "--quiet", "--no-trunc", *filters]:
            named = [word.split("=")[-1] for word in filters if ".service=" in word]
            return "\n".join(
                one
                for kind in KINDS
                for service, containers in world[kind].items()
                for one in containers
                if service in named or not named
            )
        case ["inspect", "--format", form, *containers] if "RestartCount" in form:
            return "\n".join(_state_of(container, world) for container in containers)
        case ["inspect", "--format", form, container]:
            return _told_of(container, form, world)
        case ["image", "inspect", *_, image]:
            return str(world["images"][image]) if image in world["images"] else sys.exit("none")
        case ["logs", *_, container]:
            sys.stderr.write(f"the last words of {container}")
        case ["tag", image_id, name]:
            world["images"][name] = image_id
        case ["rm", *_, container]:
            for kind in KINDS:
                world[kind].get(container.partition("-")[0], {}).pop(container, None)
        case _:
            pass
    return ""


def _told_of(container: str, form: str, world: dict[str, Any]) -> str:
    if "Labels" in form:
        return f"hash-of-{container}"
    if "Image" in form:
        name = f"presave:{container.partition('-of-')[2]}"
        return name if "Config" in form else str(_image_of(container, world))
    return "healthy"


def _state_of(container: str, world: dict[str, Any]) -> str:
    is_well = container not in world["unhealthy"]
    state = {"State": "running", "Health": "healthy"} if is_well else {"State": "exited"}
    service = container.partition("-")[0]
    return json.dumps({"Id": container, "Service": service, "ExitCode": not is_well, **state})


def _image_of(container: str, world: dict[str, Any]) -> Any:
    return world["running"][container.partition("-")[0]][container]


main(sys.argv[1:])
