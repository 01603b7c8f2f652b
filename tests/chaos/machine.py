"""A machine for one night: Postgres, Valkey, the sandbox and the product's processes. Each of them
may be killed, and started again.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections

from embedded.processes import LOOPBACK, Process, spawn, wait_for_http, wait_until
from embedded.stack import START_SECONDS, WEB, WORKER_CONCURRENCY, WORKER_OPTIONS, WORKER_READY
from embedded.valkey import Valkey
from tests.chaos.worker import (
    CLOCK_AHEAD_SECONDS,
    CONFIRMED_AFTER_SECONDS,
    LEASE_SECONDS,
    SECOND_LOOK_SECONDS,
)
from tests.postgres import Postgres
from tests.sandbox_process import Sandbox

ROOT: Final = Path(__file__).resolve().parents[2]
Prefix = tuple[str, ...]
Changes = Mapping[str, str]
CELERY: Final = ("celery", "-A", "presave")


class Machine:
    """Use as a context manager: what it started is gone at its end, whatever happened."""

    def __init__(
        self,
        directory: Path,
        postgres: Postgres,
        sandbox: Sandbox,
        *,
        rate: float,
        lease_seconds: float | None = None,
        second_look_seconds: float | None = None,
        confirmed_after_seconds: float | None = None,
        clock_ahead: float = 0,
    ) -> None:
        self.postgres = postgres
        self.sandbox = sandbox
        self.valkey = Valkey()
        self.workers: list[Process] = []
        self.release_workers: list[Process] = []
        self.beats: list[Process] = []
        self._directory = directory
        self._started = 0
        self._closing = ExitStack()
        self.environment = {
            **os.environ,
            **sandbox.environment,
            "DATABASE_URL": postgres.url(str(connections["default"].settings_dict["NAME"])),
            "REDIS_URL": self.valkey.url,
            "SPOTIFY_MAX_RATE": str(rate),
            "KEYRING_DIR": str(settings.KEYRING_DIR),
        }
        changed = {
            LEASE_SECONDS: lease_seconds,
            SECOND_LOOK_SECONDS: second_look_seconds,
            CONFIRMED_AFTER_SECONDS: confirmed_after_seconds,
            CLOCK_AHEAD_SECONDS: clock_ahead or None,
        }
        self.environment |= {name: str(value) for name, value in changed.items() if value}

    def __enter__(self) -> Self:
        self.valkey.start()
        self._closing.callback(self.valkey.stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.close()

    def start_worker(self) -> Process:
        """Celery with two children; `worker_is_ready` says when it takes messages."""
        worker = self.run(
            *(*CELERY, "worker", *WORKER_OPTIONS, "--concurrency", str(WORKER_CONCURRENCY)),
        )
        self.workers.append(worker)
        return worker

    def start_beat(self) -> Process:
        beat = self.run(*CELERY, "beat", "--loglevel", "INFO", "--pidfile=")
        self.beats.append(beat)
        return beat

    def start_release_worker(
        self, *options: str, prefix: Prefix = (), changes: Changes = MappingProxyType({})
    ) -> Process:
        command = ("manage.py", "release_worker", *options)
        worker = self.run(*command, prefix=prefix, changes=changes)
        self.release_workers.append(worker)
        return worker

    def start_web(self) -> Process:
        """At PUBLIC_URL, as compose runs it."""
        port = str(urlsplit(settings.PUBLIC_URL).port)
        web = self._spawn(
            *(Path(sys.executable).parent / WEB[0], *WEB[1:]),
            *("--host", LOOPBACK, "--port", port, "--workers", "1"),
        )
        wait_for_http(f"{settings.PUBLIC_URL}/healthz", START_SECONDS, web)
        return web

    def run(
        self, *command: str, prefix: Prefix = (), changes: Changes = MappingProxyType({})
    ) -> Process:
        """Start one of the product's commands under tests/chaos/worker.py, with `changes` of its
        environment, and through the program that `prefix` names.
        """
        argv = [*prefix, sys.executable, "-m", "tests.chaos.worker", *command]
        return self._spawn(*argv, changes=changes)

    def _spawn(self, *argv: str | Path, changes: Changes = MappingProxyType({})) -> Process:
        self._started += 1
        log = self._directory / f"process-{self._started}.log"
        process = spawn(argv, {**self.environment, **changes}, log)
        self._closing.callback(process.kill9)
        return process

    def send_to_valkey(self, command: str) -> bytes:
        with socket.create_connection((LOOPBACK, self.valkey.port), timeout=5) as client:
            client.sendall(f"{command}\r\n".encode())
            return client.recv(4096)

    def restart_valkey_empty(self) -> None:
        self.valkey.process.kill9()
        self.valkey.stop()
        self.valkey.start()

    def crash_postgres(self, chance: random.Random) -> None:
        """Half of the times as `pg_ctl -m immediate` does, else as a kill -9; then start again."""
        if chance.random() < 0.5:
            self.postgres.process.signal(signal.SIGQUIT)
            self.postgres.process.wait(START_SECONDS)
        else:
            self.postgres.crash()
        self.postgres.start()


def worker_is_ready(worker: Process) -> bool:
    return WORKER_READY in worker.log


def wait_for_worker(worker: Process) -> None:
    wait_until(lambda: worker_is_ready(worker), START_SECONDS, "The worker", worker)


def children_of(process: Process) -> list[int]:
    """Celery's pool children: the processes that do the work (Linux)."""
    try:
        text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(pid) for pid in text.split()]


def kill9(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def point_django_at(postgres: Postgres, database: str) -> dict[str, Any]:
    """Let this process's Django work on that server; answers what it worked on before."""
    connections.close_all()
    details = connections["default"].settings_dict
    before = {name: details[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")}
    details.update(HOST=LOOPBACK, PORT=postgres.port, NAME=database, USER="postgres", PASSWORD="")
    return before
