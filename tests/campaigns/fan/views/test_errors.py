"""Pages that could not be made, in the fan's language."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from campaigns.models import Campaign
from tests.factory import make_campaign, make_user
from tests.fans import text_of

pytestmark = pytest.mark.django_db


def test_what_does_not_exist_is_said_in_the_fans_language(client: Client) -> None:
    answer = client.get("/nobody-knows", headers={"accept-language": "de"})
    assert (answer.status_code, answer.headers["Content-Language"]) == (404, "de")
    assert '<html lang="de">' in text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<a href="/">' in text_of(answer)
    assert '<a href="/?lang=ja">' in text_of(client.get("/nobody-knows?lang=ja"))


@pytest.mark.parametrize(
    ("path", "status"),
    [("/callback", 400), ("/nobody-knows", 404), ("/night-bus", 200), ("/night-bus/go", 200)],
)
def test_a_flood_of_parameters_is_a_bad_request_at_most(
    client: Client, path: str, status: int
) -> None:
    make_campaign(slug="night-bus")
    many = "&".join(["state=a"] * 2000)
    assert client.get(f"{path}?{many}").status_code == status


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/night-bus/", "/night-bus"),
        ("/Night-BUS?lang=de", "/night-bus?lang=de"),
        ("/night-bus/go/", "/night-bus/go"),
        ("/receipt/ToKen/", "/receipt/ToKen"),
        ("//evil.example/", None),
        ("//evil/", None),
        ("/nobody-knows", None),
        ("/", None),
    ],
)
def test_a_slash_too_many_or_capitals_lead_to_the_page_that_was_meant(
    client: Client, path: str, meant: str | None
) -> None:
    make_campaign(slug="night-bus")
    answer = client.get(path, follow=False)
    assert answer.headers.get("Location") == meant
    # Whatever the address was: a receipt's is a secret.
    assert "no-store" in answer.headers["Cache-Control"] or answer.status_code == 200


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (OperationalError("gone"), 503, "We can't reach our database right now"),
        (RuntimeError("broken"), 500, "Something broke on our side"),
    ],
)
def test_a_page_that_breaks_says_so(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, title: str
) -> None:
    campaign = make_campaign()

    def broken(_: Campaign) -> Any:
        raise error

    monkeypatch.setattr(Campaign, "everywhere_at", property(broken))
    client = Client(raise_request_exception=False)
    answer = client.get(f"/{campaign.slug}")
    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in text_of(answer)
    assert (answer.headers.get("Retry-After") == "30") is (status == 503)


def test_a_member_is_led_back_to_the_campaigns(client: Client) -> None:
    client.force_login(make_user())

    page = client.get("/dashboard/campaigns/there-is-none")

    assert page.status_code == 404
    assert "Back to the campaigns" in page.content.decode()
    assert "receipt" not in page.content.decode()
