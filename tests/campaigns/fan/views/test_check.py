"""The checker's page and the instance's statement: what they say, and that anyone may keep them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.fan.views import check
from campaigns.spotify import SCOPE
from presave_check import NEEDED, SCOPES, read
from presave_check.examples import EXAMPLES
from tests.factory import make_campaign, make_user
from tests.fans import text_of

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

DOCUMENT = Path(__file__).parents[4] / "docs" / "minimal-scope.md"


def test_the_page_lists_every_scope_with_what_it_lets_the_holder_do(client: Client) -> None:
    listed = re.findall(
        r'<li data-scope="([^"]+)"[^>]*>(.*?) <code>(.*?)</code></li>',
        text_of(client.get("/check")),
    )
    assert sorted(listed) == sorted((scope.name, scope.lets, scope.name) for scope in SCOPES)


def test_the_page_marks_the_one_that_is_needed(client: Client) -> None:
    text = text_of(client.get("/check"))
    assert f'data-check="{NEEDED}"' in text
    assert re.findall(r'data-scope="([^"]+)" class="needed"', text) == [NEEDED]


def test_the_worked_examples_are_read_by_the_same_function(client: Client) -> None:
    text = text_of(client.get("/check"))
    for example in EXAMPLES:
        assert f"1 of {example.counted} needed" in text
        for name in read(example.address).asked:
            assert text.count(f"<code>{name}</code>") >= 2
        assert example.address in text
        assert all(source.address in text for source in example.sources)
    assert "asked for 17 permissions: 16 more than a pre-save needs" in text


def test_nothing_that_is_typed_there_could_be_sent(client: Client) -> None:
    answer = client.get("/check")
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'none'" in policy
    form = re.search(r"<form.*?</form>", answer.content.decode(), re.DOTALL)
    assert form
    assert "name=" not in form[0]
    assert "action=" not in form[0]


@pytest.mark.parametrize("path", ["/check", "/.well-known/presave.json"])
def test_anyone_may_keep_them(client: Client, path: str) -> None:
    stranger = client.get(path)
    client.force_login(make_user())
    artist = client.get(path)
    again = client.get(path, headers={"if-none-match": stranger.headers["ETag"]})
    assert artist.content == stranger.content
    assert not artist.cookies
    assert "public" in artist.headers["Cache-Control"]
    assert again.status_code == 304


def test_every_fan_page_leads_there_in_its_language(client: Client) -> None:
    make_campaign(slug="night-bus")
    for path in ("/", "/night-bus", "/privacy", "/nobody-knows"):
        assert f'<a href="{reverse("check")}">Check any pre-save link</a>' in text_of(
            client.get(path)
        )
    assert '<a href="/check?lang=de">' in text_of(client.get("/night-bus?lang=de"))


def test_the_statement_says_what_the_settings_and_the_code_say(
    client: Client, settings: Settings
) -> None:
    settings.OPERATOR_NAME, settings.SPOTIFY_CLIENT_ID = "Demo Label", "0123456789abcdef"
    said = client.get("/.well-known/presave.json").json()
    assert said["operator"]["name"] == "Demo Label"
    assert said["spotify"] == {
        "client_id": "0123456789abcdef",
        "redirect_uri": f"{settings.PUBLIC_URL}/callback",
        "scopes": [SCOPE],
    }
    assert said["pages"]["check"] == f"{settings.PUBLIC_URL}/check"


def test_the_document_numbers_what_the_statement_says_is_met(client: Client) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    numbered = [int(number) for number in re.findall(r"^(\d+)\. \*\*", text, re.MULTILINE)]
    said = client.get("/.well-known/presave.json").json()
    assert numbered == said["minimal_scope"]["meets"] == list(check.REQUIREMENTS)
    assert f"\nVersion {said['minimal_scope']['version']}." in text


def test_the_document_shows_a_statement_of_the_same_form(client: Client) -> None:
    example = re.search(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    shown, said = json.loads(example[1]), client.get("/.well-known/presave.json").json()
    assert {key: keys_of(value) for key, value in shown.items()} == {
        key: keys_of(value) for key, value in said.items()
    }
    assert shown["permission_kept_at_most"] == said["permission_kept_at_most"]


def keys_of(value: object) -> list[str]:
    return sorted(value) if isinstance(value, dict) else []
