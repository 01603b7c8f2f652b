"""What is missing on a machine is said in one sentence, before anything is asked."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.server import engine
from tests.test_deploy import ROOT

DOCKER = {
    "no Compose": (
        "exit 1",
        "Docker has no Compose 2 here; `docker-compose` of version 1",
    ),
    "an old Compose": ("echo 1.29.2", "Compose 2 or newer, not 1.29.2."),
    "no right to it": (
        "[ $1 = compose ] && echo 2.26.1 || { echo 'permission denied' >&2; exit 1; }",
        "usermod -aG docker",
    ),
    "no engine": (
        "[ $1 = compose ] && echo v5.0.0 || { echo 'Cannot connect.' >&2; exit 1; }",
        "Docker does not answer: Cannot connect. Start it:",
    ),
}


def docker(place: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "docker").write_text(f"#!/bin/sh\n{script}\n")
    (place / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")


@pytest.mark.parametrize(("script", "sentence"), DOCKER.values(), ids=DOCKER.keys())
def test_an_engine_that_does_not_do_is_explained(
    script: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(tmp_path, script, monkeypatch)

    with pytest.raises(engine.EngineError) as caught:
        engine.check()

    assert sentence in str(caught.value)


@pytest.mark.parametrize("command", ["status", "logs", "upgrade", "backup", "doctor", "setup"])
def test_every_command_says_in_a_sentence_that_docker_is_not_there(
    command: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "presavectl", command],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Docker is not installed on this machine. See {engine.INSTALL}.\n"


def test_a_port_that_is_taken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker(tmp_path, "exit 0", monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        config = {"services": {"caddy": {"ports": [{"published": str(port)}]}, "web": {}}}
        with pytest.raises(engine.EngineError, match=f"Port {port} of this machine is taken."):
            engine.check_ports(config)
    engine.check_ports(config)


def test_a_range_of_ports_is_asked_for_its_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(tmp_path, "exit 0", monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        config = {"services": {"web": {"ports": [{"published": f"{port}-{port + 1}"}]}}}
        with pytest.raises(engine.EngineError, match=f"Port {port} of this machine is taken."):
            engine.check_ports(config)


def test_a_public_port_that_caddy_does_not_publish_is_told() -> None:
    public = {"PUBLIC_URL": "https://presave.example.com:8443"}
    caddy: dict[str, Any] = {"environment": public, "ports": [{"published": "443"}]}
    with pytest.raises(engine.EngineError, match="write HTTPS_PORT=8443 into"):
        engine.check_public_port({"services": {"caddy": caddy}})
    caddy["ports"] = [{"published": "8443"}]
    engine.check_public_port({"services": {"caddy": caddy}})


def test_presaves_own_proxy_does_not_take_its_own_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(tmp_path, "echo a1b2c3", monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as own:
        port = {"published": str(own.getsockname()[1])}
        engine.check_ports({"services": {"caddy": {"ports": [port]}}})


def test_the_smoke_test_says_plainly_that_there_is_no_engine(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.compose_smoke"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout.startswith("compose-smoke needs a container engine, and there is none here.")
    assert "Docker is not installed" in done.stdout
