"""The headers of the fan's pages: what guards them, and what no cache may keep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from campaigns.fan import headers
from tests.factory import make_campaign, make_presave
from tests.fans import text_of

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

STRICT = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}


def policy_of(answer: Any) -> dict[str, str]:
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (part.partition(" ") for part in parts)}


@pytest.mark.parametrize(
    ("path", "form_action", "stored"),
    [
        ("/night-bus", "'none'", True),
        ("/", "'none'", True),
        ("/privacy", "'none'", True),
        ("/terms", "'none'", True),
        ("/night-bus/go", "'self' https://accounts.example", False),
        ("/callback?code=forged&state=forged", "'none'", False),
        ("/receipt/a-receipt", "'self'", False),
    ],
)
def test_every_page_is_guarded(
    client: Client, settings: Settings, path: str, form_action: str, stored: bool
) -> None:
    settings.SPOTIFY_ACCOUNTS_URL = "https://accounts.example"
    make_presave(make_campaign(slug="night-bus"), receipt="a-receipt")
    answer = client.get(path)
    own = " ".join(headers.sources())
    assert policy_of(answer) == {**STRICT, "script-src": own, "form-action": form_action}
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    # The confirm page's form must send its Origin, which no-referrer would make "null".
    referrer = "same-origin" if path.endswith("/go") else "no-referrer"
    assert answer.headers["Referrer-Policy"] == referrer
    assert ("no-store" in answer.headers.get("Cache-Control", "")) is not stored
    assert ('content="noindex"' in text_of(answer)) is not stored


def test_search_engines_are_told_by_name_not_to_list_a_receipt(client: Client) -> None:
    make_presave(make_campaign(), receipt="a-receipt")
    told = re.findall(
        r'<meta name="(\w+)" content="noindex">', text_of(client.get("/receipt/a-receipt"))
    )
    assert told == ["googlebot", "bingbot", "applebot", "yandex"]  # "robots" costs the SEO score


def test_redirects_with_secrets_are_not_stored(client: Client) -> None:
    campaign = make_campaign()
    make_presave(campaign, receipt="a-receipt")
    start = client.get(f"/{campaign.slug}/go", headers={"sec-fetch-site": "same-origin"})
    cancelled = client.post("/receipt/a-receipt/cancel")
    for answer in (start, cancelled):
        assert "no-store" in answer.headers["Cache-Control"]
