"""Privacy, terms and security.txt: what they say is what the code and the settings say."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.fan.disclosure import FIELDS
from tests.factory import make_campaign, make_user
from tests.fans import text_of

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

PAGES = ["/privacy", "/terms"]


def page(client: Client, path: str) -> str:
    return text_of(client.get(path))


# Privacy.


def test_the_privacy_page_lists_every_column_with_its_purpose_and_lifetime(client: Client) -> None:
    text = page(client, "/privacy")
    listed = re.findall(r"<dt>(.*?) <code>(.*?)</code></dt> <dd>(.*?)</dd>", text)
    assert listed == [(field.name, field.column, field.purpose) for field in FIELDS]
    for lifetime, fields in groupby(FIELDS, key=lambda field: str(field.lifetime)):
        group = re.search(f"<p>{lifetime}</p> <dl>(.*?)</dl>", text)
        assert group is not None
        assert re.findall("<code>(.*?)</code>", group[1]) == [field.column for field in fields]


@pytest.mark.parametrize(
    "lifetime",
    [
        "at the latest 7 days after the release, and 180 days after your consent.",
        "Deleted with the row and the receipt, 30 days after the release.",
        "one encrypted cookie, for 20 minutes.",
        "one for each tap, also for 20 minutes, so that they don't get in each other's way.",
        "lasts at most 205 days.",
        "so that it counts only once: for 20 minutes or a little longer.",
    ],
)
def test_the_privacy_page_says_how_long(client: Client, lifetime: str) -> None:
    assert lifetime in page(client, "/privacy")


def test_the_part_of_an_address_is_told_with_what_is_kept(client: Client) -> None:
    sections = page(client, "/privacy").split("<h2>")
    (section,) = [section for section in sections if "the first part of your IP address" in section]
    assert section.startswith("What else we keep</h2>")


@pytest.mark.parametrize(("dsn", "is_told"), [("none", False), ("https://key@h/1", True)])
def test_an_error_service_is_named_where_there_is_one(
    client: Client, settings: Settings, dsn: str, is_told: bool
) -> None:
    settings.SENTRY_DSN = dsn
    assert ("An error service" in page(client, "/privacy")) is is_told


# What Spotify's developer terms, version 10, section V, ask of the agreement with an end user.


@pytest.mark.parametrize(
    "sentence",
    [
        "All implied warranties concerning Spotify's platform, service and content are disclaimed",
        "make no derivative works of them.",
        "You do not decompile, reverse-engineer or disassemble Spotify's platform, service",
        "<bdi>Demo Label</bdi> alone is responsible for it; Spotify and other third parties are",
        "Spotify is a third-party beneficiary of these terms and of the privacy page",
    ],
)
def test_the_terms_say_what_spotify_asks_for(client: Client, sentence: str) -> None:
    assert sentence in page(client, "/terms")


# Both.


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("privacy@example.com", "mailto:privacy@example.com"),
        ("a?b=c@example.com", "mailto:a%3Fb%3Dc@example.com"),
        ("https://example.com/contact", "https://example.com/contact"),
    ],
)
def test_they_name_who_runs_this_instance_and_how_to_reach_them(
    client: Client, settings: Settings, path: str, contact: str, link: str
) -> None:
    settings.OPERATOR_NAME, settings.OPERATOR_CONTACT = "A & B <label>", contact
    text = page(client, path)
    assert "<bdi>A & B <label></bdi>" in text
    assert f'<a href="{link}" rel="noreferrer"><bdi>{contact}</bdi></a>' in text
    assert b"A &amp; B &lt;label&gt;" in client.get(path).content


@pytest.mark.parametrize("path", PAGES)
def test_anyone_may_keep_them(client: Client, path: str) -> None:
    stranger = client.get(path)
    client.force_login(make_user())
    artist = client.get(path)
    again = client.get(path, headers={"if-none-match": stranger.headers["ETag"]})
    assert artist.content == stranger.content
    assert artist.headers["Vary"] == "Accept-Language"
    assert not artist.cookies
    assert "public" in artist.headers["Cache-Control"]
    assert again.status_code == 304


# Next to the button.


@pytest.mark.parametrize("path", ["/night-bus", "/night-bus/go"])
def test_a_fan_meets_both_before_going_to_spotify(client: Client, path: str) -> None:
    make_campaign(slug="night-bus")
    text = page(client, f"{path}?lang=en")
    assert 'By continuing you agree to the <a href="/terms?lang=en">terms</a>.' in text
    assert 'See the <a href="/privacy?lang=en">privacy page</a> for what we keep' in text


@pytest.mark.parametrize("path", ["/night-bus", "/night-bus/go"])
def test_a_campaign_shows_the_words_it_was_opened_with(
    client: Client, settings: Settings, tmp_path: Path, path: str
) -> None:
    made_up = tmp_path / "fan" / "consent" / "99.html"
    made_up.parent.mkdir(parents=True)
    made_up.write_text("Other words")
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]

    make_campaign(slug="night-bus", consent_version=99)

    text = page(client, path)
    assert "Other words" in text
    assert "What you agree to" not in text


# security.txt.


@pytest.mark.parametrize(
    ("contact", "address"),
    [
        ("artist@example.com", "mailto:artist@example.com"),
        ("https://example.com/contact", "https://example.com/contact"),
    ],
)
def test_security_txt_names_the_operator_for_a_while(
    client: Client, settings: Settings, contact: str, address: str
) -> None:
    settings.OPERATOR_CONTACT = contact
    answer = client.get("/.well-known/security.txt")
    said = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    expires = datetime.fromisoformat(said.pop("Expires"))
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert said == {
        "Contact": address,
        "Preferred-Languages": "en",
        "Canonical": f"{settings.PUBLIC_URL}/.well-known/security.txt",
    }
    # RFC 9116: in the future, and less than a year away.
    assert timedelta(days=28) < expires - timezone.now() <= timedelta(days=30)


def test_there_is_no_security_txt_without_a_contact(client: Client, settings: Settings) -> None:
    settings.SOON_REQUIRED = {"OPERATOR_CONTACT": "1.1.0"}
    assert client.get("/.well-known/security.txt").status_code == 404
