"""Workers on two hosts, which share a database, a Redis and a keyring; and a pooler in front of
the database, where this machine has one.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from campaigns import tasks
from campaigns.models import PreSave
from embedded.processes import LOOPBACK, Process, free_port, spawn, wait_until
from embedded.stack import WORKER_READY, environment_of
from tests.nights.night import make_night
from tests.sandbox_process import ALBUM_URI, Sandbox
from tests.stack.hosts import Host

pytestmark = [pytest.mark.stack]

FANS = 200
RATE = 100
PGBOUNCER = shutil.which("pgbouncer")
POOLED = """
[databases]
presave = host={host} port={port} dbname=presave
[pgbouncer]
listen_addr = {host}
listen_port = {pooled}
unix_socket_dir =
pool_mode = transaction
default_pool_size = 4
auth_type = trust
auth_file = {users}
"""


@pytest.fixture
def database_port() -> Iterator[int]:
    """PgBouncer's if there is one, which has four connections for all."""
    port = urlsplit(os.environ["DATABASE_URL"]).port
    assert port
    if PGBOUNCER is None:
        yield port
        return
    # It refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as made:
        directory, pooled = Path(made), free_port()
        values = {"host": LOOPBACK, "port": port, "pooled": pooled, "users": directory / "users"}
        (directory / "users").write_text('"presave_worker" ""\n')
        (directory / "ini").write_text(POOLED.format(**values))
        directory.chmod(0o755)
        log = directory / "log"
        process = spawn([PGBOUNCER, directory / "ini"], None, log, user=user)
        try:
            wait_until(lambda: "process up" in process.log, 10, "PgBouncer", process)
            yield pooled
        finally:
            process.stop()


@pytest.fixture
def hosts(
    transactional_db: None, stack_environment: dict[str, str], database_port: int, tmp_path: Path
) -> Iterator[list[Host]]:
    """Each with a worker that is ready."""
    env = {**environment_of("worker", stack_environment), "SPOTIFY_MAX_RATE": str(RATE)}
    spotify, redis, database = (
        urlsplit(env[name]).port or 0 for name in ("SPOTIFY_API_URL", "REDIS_URL", "DATABASE_URL")
    )
    ports = {spotify: spotify, redis: redis, database: database_port}
    celery = (Path(sys.executable).parent / "celery", "-A", "presave", "worker")
    options = ("--loglevel", "INFO", "--concurrency", "1", "--without-gossip", "--without-mingle")
    with ExitStack() as closing:
        made = [closing.enter_context(Host(name, ports)) for name in ("one", "two")]
        workers = [
            host.start([*celery, *options, "-n", f"{host.name}@%h"], env, tmp_path / host.name)
            for host in made
        ]
        for worker in workers:
            wait_until(partial(is_ready, worker), 60, "A worker", worker)
        yield made


def is_ready(worker: Process) -> bool:
    return WORKER_READY in worker.log


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None, reason="only root makes network namespaces"
)
def test_two_hosts_share_a_release_and_its_end(
    hosts: list[Host], sandbox: Sandbox, eventually: Callable[..., None]
) -> None:
    make_night(sandbox, fans=FANS)
    for _ in hosts:  # one message for each of them
        tasks.run_due_work.delay()
    eventually(
        lambda: PreSave.objects.exclude(sent_at=None).count() == FANS, "a save for every fan"
    )

    spotify = urlsplit(sandbox.environment["SPOTIFY_API_URL"]).port or 0
    assert min(host.calls[spotify] for host in hosts) > 1, [host.calls for host in hosts]
    assert sum(ALBUM_URI in library for library in sandbox.libraries().values()) == FANS
    assert len(sandbox.calls("library")) == FANS
    assert not any("Traceback" in host.log for host in hosts)
