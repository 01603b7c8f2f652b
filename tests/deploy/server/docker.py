#!/usr/bin/env python3
"""A stand-in for `docker`, for the tests of the operator's commands.

Its world is a JSON file: which containers of a service run, which images there are, and what fails.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

WORLD = Path(os.environ["DOCKER_WORLD"])


def main(arguments: list[str]) -> None:
    world = json.loads(WORLD.read_text())
    version = os.environ.get("VERSION", "")
    world["calls"].append(" ".join(arguments))
    WORLD.write_text(json.dumps(world))
    for part, message in world["fails"].items():
        if part in " ".join(arguments):
            sys.exit(message)
    answer = _compose(arguments[1:], world, version) if arguments[0] == "compose" else None
    if answer is None:
        answer = _docker(arguments, world)
    WORLD.write_text(json.dumps(world))
    sys.stdout.write(f"{answer}\n")


def _compose(arguments: list[str], world: dict[str, Any], version: str) -> str:
    running, image = world["running"], f"presave:{version}"
    match arguments:
        case ["config", "--format", "json"]:
            services = {name: {"image": image} for name in ("web", "worker", *world["servers"])}
            secret = {"file": str(Path("secrets/secret_key").absolute())}
            return json.dumps({"services": services, "secrets": {"secret_key": secret}})
        case ["config", "--hash", service]:
            return f"{service} hash-of-{service}"
        case ["build", *_]:
            world["images"][image] = f"id-of-{version}"
        case ["ps", "--quiet", service]:
            return "\n".join(running.get(service, {}))
        case ["up", "--detach", "--no-recreate", *more] if "--wait" not in more:
            for service, number in (word[8:].split("=") for word in more if "scale" in word):
                containers = running.setdefault(service, {})
                if len(containers) < int(number):
                    containers[f"{service}-of-{version}"] = world["images"][image]
        case ["exec", *_, "pg_dump", _, _, "--format", "custom"]:
            return "the dump"
        case ["exec", "-T", "web", *_]:
            return str(world["ready"])
        case _:
            return "told"
    return ""


def _docker(arguments: list[str], world: dict[str, Any]) -> str:
    match arguments:
        case ["inspect", "--format", "{{.Image}}", container]:
            return str(world["running"]["web"][container])
        case ["inspect", "--format", form, container]:
            return f"hash-of-{container}" if "Labels" in form else _state_of(container, world)
        case ["image", "inspect", *_, image]:
            return str(world["images"][image]) if image in world["images"] else sys.exit("none")
        case ["logs", *_, container]:
            sys.stderr.write(f"the last words of {container}")
        case ["tag", image_id, name]:
            world["images"][name] = image_id
        case ["rm", *_, container]:
            del world["running"][container.partition("-")[0]][container]
        case _:
            pass
    return ""


def _state_of(container: str, world: dict[str, Any]) -> str:
    return "exited unhealthy 2" if container in world["unhealthy"] else "running healthy 0"


main(sys.argv[1:])
