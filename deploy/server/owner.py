"""Who owns the files in ./secrets: the containers' user, by whatever number the engine runs it.

A container that is root inside its own world gives them away. With root's Docker that is user
10001; an engine without root (rootless Docker, Podman) takes a number of its own for that user,
and needs no sudo.
"""

from __future__ import annotations

from typing import Any

from deploy.server import engine
from deploy.server.compose import CHECKOUT


def give_to_containers(config: dict[str, Any]) -> None:
    """Check every secret, also those that only a container can read, and protect it. Raises
    EngineError with the sentence about the first that is wrong.
    """
    answer = engine.ask(
        *("run", "--rm", "--network", "none", "--user", "0:0", "--workdir", "/checkout"),
        *("--volume", f"{CHECKOUT}/deploy:/checkout/deploy:ro"),
        *("--volume", f"{CHECKOUT}/secrets:/checkout/secrets"),
        *("--env", "PYTHONDONTWRITEBYTECODE=1", "--entrypoint", "python"),
        config["services"]["web"]["image"],
        *("-m", "deploy.server.secret_files", "--check", "secrets"),
    )
    if answer.returncode:
        raise engine.EngineError(answer.stderr.strip() or "The secrets could not be protected.")
