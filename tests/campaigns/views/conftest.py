"""An artist with a label, logged in to the dashboard."""

from __future__ import annotations

import pytest
from django.test import Client

from campaigns.models import Label, User
from tests import factory


@pytest.fixture
def artist() -> User:
    return factory.make_user()


@pytest.fixture
def label(artist: User) -> Label:
    return factory.make_label(owner=artist)


@pytest.fixture
def dashboard(artist: User) -> Client:
    """The artist's browser."""
    client = Client()
    client.force_login(artist)
    return client
