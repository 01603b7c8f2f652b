"""What every test of the product has: a keyring of its own, no kept page, and a fan on demand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaigns.views import fan as fan_pages
from tests.campaigns.fans import Fan
from tests.campaigns.stepwise import halting as halting
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture(autouse=True)
def no_page_is_kept() -> None:
    fan_pages.PAGES.clear()
    fan_pages.REFUSALS.clear()


@pytest.fixture(autouse=True)
def keyring_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.KEYRING_DIR = tmp_path / "keyring"
    return tmp_path / "keyring"


@pytest.fixture(autouse=True)
def no_housekeeper_outlives_its_test() -> Iterator[None]:
    """A release waits for its own a second: on a slow machine it writes into the next test."""
    yield
    for thread in threading.enumerate():
        if thread.name == "housekeeper":
            thread.join(timeout=60)
            assert not thread.is_alive()


@pytest.fixture
def fan(sandbox: Sandbox) -> Fan:
    """A browser with an account at the sandbox."""
    return Fan(sandbox)
