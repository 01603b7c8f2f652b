"""A Postgres server that these tests may crash, and machines on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from embedded.processes import wait_until
from tests.chaos.machine import Machine, point_django_at
from tests.chaos.nights import SOON_SECONDS
from tests.chaos.scenes import StartMachine, WaitFor
from tests.emptying import empty_tables
from tests.postgres import Postgres
from tests.sandbox_process import Sandbox

DATABASE = "chaos"


@pytest.fixture(scope="session")
def crashable_server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Postgres]:
    with Postgres() as server, django_db_blocker.unblock():
        server.create_database(DATABASE)
        before = point_django_at(server, DATABASE)
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        point_django_at_what_was(before)
        yield server


@pytest.fixture
def postgres(crashable_server: Postgres, django_db_blocker: Any) -> Iterator[Postgres]:
    """Empty and up, with the test's own Django on it."""
    with django_db_blocker.unblock():
        before = point_django_at(crashable_server, DATABASE)
        yield crashable_server
        if crashable_server.process.exit_code is not None:
            crashable_server.start()
        connections.close_all()
        empty_tables()
        point_django_at_what_was(before)


def point_django_at_what_was(before: dict[str, Any]) -> None:
    connections.close_all()
    connections["default"].settings_dict.update(before)


@pytest.fixture
def machine(postgres: Postgres, sandbox: Sandbox, tmp_path: Path) -> Iterator[StartMachine]:
    """Start a machine with so many permits a second, on which looks soon confirm the saves."""
    started: list[Machine] = []

    def start(rate: float = 200, **details: Any) -> Machine:
        details["confirmed_after_seconds"] = SOON_SECONDS
        started.append(Machine(tmp_path, postgres, sandbox, rate=rate, **details).__enter__())
        return started[-1]

    yield start
    for one in started:
        one.__exit__(None, None, None)


@pytest.fixture
def wait_for() -> WaitFor:
    """Wait for something that other processes bring about."""

    def wait(ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
        wait_until(ready, seconds, what)

    return wait
