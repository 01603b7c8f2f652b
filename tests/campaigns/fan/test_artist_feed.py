"""The Atom feed of an artist's releases, read as XML: https://www.rfc-editor.org/rfc/rfc4287"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, Label
from campaigns.planning import editing, transitions
from tests.factory import make_artist_page, make_campaign, make_label, make_local_campaign

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
NOW = timezone.now()


@pytest.fixture
def label(settings: Settings) -> Label:
    settings.PUBLIC_URL = "https://presave.example"
    label = make_label()
    make_artist_page(label)
    return label


def feed(query: str = "") -> Any:
    caches["pages"].clear()  # a second later
    answer = Client().get(f"/@demo-artist/feed.atom{query}")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(answer.content)  # noqa: S314 -- our own feed


def text(element: Any, name: str) -> str:
    found = element.find(f"{ATOM}{name}")
    assert found is not None, name
    return found.text or ""


def entries(query: str = "") -> list[Any]:
    found: list[Any] = feed(query).findall(f"{ATOM}entry")
    return found


def entry_of(campaign: Campaign) -> Any:
    (entry,) = [one for one in entries() if text(one, "id") == campaign.id.urn]
    return entry


def updated(element: Any) -> datetime:
    return datetime.fromisoformat(text(element, "updated"))


def test_it_says_whose_releases_it_has_and_where_it_is(label: Label) -> None:
    make_campaign(label=label)
    german = "Veröffentlichungen von Demo Artist"
    for query, title in (("", "Releases by Demo Artist"), ("?lang=de", german)):
        found = feed(query)
        assert text(found, "title") == title
        assert text(found.find(f"{ATOM}author"), "name") == "Demo Artist"
        links = {link.get("rel"): link.get("href") for link in found.findall(f"{ATOM}link")}
        address = "https://presave.example/@demo-artist"
        assert links == {"alternate": f"{address}{query}", "self": f"{address}/feed.atom{query}"}
        assert text(found, "id") == f"{address}{query}"


def test_entries_are_the_releases_of_the_page_the_newest_first(label: Label) -> None:
    make_campaign(label=label, title="Out", state=CampaignState.FINISHED, slug="out")
    make_local_campaign(label=label, title="Rain & <Fog>", artist="Demo Artist feat. Night Desk")
    never_came = {"state": CampaignState.FINISHED, "confirmed_uri": "", "confirmed_at": None}
    make_campaign(label=label, title="Missed", **never_came)
    make_campaign(title="Of another label")
    coming, out = entries()
    assert [text(one, "title") for one in (coming, out)] == ["Rain & <Fog>", "Out"]
    assert text(coming, "summary").startswith('Comes out <time datetime="')
    assert text(out, "summary").startswith('Released <time datetime="')
    assert text(coming.find(f"{ATOM}author"), "name") == "Demo Artist feat. Night Desk"
    assert out.find(f"{ATOM}link").get("href") == "https://presave.example/out"


def test_an_entry_is_newer_whenever_what_it_says_has_changed(label: Label) -> None:
    opened_at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    release_at = datetime(2026, 12, 4, 19, 30, tzinfo=UTC)
    campaign = make_campaign(label=label, release_at=release_at, opened_at=opened_at)
    first = entry_of(campaign)
    kept = {"release_at": release_at, "release_zone": campaign.release_zone}
    editing.change(campaign, kept | {"title": "Night Train"}, None, opened_at + timedelta(days=1))
    second = entry_of(campaign)
    Campaign.objects.update(
        state=CampaignState.FINISHED, finished_at=release_at, confirmed_uri=campaign.spotify_uri
    )
    third = entry_of(campaign)
    assert text(second, "title") == text(third, "title") == "Night Train"
    assert [updated(one) for one in (first, second, third)] == [
        opened_at,
        opened_at + timedelta(days=1),
        release_at,
    ]
    assert {text(one, "published") for one in (first, second, third)} == {
        "2026-11-01T12:00:00+00:00"
    }
    assert updated(feed()) == release_at


def test_a_cancelled_release_is_taken_back(label: Label) -> None:
    campaign = make_campaign(label=label, title="Night Bus")
    before = entry_of(campaign)
    transitions.cancel_campaign(campaign, NOW + timedelta(hours=1))
    after = entry_of(campaign)
    assert text(before, "title") == "Night Bus"
    assert text(after, "title") == "Cancelled: Night Bus by Demo Artist"
    assert "Nothing more will be saved" in text(after, "summary")
    assert updated(after) > updated(before)


def test_there_is_none_without_the_page(client: Client) -> None:
    make_artist_page(make_label(), is_on=False)
    assert client.get("/@demo-artist/feed.atom").status_code == 404
    assert client.get("/@nobody/feed.atom").status_code == 404
