"""One sandbox process for all tests of this folder, forgotten and fresh for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.driver import Sandbox


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.script("reset")
    return running_sandbox
