"""Real processes: web, worker and beat on the tests' Postgres and Valkey, with the sandbox."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command

from embedded.stack import Stack
from tests.sandbox_process import Sandbox

# High enough that thousands of fans take seconds, low enough that a test can interfere meanwhile.
RATE = 400


@pytest.fixture
def stack_environment(sandbox: Sandbox) -> dict[str, str]:
    return {**os.environ, **sandbox.environment, "SPOTIFY_MAX_RATE": str(RATE)}


@pytest.fixture
def stack(
    transactional_db: None, stack_environment: dict[str, str], tmp_path: Path
) -> Iterator[Stack]:
    # A test that flushed the tables also emptied the cache's, which migrations do not make.
    call_command("createcachetable", verbosity=0)
    port = urlsplit(settings.PUBLIC_URL).port
    assert port is not None
    with Stack(tmp_path, stack_environment, port) as running:
        yield running
        for process in (running.web, running.worker):
            # Each runs with its own role, and logs what it was refused.
            assert "permission denied" not in process.log


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Wait for something that other processes bring about."""
    from embedded.processes import wait_until

    def wait(ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
        wait_until(ready, seconds, what)

    return wait
