"""Several entries of the catalogue's as a choice on the campaign's page."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.catalogue.candidates import to_json
from campaigns.models import Campaign, Finding, Label, Role
from campaigns.spotify import Artist, Release
from tests import factory
from tests.fans import text_of
from tests.sandbox_process import ALBUM_URI, UPC, Sandbox

pytestmark = pytest.mark.django_db

OTHER_URI = "spotify:album:1111111111111111111111"
PAGE = "/dashboard/campaigns/night-bus"
CHOICE = f"{PAGE}/choose"
ALBUM = Release(
    ALBUM_URI, UPC, "", "2026-11-30", True, (Artist("1" * 22, "Demo Artist"),), "Night Bus", "album"
)
SINGLE = replace(ALBUM, uri=OTHER_URI, album_type="single", is_explicit=True)


def make_undecided(label: Label, **fields: Any) -> Campaign:
    found = {"last_finding": Finding.SEVERAL_MATCH, "candidates": to_json([ALBUM, SINGLE])}
    due = {"slug": "night-bus", "upc": UPC, "release_at": timezone.now()}
    return factory.make_campaign(label=label, **(due | found | fields))


def read(client: Client, address: str = PAGE) -> str:
    return " ".join(html.unescape(text_of(client.get(address))).split())


def choose(dashboard: Client, campaign: Campaign, uri: str) -> str:
    form = {"campaign": campaign.id, "pick": uri}
    return html.unescape(text_of(dashboard.post(CHOICE, form, follow=True)))


def offered(page: str, name: str) -> list[str]:
    return re.findall(rf'type="radio" name="{name}" value="([^"]+)"', page)


def test_the_page_asks_which_one_it_is_and_asks_spotify_nothing(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    make_undecided(label)
    page = read(dashboard)
    assert "Several releases have this code" in page
    assert "Nothing is saved until you choose, and every permission is kept." in page
    assert offered(page, "pick") == [ALBUM_URI, OTHER_URI]
    assert "Album · Not marked explicit" in page
    assert "Single · Explicit" in page
    assert 'href="https://open.spotify.com/album/1111111111111111111111"' in page
    assert "Needs your answer" in read(dashboard, "/dashboard")
    assert sandbox.calls() == []


def test_a_choice_is_noted_and_looked_for(dashboard: Client, label: Label) -> None:
    campaign = make_undecided(label)
    page = choose(dashboard, campaign, OTHER_URI)
    assert "Thanks. Presave is checking it now." in page
    history = read(dashboard, f"/dashboard/campaigns/{campaign.slug}/history")
    assert "Accepted “Night Bus” by Demo Artist as the release for “Night Bus”" in history
    campaign.refresh_from_db()
    assert campaign.spotify_uri == OTHER_URI


def test_what_is_told_on_the_next_page_is_in_the_artists_language(
    dashboard: Client, label: Label
) -> None:
    dashboard.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    page = choose(dashboard, make_undecided(label), OTHER_URI)
    assert "Danke" in page
    assert "Thanks." not in page


@pytest.mark.parametrize("uri", ["", "spotify:album:2222222222222222222222"])
def test_what_is_not_offered_changes_nothing(dashboard: Client, label: Label, uri: str) -> None:
    campaign = make_undecided(label)
    assert "Nothing was changed" in choose(dashboard, campaign, uri)
    campaign.refresh_from_db()
    assert campaign.spotify_uri == ""


def test_a_viewer_sees_them_and_cannot_choose(label: Label) -> None:
    make_undecided(label)
    client = Client()
    client.force_login(factory.make_member(label, role=Role.VIEWER))
    page = read(client)
    assert "Not marked explicit" in page
    assert offered(page, "pick") == []
    assert "Use this one" not in page


def test_of_several_other_releases_one_is_confirmed(dashboard: Client, label: Label) -> None:
    make_undecided(label, title="First Light", last_finding=Finding.OTHER_TITLE)
    page = read(dashboard)
    assert offered(page, "found_uri") == [ALBUM_URI, OTHER_URI]
    assert f'method="get" action="{PAGE}/accept"' in page
    asked = read(dashboard, f"{PAGE}/accept?found_uri={OTHER_URI}")
    assert f"“Night Bus” by Demo Artist</strong><br><code>{OTHER_URI}</code>" in asked


def test_the_explicit_version_is_saved_unless_the_artist_chooses(
    dashboard: Client, label: Label
) -> None:
    make_undecided(label, last_finding=Finding.NOT_OUT_YET)
    page = read(dashboard)
    assert "Fans get the explicit one unless you choose the other." in page
    assert "Several releases have this code" not in page
    assert offered(page, "pick") == [ALBUM_URI, OTHER_URI]


def test_the_form_offers_the_other_version_too(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(explicit=True)
    sandbox.add_album(id="1" * 22)
    campaign = make_undecided(label)
    form = {"look_up": "1", "campaign": campaign.id, "title": "Night Bus", "artist": "Demo Artist"}
    page = html.unescape(text_of(dashboard.post(f"{PAGE}/edit", form | {"upc": UPC})))
    assert "Found on Spotify" in page
    assert "Which version should fans get?" in page
    assert offered(page, "pick") == [ALBUM_URI, OTHER_URI]
