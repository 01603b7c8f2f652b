"""A throw-away Postgres server on a loopback port, for as long as a `with` block lasts."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from embedded import processes

START_SECONDS = 30
HELD_BY_ORPHANS = "pre-existing shared memory block"
SUPERUSER = "postgres"
PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # the project's own packages for Fedora and RHEL
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


class PostgresNotFoundError(Exception):
    """This machine has no Postgres server; the message says what to install."""


def find_binaries() -> Path:
    """The directory that holds initdb and postgres: the newest version of those found."""
    for directory in [*_installed_versions(), *_named_by_path()]:
        if all(os.access(directory / name, os.X_OK) for name in ("initdb", "postgres")):
            return directory
    raise PostgresNotFoundError(
        "The tests need a Postgres server. Install it: apt-get install postgresql (Debian, "
        "Ubuntu), dnf install postgresql-server (Fedora), or brew install postgresql@17 (macOS)."
    )


def _installed_versions() -> list[Path]:
    found = [path for place in PLACES for path in Path("/").glob(place.lstrip("/"))]
    return sorted(found, key=_version, reverse=True)


def _version(path: Path) -> int:
    digits = re.findall(r"\d+", path.parent.name)
    return int(digits[0]) if digits else 0


def _named_by_path() -> list[Path]:
    found = []
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run(
            [pg_config, "--bindir"], capture_output=True, text=True, check=False
        )
        found.append(Path(answer.stdout.strip()))
    initdb = shutil.which("initdb")
    if initdb:
        found.append(Path(initdb).resolve().parent)
    return found


def _server_user() -> str | None:
    """Postgres refuses to run as root, so root lends it another user."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Postgres:
    """It may crash and start again with its data, but never outlives its parent."""

    def __init__(self) -> None:
        self.port = processes.free_port()
        self.binaries = find_binaries()
        self.user = _server_user()
        self.directory = Path(tempfile.mkdtemp(prefix="presave-postgres-"))
        self._process: processes.Process | None = None
        try:
            self._initialise()
        except BaseException:
            self.stop()
            raise

    def url(self, database: str, role: str = SUPERUSER) -> str:
        return f"postgres://{role}@{processes.LOOPBACK}:{self.port}/{database}"

    @property
    def process(self) -> processes.Process:
        if self._process is None:
            raise RuntimeError("Postgres has not been started.")
        return self._process

    def create_database(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def start(self) -> None:
        """Start it, or start it again after `crash`. Raises processes.StartError."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._launch()
            try:
                processes.wait_until(self._answers, START_SECONDS, "Postgres", self._process)
                return
            except processes.StartError as error:
                # What a crash leaves behind holds the shared memory until it notices.
                if HELD_BY_ORPHANS not in str(error) or time.monotonic() > deadline:
                    raise

    def _launch(self) -> None:
        self._process = processes.spawn(
            [
                self.binaries / "postgres",
                *("-D", self._data, "-p", str(self.port), "-k", self.directory),
                *("-c", f"listen_addresses={processes.LOOPBACK}", "-c", "max_connections=200"),
                # The data is thrown away, so a power cut may have it.
                *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=64MB"),
            ],
            env=None,
            log_path=self.directory / "postgres.log",
            user=self.user,
            death_signal=signal.SIGQUIT,
        )

    def crash(self) -> None:
        """Kill every process of the server, as the kernel does when memory runs out."""
        self.process.kill9()

    def replace_data(self, copy: Path) -> None:
        """After `crash`: start again from this copy, as when an older standby takes over."""
        shutil.rmtree(self._data)
        copy.rename(self._data)

    def stop(self) -> None:
        if self._process is not None and self._process.exit_code is None:
            self._process.signal(signal.SIGINT)  # a fast shutdown: SIGTERM would wait for clients
            self._process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Postgres:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _initialise(self) -> None:
        if self.user is not None:
            shutil.chown(self.directory, self.user)
        subprocess.run(
            [
                *(self.binaries / "initdb", "-D", self._data, "-U", SUPERUSER),
                *("-A", "trust", "-E", "UTF8", "--locale", "C", "--no-sync"),
            ],
            user=self.user,
            cwd=self.directory,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False
