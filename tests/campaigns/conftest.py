"""What every test of the product has: a keyring of its own, no kept page; and on demand a fan, an
artist with a label who is logged in, and the product in a thread, for Chromium.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.cache import caches
from django.test import Client
from django.test.testcases import LiveServerThread

from campaigns.catalogue import looks, series
from campaigns.clock import database_now
from campaigns.consent import completing
from campaigns.consent.prefixes import PrefixPaces
from campaigns.gate.paces import Paces
from campaigns.models import Label, User
from campaigns.release import maintenance
from campaigns.spotify import APP_TOKEN
from campaigns.status import heartbeat
from tests import factory
from tests.fans import Fan
from tests.log_ins import logged_in
from tests.nights.stepwise import halting as halting
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture(autouse=True)
def no_page_is_kept() -> None:
    for name in ("pages", "refusals"):
        caches[name].clear()


@pytest.fixture(autouse=True)
def nobody_has_come_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """All fans of all tests share one address."""
    monkeypatch.setattr(completing, "_PREFIXES", PrefixPaces())


@pytest.fixture(autouse=True)
def nobody_has_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The forms of all tests share one process's budget."""
    monkeypatch.setattr(looks, "_FORMS", Paces())


@pytest.fixture(autouse=True)
def keyring_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.KEYRING_DIR = tmp_path / "keyring"
    return tmp_path / "keyring"


@pytest.fixture(autouse=True)
def first_looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The looks before the first save are as many as ever; tests/campaigns/catalogue/test_series.py
    has them apart.
    """
    monkeypatch.setattr(series, "FIRST_LOOKS_APART", timedelta(0))


@pytest.fixture(autouse=True)
def no_maintenance_beside_a_slow_release(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On a slow machine a release would take long enough for it, and its own connection would wait
    for the rows of the test's open transaction. No thread of it lives into the next test.
    """
    monkeypatch.setattr(maintenance, "MAINTENANCE_SECONDS", 3600)
    yield
    for thread in threading.enumerate():
        if thread.name in ("maintenance", "outbox"):
            thread.join(timeout=60)
            assert not thread.is_alive()


@pytest.fixture
def fan(sandbox: Sandbox) -> Fan:
    """A browser with an account at the sandbox."""
    return Fan(sandbox)


@pytest.fixture
def artist() -> User:
    return factory.make_user()


@pytest.fixture
def label(artist: User) -> Label:
    return factory.make_label(owner=artist)


@pytest.fixture
def dashboard(artist: User) -> Client:
    """The artist's browser, while a worker is there; they have just confirmed who they are."""
    heartbeat.beat(database_now())
    return logged_in(artist)


@pytest.fixture
def site(settings: Settings) -> Iterator[str]:
    """The product in a thread, WhiteNoise serving its files; the answer is its address."""
    # Django would wrap the application in a handler of its own for static files.
    thread = LiveServerThread("127.0.0.1", lambda it: it)  # type: ignore[arg-type]  # a class, or what acts as one
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    settings.PUBLIC_URL = f"http://127.0.0.1:{thread.port}"
    yield settings.PUBLIC_URL
    thread.terminate()


@pytest.fixture
def spotify(site: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox that knows this site's redirect URI."""
    monkeypatch.setenv("PUBLIC_URL", site)
    sandbox = Sandbox()
    settings.SPOTIFY_ACCOUNTS_URL = sandbox.url
    settings.SPOTIFY_API_URL = f"{sandbox.url}/v1"
    APP_TOKEN.forget()  # it is another sandbox's, which this one refuses
    yield sandbox
    sandbox.stop()
