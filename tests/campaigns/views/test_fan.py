"""The fan's pages without a browser: what they say, what they set, what they store."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factory import make_campaign

pytestmark = pytest.mark.django_db


def test_smoke(client: Client) -> None:
    campaign = make_campaign()
    assert client.get(f"/{campaign.slug}").status_code == 200
    assert client.get("/").status_code == 200
    assert client.get("/privacy").status_code == 200
    assert client.get(f"/{campaign.slug}/go").status_code == 200
    assert client.get("/callback").status_code == 400
