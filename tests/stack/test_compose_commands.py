"""The commands and health checks of docker-compose.yml, word for word, as processes on a database
that was empty: what a container would run, on a machine without an engine.

Only what is a container's own is put in: its files' places, its port, its host name.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from psycopg import sql

from embedded.processes import LOOPBACK, Process, free_port, spawn, wait_until
from embedded.valkey import find_server
from tests.postgres import find_binaries

pytestmark = [pytest.mark.stack]

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
START_SECONDS = 60


class Composed:
    """docker-compose.yml and the Dockerfile, with the places of this test in them."""

    def __init__(self, directory: Path, database_url: str) -> None:
        self._directory, self._web, self._redis = directory, free_port(), free_port()
        self._dockerfile = (ROOT / "Dockerfile").read_text()
        shown = subprocess.run(
            [BIN / "docker-compose", "--env-file", ".env.example", "config", "--format", "json"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
        self.config: dict[str, Any] = json.loads(shown.replace(b"$$", b"$"))
        self._database_url = database_url
        self._write_secrets(database_url)

    def _write_secrets(self, database_url: str) -> None:
        password = secrets.token_urlsafe(16)
        known = {
            "secret_key": secrets.token_urlsafe(50),
            "master_key": f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "database_url": database_url,
            "redis_conf": f'requirepass {password}\nsave ""\nappendonly no',
            "redis_url": f"redis://:{password}@{LOOPBACK}:{self._redis}/0",
            "spotify_client_secret": "the-secret",
            "email_url": "dummymail://",
        }
        (self._directory / "secrets").mkdir()
        for name in self.config["secrets"]:
            path = self._directory / "secrets" / name
            path.touch(mode=0o400)
            path.chmod(0o600)
            path.write_text(known.get(name, "none"))
            path.chmod(0o400)
        for name in ("data", "keyring"):
            (self._directory / name).mkdir(mode=0o700)

    def _in_place(self, text: str) -> str:
        for inside in ("/run/secrets", "/keyring"):
            text = text.replace(inside, str(self._directory / Path(inside).name))
        text = text.replace("/watchdog", str(ROOT / "deploy" / "watchdog.sh"))
        return re.sub(r"\b8000\b", str(self._web), text)

    def environment(self, name: str) -> dict[str, str]:
        given = self.config["services"][name].get("environment", {})
        return {
            "PATH": f"{BIN}:{find_binaries()}:{os.environ['PATH']}",
            "DATA_DIR": str(self._directory / "data"),
            "KEYRING_DIR": str(self._directory / "keyring"),
            # What process 1 is in a container.
            "WATCHDOG_FIRST": str(os.getpid()),
            "WATCHDOG_MEMORY": str(self._directory / f"{name}.watchdog"),
            **{key: self._in_place(value or "") for key, value in given.items()},
        }

    def command(self, name: str) -> list[str]:
        [image] = re.findall(r"^CMD (.*)$", self._dockerfile, re.MULTILINE)
        command = self.config["services"][name].get("command") or json.loads(image)
        return [self._in_place(word) for word in command]

    def start(self, name: str, *more: str) -> Process:
        program, *arguments = self.command(name)
        found = str(find_server()) if program == "redis-server" else program
        return spawn(
            ["env", "-C", str(ROOT), found, *arguments, *more],
            self.environment(name),
            self._directory / f"{name}.log",
        )

    def start_redis(self) -> Process:
        process = self.start("redis", "--port", str(self._redis), "--bind", LOOPBACK)
        client = redis.Redis.from_url((self._directory / "secrets" / "redis_url").read_text())
        wait_until(lambda: _answers(client), START_SECONDS, "Redis", process)
        return process

    def is_healthy(self, name: str) -> bool:
        kind, *check = self.config["services"][name]["healthcheck"]["test"]
        words = [self._in_place(word) for word in check]
        if kind == "CMD-SHELL":
            words = ["sh", "-c", *words]
        done = subprocess.run(
            words, cwd=ROOT, env=self.environment(name), capture_output=True, check=False
        )
        return done.returncode == 0

    def has_heartbeat(self) -> bool:
        with psycopg.connect(self._database_url) as database:
            found = database.execute("SELECT count(*) FROM campaigns_pulse").fetchone()
        return found == (1,)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.fixture
def empty_database() -> Iterator[str]:
    url = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = sql.Identifier("composed")
    with psycopg.connect(f"{url}/postgres", autocommit=True) as administrator:
        administrator.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield f"{url}/composed"
        administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def composed(tmp_path: Path, empty_database: str) -> Composed:
    return Composed(tmp_path, empty_database)


def test_each_service_starts_by_its_command_and_is_healthy_by_its_check(
    composed: Composed,
) -> None:
    started = [composed.start_redis()]
    try:
        migrate = composed.start("migrate")
        started.append(migrate)
        assert migrate.wait(START_SECONDS) == 0, migrate.log
        lasting = {name: composed.start(name) for name in ("web", "worker", "beat")}
        started += lasting.values()
        for name, process in lasting.items():
            wait_until(partial(composed.is_healthy, name), START_SECONDS, name, process)
        # Beat rings, Redis carries it, and the worker writes its heartbeat.
        wait_until(composed.has_heartbeat, START_SECONDS, "The heartbeat", lasting["worker"])
    finally:
        for process in reversed(started):
            process.stop()
