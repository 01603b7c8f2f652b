"""Web's processes: one that dies takes no other with it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings

from embedded.processes import LOOPBACK, Process, spawn, wait_for_http, wait_until
from embedded.stack import WEB
from tests.chaos.machine import children_of

pytestmark = [pytest.mark.stack]

PAGE = f"{settings.PUBLIC_URL}/healthz"


@pytest.fixture
def web(
    transactional_db: None, stack_environment: dict[str, str], tmp_path: Path
) -> Iterator[Process]:
    """Two processes that serve, as the image starts them."""
    port = str(urlsplit(settings.PUBLIC_URL).port)
    granian = Path(sys.executable).parent / WEB[0]
    command = (granian, *WEB[1:], "--host", LOOPBACK, "--port", port, "--workers", "2")
    process = spawn(command, stack_environment, tmp_path / "web.log")
    wait_for_http(PAGE, 60, process)
    wait_until(lambda: serving(process) >= 2, 60, "The second process", process)
    yield process
    process.stop()


def serving(web: Process) -> int:
    return web.log.count("Started worker-")


def test_when_one_process_dies_the_other_serves_and_a_new_one_starts(web: Process) -> None:
    before = set(children_of(web))
    killed = max(before)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in children_of(web), 60, "The end of one")
    for _ in range(20):
        assert requests.get(PAGE, timeout=30).ok
    wait_until(lambda: serving(web) == 3, 60, "A new process", web)
    assert len(set(children_of(web)) - before) == 1
    assert requests.get(PAGE, timeout=30).ok
