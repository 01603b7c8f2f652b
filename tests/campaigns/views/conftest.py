"""An artist with a label, logged in to the dashboard; and the product in a thread, for Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.test.testcases import LiveServerThread

from campaigns import pacing, signs_of_life
from campaigns.models import Label, User
from tests import factory
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture
def artist() -> User:
    return factory.make_user()


@pytest.fixture
def label(artist: User) -> Label:
    return factory.make_label(owner=artist)


@pytest.fixture
def dashboard(artist: User) -> Client:
    """The artist's browser, while a worker is there."""
    signs_of_life.give(pacing.database_now())
    client = Client()
    client.force_login(artist)
    return client


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
    yield sandbox
    sandbox.stop()
