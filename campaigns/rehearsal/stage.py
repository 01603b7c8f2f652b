"""The processes of a rehearsal, started one after the other, watched, and killed at its end.

They die with the process that started them, even if that is killed (Linux).
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from campaigns.rehearsal import environment
from campaigns.rehearsal.place import RehearsalError
from embedded import interruption
from embedded.processes import Process, StartError, spawn, wait_until

START_SECONDS: Final = 120
LOOK_SECONDS: Final = 0.2
# As in docker-compose.yml, which tests/test_deploy.py compares.
CONCURRENCY: Final = 2
WORKER: Final = (
    *("celery", "--app=presave", "worker", "--loglevel", "INFO"),
    *("--without-gossip", "--without-heartbeat", "--without-mingle"),
    f"--concurrency={CONCURRENCY}",
)
BEAT: Final = ("celery", "--app=presave", "beat", "--loglevel=INFO", "--pidfile=")
LAST_WORDS: Final = 3
TOLD: Final = "told.jsonl"


class Stage:
    """Use as a context manager."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._told = directory / TOLD
        self._closing = ExitStack()
        self._processes: dict[str, Process] = {}
        # The processor time of the worker with its children, while fans were being saved.
        self.worker_cpu = 0.0
        # How many processes of the machine wanted a core then, in the mean.
        self.load = 0.0
        self._used_before: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.close()

    def set_up(self) -> None:
        """Sandbox, tables, worker and beat. Raises RehearsalError."""
        secret = secrets.token_urlsafe(24)
        try:
            url = self._start_sandbox(secret)
            self._env = environment.of_workers(self._directory, url, secret)
            self._make_tables()
            worker = self.start("worker", *WORKER)
            wait_until(lambda: " ready." in worker.log, START_SECONDS, "The worker", worker)
        except StartError as error:
            raise RehearsalError(str(error)) from None
        self.start("beat", *BEAT)

    def play(self, fans: int, limit: float, *, with_faults: bool) -> None:
        """Begin the night; `told` says how it goes."""
        self._told.touch()
        faults = "faults" if with_faults else "none"
        self.start("night", "campaigns.rehearsal", str(fans), str(limit), faults, str(self._told))

    def told(self) -> Iterator[dict[str, Any] | None]:
        """What the night says, and None while it says nothing, until it has ended.

        Raises RehearsalError when one of the processes ends by itself.
        """
        with self._told.open(encoding="utf-8") as file:
            while True:
                has_ended = self._processes["night"].exit_code is not None
                if line := file.readline():
                    told = json.loads(line)
                    self._note_work(told)
                    yield told
                elif has_ended:
                    self._check_alive("night")
                else:
                    for name in self._processes:
                        self._check_alive(name)
                    time.sleep(LOOK_SECONDS)
                    yield None

    def _note_work(self, told: dict[str, Any]) -> None:
        if told.get("step") != "saved":
            return
        worker = self._processes["worker"].pid
        used = sum(map(_cpu_seconds, [worker, *_children_of(worker)]))
        if self._used_before is None:
            self._used_before = used
        self.worker_cpu = used - self._used_before
        self.load = os.getloadavg()[0]

    def _start_sandbox(self, secret: str) -> str:
        sandbox = self.start(
            *("sandbox", "sandbox", "--port", "0", "--client-id", environment.CLIENT_ID),
            env=environment.of_sandbox(secret),
        )
        wait_until(lambda: "listening on" in sandbox.log, START_SECONDS, "The sandbox", sandbox)
        return sandbox.log.split()[-1]

    def _make_tables(self) -> None:
        for command in (("migrate", "--run-syncdb", "--verbosity=0"), ("createcachetable",)):
            making = self.start("tables", "django", *command)
            wait_until(
                lambda making=making: making.exit_code is not None,  # type: ignore[misc]
                START_SECONDS,
                "The tables",
            )
            if making.exit_code:
                raise RehearsalError(f"The rehearsal's tables were not made. {_words_of(making)}")
            del self._processes["tables"]

    def start(
        self, name: str, module: str, *arguments: str, env: dict[str, str] | None = None
    ) -> Process:
        # Python drops what a signal raises around a fork; and what was started has to be noted.
        with interruption.only_afterwards():
            process = spawn(
                [sys.executable, "-m", module, *arguments],
                self._env if env is None else env,
                self._directory / f"{name}.log",
                death_signal=signal.SIGKILL,
            )
            # There is nothing that they would have to put in order.
            self._closing.callback(process.kill9)
        self._processes[name] = process
        return process

    def _check_alive(self, name: str) -> None:
        process = self._processes[name]
        if process.exit_code is not None:
            raise RehearsalError(f"The rehearsal's {name} has ended. {_words_of(process)}")


def _words_of(process: Process) -> str:
    return " / ".join(process.log.strip().splitlines()[-LAST_WORDS:])


def _children_of(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _cpu_seconds(pid: int) -> float:
    """Of a process and its children that have ended: fields 14 to 17 of proc(5)'s stat. 0 where
    there is no /proc.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
