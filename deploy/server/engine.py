"""This machine's container engine: whether it answers, and what Compose makes of the files."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from deploy.server.compose import CHECKOUT

INSTALL: Final = "https://docs.docker.com/engine/install/"
OLDEST_COMPOSE: Final = 2


class EngineError(Exception):
    """The message is a sentence that says what to change."""


def ask(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run docker in the checkout and take what it prints."""
    return subprocess.run(
        ["docker", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False, **more
    )


def check() -> None:
    """Raises EngineError unless an engine and Compose answer."""
    try:
        version = ask("compose", "version", "--short")
    except FileNotFoundError:
        raise EngineError(f"Docker is not installed on this machine. See {INSTALL}.") from None
    number = re.match(r"v?(\d+)\.", version.stdout)
    if version.returncode or not number:
        raise EngineError(
            "Docker has no Compose 2 here; `docker-compose` of version 1 does not do. On Ubuntu: "
            "apt install docker-compose-v2. On Debian 13: apt install docker-compose. Else see "
            f"{INSTALL}."
        )
    if int(number[1]) < OLDEST_COMPOSE:
        raise EngineError(f"Presave needs Docker Compose 2 or newer, not {version.stdout.strip()}.")
    answer = ask("info", "--format", "{{json .SecurityOptions}}")
    if answer.returncode:
        raise EngineError(_why_silent(answer.stderr))


def _why_silent(said: str) -> str:
    if "permission denied" in said.lower():
        return (
            "You may not use Docker on this machine. Run: sudo usermod -aG docker $USER, then log "
            "in again; or run this command with sudo."
        )
    last = (said.strip().splitlines() or ["it says nothing"])[-1]
    return f"Docker does not answer: {last} Start it: sudo systemctl start docker"


def check_ports(config: dict[str, Any]) -> None:
    """Raises EngineError for a port that another program holds, or that may not be published."""
    publishing = [name for name, service in config["services"].items() if service.get("ports")]
    if ask("compose", "ps", "--quiet", *publishing).stdout.strip():
        return
    ports = sorted(port for one in config["services"].values() for port in _published(one))
    for port in ports:
        if _somebody_listens(port):
            raise EngineError(
                f"Port {port} of this machine is taken. Stop the program that listens there, such "
                "as another web server; `sudo ss -ltnp` names it."
            )
    _check_low_ports(ports)


def check_public_port(config: dict[str, Any]) -> None:
    """Raises EngineError unless Caddy, where there is one, listens at the port of PUBLIC_URL."""
    caddy = config["services"].get("caddy", {})
    public_url = urlsplit(caddy.get("environment", {}).get("PUBLIC_URL", ""))
    port = public_url.port or 443
    if public_url.scheme == "https" and port not in _published(caddy):
        raise EngineError(
            f"PUBLIC_URL has port {port}, and Caddy publishes another: write HTTPS_PORT={port} "
            "into .env."
        )


def _published(service: dict[str, Any]) -> list[int]:
    """Of a range, which web has where there is no Caddy, the first is the one in use."""
    return [
        int(port["published"].partition("-")[0])
        for port in service.get("ports", [])
        if port.get("protocol", "tcp") == "tcp"
    ]


def _somebody_listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _check_low_ports(ports: list[int]) -> None:
    """An engine without root may publish only what the kernel leaves to everybody."""
    limit = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if not (ports and limit.exists() and "rootless" in ask("info").stdout):
        return
    lowest = int(limit.read_text())
    if ports[0] < lowest:
        raise EngineError(
            f"This engine runs without root and may not use ports below {lowest}. Run: "
            f"sudo sysctl -w net.ipv4.ip_unprivileged_port_start={ports[0]} (and put the setting "
            "into /etc/sysctl.d/, so that it lasts)."
        )


def check_checkout() -> None:
    """Raises EngineError if the containers' user could not read the files that are mounted or
    copied, as git makes them under a umask of 077.
    """
    if not (CHECKOUT / "Caddyfile").stat().st_mode & 0o004:
        raise EngineError(
            "The files of this checkout can be read by you alone, and the containers need them. "
            "Run: git ls-files -z | xargs -0 dirname -z | sort -zu | xargs -0 chmod go+rx && "
            "git ls-files -z | xargs -0 chmod go+rX"
        )


def config(environment: dict[str, str] | None = None) -> dict[str, Any]:
    """What Compose makes of its file and of .env. Raises EngineError with what it says."""
    answer = ask(
        *("compose", "config", "--format", "json"), env={**os.environ, **(environment or {})}
    )
    if answer.returncode:
        raise EngineError(f"Compose cannot use these settings. {answer.stderr.strip()}")
    read: dict[str, Any] = json.loads(answer.stdout)
    return read


def has_image(name: str) -> bool:
    """Whether the image is on this machine."""
    return ask("image", "inspect", name).returncode == 0


def has_volume(name: str) -> bool:
    """Whether this engine keeps data under that name."""
    return ask("volume", "inspect", name).returncode == 0
