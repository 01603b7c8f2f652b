"""What a shared link to a landing page brings along."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from campaigns.artwork import files, social_card
from campaigns.fan import page_context
from campaigns.models import CampaignState
from tests.factory import make_campaign, make_presave
from tests.sandbox_process import TRACK_URI
from tools.pictures import picture

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

SITE = "https://presave.example"


@pytest.fixture(autouse=True)
def public_url(settings: Settings, tmp_path: Path) -> None:
    settings.PUBLIC_URL = SITE
    settings.ARTWORK_DIR = tmp_path / "artwork"


def head_of(client: Client, path: str) -> str:
    return client.get(path).content.decode().partition("</head>")[0]


def metas(head: str) -> dict[str, str]:
    found = re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">', head)
    return {name: unescape(content) for name, content in found}


def test_a_link_is_shown_with_title_words_and_picture(client: Client) -> None:
    stored = files.write(picture())
    campaign = make_campaign(
        artwork=stored.name, artwork_width=1200, artwork_height=1200, artwork_alt="A green field"
    )

    card = metas(head_of(client, f"/{campaign.slug}"))

    image = f"{SITE}/artwork/{stored.name}/card.jpg"
    assert card == {
        "og:type": "music.album",
        "og:site_name": "Presave",
        "og:locale": "en_US",
        "og:url": f"{SITE}/{campaign.slug}",
        "og:title": "Night Bus by Demo Artist",
        "og:description": "Pre-save it on Spotify with one permission, which is destroyed after "
        "the save.",
        "og:image": image,
        "og:image:type": "image/jpeg",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "A green field",
        "twitter:card": "summary_large_image",
    }
    answer = client.get(urlsplit(image).path)
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer.headers["Content-Type"] == "image/jpeg"
    policy = set(answer.headers["Content-Security-Policy"].split("; "))
    assert policy == {"default-src 'none'", "sandbox"}
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with Image.open(BytesIO(content)) as shown:
        assert shown.size == social_card.SIZE == (1200, 630)


def test_a_campaign_without_artwork_has_a_picture_too(client: Client) -> None:
    card = metas(head_of(client, f"/{make_campaign().slug}"))

    assert card["og:image"].startswith(f"{SITE}/static/campaigns/social-card")
    assert "og:image:alt" not in card
    default = Path(str(finders.find("campaigns/social-card.jpg")))
    assert default.stat().st_size < 40_000
    with Image.open(default) as image:
        assert image.size == social_card.SIZE


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": CampaignState.FINISHED}, "Out now. Listen on Spotify."),
        ({"state": CampaignState.FINISHED, "confirmed_uri": ""}, "This pre-save has ended."),
        ({"state": CampaignState.CANCELLED}, "This pre-save has ended."),
    ],
)
def test_the_words_follow_the_campaign(client: Client, fields: dict[str, Any], words: str) -> None:
    slug = make_campaign(**fields).slug

    assert metas(head_of(client, f"/{slug}"))["og:description"] == words


def test_a_track_is_a_song(client: Client) -> None:
    slug = make_campaign(spotify_uri=TRACK_URI).slug

    assert metas(head_of(client, f"/{slug}"))["og:type"] == "music.song"


def test_each_language_has_its_own_address(client: Client, settings: Settings) -> None:
    page = f"{SITE}/{make_campaign(slug='night-bus').slug}"

    for path, canonical, locale in [
        ("/night-bus", page, "en_US"),
        ("/night-bus?lang=pt-br", f"{page}?lang=pt-br", "pt_BR"),
        ("/night-bus?lang=xx&utm_source=story", page, "en_US"),
    ]:
        head = head_of(client, path)
        assert f'<link rel="canonical" href="{canonical}">' in head
        assert metas(head)["og:url"] == canonical
        assert metas(head)["og:locale"] == locale
        alternates = re.findall(r'<link rel="alternate" hreflang="(.+?)" href="(.+?)">', head)
        assert dict(alternates) == {"x-default": page} | {
            code: f"{page}?lang={code}" for code, _ in settings.LANGUAGES
        }
    assert set(page_context.LOCALES) == {code for code, _ in settings.LANGUAGES}


def test_what_an_artist_writes_stays_text(client: Client) -> None:
    attack = '"><script>alert(1)</script>'
    fields = {"title": attack, "artist": attack, "artwork_alt": attack, "artwork": "0" * 32}
    campaign = make_campaign(**fields, artwork_width=640, artwork_height=640)

    head = head_of(client, f"/{campaign.slug}")

    assert metas(head)["og:title"] == f"{attack} by {attack}"
    assert metas(head)["og:image:alt"] == attack
    assert head.count("<script") == head.count('<script src="/static/')


def test_only_a_public_landing_page_has_a_card(client: Client) -> None:
    draft = make_campaign(state=CampaignState.DRAFT)
    campaign = make_campaign()
    make_presave(campaign, receipt="a-receipt")

    for path in (f"/{draft.slug}", f"/{campaign.slug}/go", "/receipt/a-receipt", "/privacy"):
        assert metas(head_of(client, path)) == {}
