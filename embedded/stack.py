"""The service as processes: sandbox, web, worker and beat, as compose runs them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from embedded.processes import (
    LOOPBACK,
    Process,
    StartError,
    port_is_free,
    spawn,
    wait_for_http,
    wait_until,
)

START_SECONDS: Final = 60
SANDBOX_READY: Final = "Sandbox listening on "
WORKER_READY: Final = " ready."
# Two children, so that two claims meet in every demo and test.
WORKER_CONCURRENCY: Final = 2
# As in docker-compose.yml, which tests/test_deploy.py compares. A worker has nothing to tell other
# workers, and would wait for Redis to tell it.
WORKER_OPTIONS: Final = (
    *("--loglevel", "INFO", "--without-gossip", "--without-heartbeat", "--without-mingle"),
)
# As in the Dockerfile, which tests/test_deploy.py compares.
WEB: Final = (
    *("granian", "--interface", "asgi", "presave.web:application", "--no-ws", "--http", "1"),
    *("--http1-header-read-timeout", "10000", "--backpressure", "1024"),
    *("--respawn-failed-workers", "--workers-kill-timeout", "8"),
)


class PortTakenError(Exception):
    """The message names the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} of {LOOPBACK} is in use.")
        self.port = port


class Sandbox:
    """The stand-in for Spotify as a process of its own."""

    def __init__(
        self,
        directory: Path,
        port: int,
        client_id: str,
        client_secret: str,
        mode: str = "extended",
    ) -> None:
        self.url = f"http://{LOOPBACK}:{port}"
        self._port = port
        self._client_id = client_id
        self._secret = client_secret
        self._mode = mode
        self._log_path = directory / "sandbox.log"
        self._memory = directory / "sandbox.json"

    def __enter__(self) -> Self:
        self.process = spawn(
            [
                *(sys.executable, "-m", "sandbox", "--port", str(self._port)),
                *("--client-id", self._client_id, "--mode", self._mode),
                *("--memory", str(self._memory)),
            ],
            env={**os.environ, "SANDBOX_CLIENT_SECRET": self._secret},
            log_path=self._log_path,
        )
        wait_until(
            lambda: SANDBOX_READY in self.process.log, START_SECONDS, "The sandbox", self.process
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.stop()


class Stack:
    """Web, worker and beat under one environment, stopped when the `with` block ends."""

    def __init__(self, directory: Path, env: Mapping[str, str], web_port: int) -> None:
        self._directory = directory
        self._env = dict(env)
        self._port = web_port
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        try:
            self.start_web()
            self.start_worker()
            self.start_beat()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.close()

    def check_alive(self) -> None:
        """Raises StartError when a process has ended by itself."""
        for name in ("web", "worker", "beat"):
            check_alive(name, getattr(self, name))

    def start_web(self) -> None:
        if not port_is_free(self._port):
            raise PortTakenError(self._port)
        self.web = self._spawn(
            "web",
            *(*WEB, "--host", LOOPBACK, "--port", str(self._port), "--workers", "1"),
        )
        wait_for_http(f"http://{LOOPBACK}:{self._port}/healthz", START_SECONDS, self.web)

    def start_worker(self) -> None:
        self.worker = self._spawn(
            "worker",
            *("celery", "-A", "presave", "worker", *WORKER_OPTIONS),
            *("--concurrency", str(WORKER_CONCURRENCY)),
        )
        started = self.worker.log.count(WORKER_READY)
        wait_until(
            lambda: self.worker.log.count(WORKER_READY) > started,
            START_SECONDS,
            "The worker",
            self.worker,
        )

    def start_beat(self) -> None:
        self.beat = self._spawn(
            "beat",
            *("celery", "-A", "presave", "beat", "--loglevel", "INFO", "--pidfile="),
        )

    def _spawn(self, name: str, program: str, *arguments: str) -> Process:
        executable = Path(sys.executable).parent / program
        env = environment_of(name, self._env)
        process = spawn([executable, *arguments], env, self._directory / f"{name}.log")
        self._closing.callback(process.stop)
        return process


def environment_of(name: str, env: Mapping[str, str]) -> dict[str, str]:
    """What a process gets of `env`: its own role in the database where there are roles, and nobody
    else's.
    """
    mine = {key: value for key, value in env.items() if not key.endswith("_DATABASE_URL")}
    if role := env.get(f"{name.upper()}_DATABASE_URL"):
        mine["DATABASE_URL"] = role
    return mine


def check_alive(name: str, process: Process) -> None:
    """Raises StartError."""
    if process.exit_code is not None:
        raise StartError(f"{name} has ended by itself. Its log is {process.log_path}.")


def check_ports(*ports: int) -> None:
    """Raises PortTakenError."""
    for port in ports:
        if not port_is_free(port):
            raise PortTakenError(port)
