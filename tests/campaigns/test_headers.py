"""The headers of each page: what guards it, and what no cache may keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.fans import text_of

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "media-src": "'self'",
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
    assert policy_of(answer) == {**STRICT, "form-action": form_action}
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


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/dashboard", "/healthz", "/no-such-campaign"]
)
def test_what_has_no_policy_of_its_own_gets_the_strict_one(client: Client, path: str) -> None:
    assert policy_of(client.get(path)) == {**STRICT, "form-action": "'self'"}


@pytest.mark.parametrize("path", ["/night-bus/calendar.ics", "/night-bus/mine"])
def test_a_file_opened_as_a_page_can_do_nothing(client: Client, path: str) -> None:
    make_campaign(slug="night-bus")
    assert policy_of(client.get(path)) == {"default-src": "'none'", "sandbox": ""}


def test_what_a_cache_has_already_keeps_the_pages_own_headers(client: Client) -> None:
    make_local_campaign(slug="everywhere")
    first = client.get("/everywhere")
    again = client.get("/everywhere", headers={"if-none-match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    for name in ("Content-Security-Policy", "Referrer-Policy"):
        assert again.headers[name] == first.headers[name]
    assert policy_of(again)["form-action"].startswith("'self' http")
    assert again.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/healthz", "/night-bus/calendar.ics", "/night-bus/go"])
def test_over_https_everything_is_fetched_over_https(
    client: Client, settings: Settings, path: str
) -> None:
    make_campaign(slug="night-bus")
    assert "upgrade-insecure-requests" not in policy_of(client.get(path))
    settings.IS_HTTPS = True
    assert policy_of(Client().get(path))["upgrade-insecure-requests"] == ""


@pytest.mark.parametrize(
    ("path", "status", "is_page"),
    [
        ("/receipt/a-receipt", 200, True),
        ("/receipt/another", 404, True),
        ("/receipt/a-receipt/calendar.ics", 200, False),
    ],
)
def test_no_search_engine_lists_what_is_at_a_receipts_address(
    client: Client, path: str, status: int, is_page: bool
) -> None:
    make_presave(make_campaign(), receipt="a-receipt")
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer.headers["Cache-Control"]
    assert ('<meta name="robots" content="noindex">' in text_of(answer)) is is_page


def test_redirects_with_secrets_are_not_stored(client: Client) -> None:
    campaign = make_campaign()
    make_presave(campaign, receipt="a-receipt")
    start = client.get(f"/{campaign.slug}/go", headers={"sec-fetch-site": "same-origin"})
    cancelled = client.post("/receipt/a-receipt/cancel")
    for answer in (start, cancelled):
        assert "no-store" in answer.headers["Cache-Control"]


def test_no_cache_keeps_an_error(client: Client) -> None:
    answer = client.get("/no-such-campaign")

    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_every_answer_is_isolated(client: Client) -> None:
    for address in ("/", "/no-such-campaign", "/accounts/login/", "/healthz", "/robots.txt"):
        answer = client.get(address)
        assert answer.getvalue()
        headers = answer.headers
        assert "charset=" in headers["Content-Type"]
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/static/campaigns/base.css", 'text/css; charset="utf-8"'),
        ("/static/campaigns/icon.svg", "image/svg+xml; charset=utf-8"),
        ("/favicon.ico", "image/x-icon"),
    ],
)
def test_static_files_can_be_embedded_by_no_other_site(
    client: Client, path: str, kind: str
) -> None:
    answer = client.get(path)

    assert answer.getvalue()
    assert answer.headers["Content-Type"] == kind
    assert policy_of(answer) == {**STRICT, "form-action": "'self'"}
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
