"""Pages that could not be made, in the fan's language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import OperationalError
from django.test import Client

from campaigns.models import Campaign
from tests.factory import make_artist_page, make_campaign, make_label, make_presave, make_user
from tests.fans import text_of

pytestmark = pytest.mark.django_db


def test_what_does_not_exist_is_said_in_the_fans_language(client: Client) -> None:
    answer = client.get("/nobody-knows", headers={"accept-language": "de"})
    assert (answer.status_code, answer.headers["Content-Language"]) == (404, "de")
    assert '<html lang="de">' in text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<a href="/">' in text_of(answer)
    assert '<a href="/?lang=ja">' in text_of(client.get("/nobody-knows?lang=ja"))


@pytest.mark.parametrize("path", ["/callback?error=access_denied", "/night-bus/go?seen=another"])
def test_a_refusal_is_a_slip_on_a_desk(client: Client, path: str) -> None:
    make_campaign(slug="night-bus")
    text = text_of(client.get(path))
    sheets = re.findall(r'"stylesheet" href="/static/campaigns/(\w+)\.', text)
    assert sheets == ["fan", "typeset", "desk"]
    assert 'class="slip"' in text


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


def test_every_page_but_the_landing_page_has_the_stylesheet_of_its_sheet(client: Client) -> None:
    """Whatever stylesheets it adds: no page of a refusal, with or without links, goes bare."""
    texts = {path.name: path.read_text() for path in Path("templates/fan").rglob("*.html")}
    assert {name for name, text in texts.items() if "block sheet" in text} == {
        *("base.html", "landing.html")
    }
    for path in ("/callback", "/nobody-knows", "/privacy"):
        assert "campaigns/desk" in text_of(client.get(path))


# What stands behind an address where it was posted, and what is left of it as a query.
NOTHING_LEFT: Final = [
    *(".", ")", ",", "%20", "…", "!?", ").", "%22%3E", "_", "-", "/)", "./"),
    *("%E2%80%8B", "%EF%BB%BF", "%E2%81%A0", "%E2%80", "%2520", "%20is%20out", "。聴いて", "にて"),
    *("&fbclid=abc", "%0d%0aLocation:%20https://elsewhere.example"),
]
GLUED: Final = [
    *((glued, "") for glued in NOTHING_LEFT),
    ("&utm_source=poster&utm_medium=x", "?utm_source=poster&utm_medium=x"),
    ("%26utm_source=poster", "?utm_source=poster"),
    ("%3Futm_source=poster", "?utm_source=poster"),
    ("&amp;src=poster", "?src=poster"),
    ("&src=poster?lang=de", "?src=poster&lang=de"),
    (".?lang=de", "?lang=de"),
    ("&src=a%0d%0ab", "?src=a%0D%0Ab"),
]


@pytest.mark.parametrize(("glued", "query"), GLUED)
def test_what_was_glued_to_a_releases_address_is_taken_off(
    client: Client, glued: str, query: str
) -> None:
    make_campaign(slug="night-bus")

    answer = client.get(f"/Night-bus{glued}")

    assert (answer.status_code, answer.headers.get("Location")) == (301, f"/night-bus{query}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("before", ["%E2%80%8B", "%20", "%3C", "("])
def test_so_is_what_was_glued_in_front_of_it(client: Client, before: str) -> None:
    make_campaign(slug="night-bus")

    assert client.get(f"/{before}night-bus").headers.get("Location") == "/night-bus"


@pytest.mark.parametrize(
    "path",
    [
        *("/night%E2%80%91bus", "/night-%E2%80%8Bbus", "/ni%C2%ADght-bus", "/night%E2%80%93bus"),
        *("/%EF%BD%8E\uff49ght-bus", "/night-bus.Out", "/night-bus.Out%20now", "/night-bus—out"),
    ],
)
def test_it_opens_as_word_processors_and_mails_write_it(client: Client, path: str) -> None:
    for slug in ("night-bus", "night", "ni"):
        make_campaign(slug=slug)

    assert client.get(path).headers.get("Location") == "/night-bus"


@pytest.mark.parametrize(
    "path", ["/night--bus", "/night_bus", "/night-_bus", "/nighté", "/night%C3%9Fe", "/night.bus"]
)
def test_half_a_name_leads_to_no_other_release(client: Client, path: str) -> None:
    make_campaign(slug="night")

    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/night-bus/go", "/night-bus/calendar.ics", "/transparency.json", "/privacy", "/check"),
        *("/@demo-artist", "/@demo-artist/feed.atom", "/@demo-artist/calendar.ics"),
    ],
)
def test_no_address_minds_a_stop_or_a_bracket_behind_it(client: Client, path: str) -> None:
    make_campaign(slug="night-bus")
    make_artist_page(make_label())

    for glued in (".", ").", "%20", "%E2%80%8B", "/"):
        assert client.get(f"{path}{glued}").headers.get("Location") == path, glued
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "glued", [".", ")", "%20", "%E2%80%8B", "…", "./", "/.", "%20now/ok", "&utm_source=mail"]
)
def test_a_receipts_address_opens_with_what_was_glued_to_it(client: Client, glued: str) -> None:
    make_presave(make_campaign(), receipt="a-_Receipt")

    answer = client.get(f"/receipt/a-_Receipt{glued}", follow=True)

    assert answer.redirect_chain[0][0].startswith("/receipt/a-_Receipt")
    assert "You're in" in text_of(answer)


@pytest.mark.parametrize(
    "path",
    ["/.env", "/wp-login.php", "/apple-icon.png", "/night-bus.html", "/..."],
)
def test_what_is_no_releases_address_is_not_guessed_at(client: Client, path: str) -> None:
    make_campaign(slug="night-bus")

    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/%5Cevil.example", "/%20evil.example/x", "/evil&src=//x.example"]
)
def test_nobody_is_led_to_another_site(client: Client, path: str) -> None:
    assert re.fullmatch(r"/evil(\?src=//x\.example)?", client.get(path).headers["Location"])


def test_a_form_is_not_led_elsewhere(client: Client) -> None:
    make_campaign(slug="night-bus")

    assert client.post("/night-bus.").status_code == 404


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
