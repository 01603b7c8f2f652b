"""Which language a fan's page speaks, and how a cache can tell."""

from __future__ import annotations

import pytest
from django.test import Client

from campaigns.consent import oauth_state
from tests.factory import make_campaign, make_presave
from tests.fans import Fan, text_of
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("asked_for", "browser", "spoken"),
    [
        ("", "", "en"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "pt-PT", "pt-br"),
        ("", "sv, fr;q=0.5", "fr"),
        ("", "sv", "en"),
        ("ja", "de", "ja"),
        ("PT_br", "", "pt-br"),
        ("de-AT", "", "de"),
        ("xx", "de", "de"),
        ("../de", "", "en"),
    ],
)
def test_the_address_or_else_the_browser_says_the_language(
    client: Client, asked_for: str, browser: str, spoken: str
) -> None:
    path = f"/{make_campaign().slug}"
    query = {"lang": asked_for} if asked_for else {}
    answer = client.get(path, query, headers={"accept-language": browser})
    assert answer.headers["Content-Language"] == spoken
    assert f'<html lang="{spoken}">' in answer.content.decode()
    assert not answer.cookies


def test_a_cache_keeps_one_page_for_each_language(client: Client) -> None:
    path = f"/{make_campaign().slug}"
    german = client.get(path, headers={"accept-language": "de"})
    assert german.headers["Vary"] == "Accept-Language"
    assert german.headers["ETag"] != client.get(path).headers["ETag"]
    assert "Vary" not in client.get(f"{path}?lang=de").headers


def test_a_chosen_language_goes_along_to_the_receipt_and_back(sandbox: Sandbox) -> None:
    campaign, fan = make_campaign(), Fan(sandbox)
    landing = fan.get(f"/{campaign.slug}?lang=de").content.decode()
    for path in (f"/{campaign.slug}/go", "/privacy"):
        assert f'href="{path}?lang=de' in landing
    started = fan.client.get(
        f"/{campaign.slug}/go?lang=de", headers={"sec-fetch-site": "same-origin"}
    )
    fan.read_spotifys_page()
    answer = fan.get(fan.decide(started.headers["Location"]))
    assert answer.headers["Location"].endswith("?lang=de")
    receipt = fan.get(answer.headers["Location"]).content.decode()
    assert "/cancel?lang=de" in receipt
    cancelled = fan.client.post(answer.headers["Location"].replace("?", "/cancel?"))
    assert cancelled.headers["Location"] == answer.headers["Location"]


def test_no_other_parameter_changes_the_page_that_all_get(client: Client) -> None:
    path = f"/{make_campaign().slug}"
    asked = client.get(f"{path}?state=x.de.x", headers={"accept-language": "fr"})
    assert asked.headers["Content-Language"] == "fr"
    assert client.get(path, headers={"accept-language": "fr"}).content == asked.content


def test_the_confirm_page_has_no_switch_that_would_lead_to_spotify(client: Client) -> None:
    answer = client.get(f"/{make_campaign().slug}/go")
    assert answer.status_code == 200
    assert "?lang=" not in answer.content.decode()


def test_a_refusal_speaks_the_chosen_language_even_without_the_cookie(client: Client) -> None:
    answer = client.get("/callback?error=access_denied&state=night-bus.fr.made-up")
    assert answer.headers["Content-Language"] == "fr"


def test_a_refusal_that_was_made_for_one_fan_leads_another_not_out_of_the_own_language(
    client: Client,
) -> None:
    slug, in_french = make_campaign().slug, {"accept-language": "fr"}
    for chosen, expected in (("fr", f'href="/{slug}/go?lang=fr"'), ("", f'href="/{slug}/go"')):
        state = oauth_state.new(slug, chosen)
        assert expected in text_of(client.get(f"/callback?state={state}", headers=in_french))


def test_the_switch_names_each_language_in_itself(client: Client) -> None:
    make_presave(make_campaign(slug="night-bus"), receipt="a-receipt")
    for path in ("/night-bus", "/receipt/a-receipt", "/privacy"):
        html = client.get(path).content.decode()
        assert 'href="?lang=ja" lang="ja" hreflang="ja">日本語</a>' in html
        assert 'lang="en" hreflang="en" aria-current="true">English</a>' in html
