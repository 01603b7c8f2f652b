"""Links of other services: asked for on a button, proposed, and added only as ticked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, expect

from campaigns.dashboard.views import found_links
from campaigns.gate.paces import Paces
from campaigns.models import Campaign, CampaignState, Event, HistoryEntry, Label, User
from tests import factory
from tests.accessibility import RULES
from tests.log_ins import let_in
from tests.other_catalogues import OtherCatalogues, other_catalogues

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

FIND, DETAIL = "/dashboard/campaigns/night-bus/links/find", "/dashboard/campaigns/night-bus"
UPC = "609008295069"
DEEZER = "https://www.deezer.com/album/1"
HOSTILE = "</p><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def nobody_has_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found_links, "_SEARCHES", Paces())


@pytest.fixture
def others(settings: Settings) -> Iterator[OtherCatalogues]:
    with other_catalogues() as running:
        settings.APPLE_LOOKUP_URL = f"{running.url}/lookup"
        settings.DEEZER_API_URL = running.url
        album = {"title": HOSTILE, "artist": {"name": "Demo Artist"}, "link": DEEZER}
        running.answers = {f"/album/upc:{UPC}": (200, json.dumps(album).encode())}
        yield running


def make_campaign(label: Label, **fields: Any) -> Campaign:
    return factory.make_campaign(**{"label": label, "slug": "night-bus", "upc": UPC, **fields})


def test_nobody_is_asked_before_the_button_and_nothing_is_added_by_it(
    dashboard: Client, label: Label, others: OtherCatalogues
) -> None:
    campaign = make_campaign(label)
    assert FIND in dashboard.get(DETAIL).content.decode()
    assert "nothing about fans" in dashboard.get(FIND).content.decode()
    assert "Apple and Deezer get" in Client().get("/privacy").content.decode()
    assert others.asked == []

    page = dashboard.post(FIND, {"search": ""}).content.decode()

    assert f'name="links_before" value="{DEEZER}">' in page
    assert f'name="links" value="{DEEZER}">' in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    campaign.refresh_from_db()
    assert (campaign.links_before, campaign.links) == ([], [])


@pytest.mark.parametrize("path", ["x" * 300, "night bus/1", "one\ntwo", ""])
def test_a_link_that_could_not_be_added_is_not_proposed(
    dashboard: Client, label: Label, others: OtherCatalogues, path: str
) -> None:
    make_campaign(label)
    link = f"https://music.apple.com/{path}" if path else "https://music.apple.com"
    album = {"collectionName": "Other", "artistName": "Other", "collectionViewUrl": link}
    others.answers[f"/lookup?upc={UPC}&entity=album&country=US"] = (
        200,
        json.dumps({"results": [album]}).encode(),
    )

    page = dashboard.post(FIND, {"search": ""}).content.decode()

    assert "“Other”" not in page
    assert page.count("<fieldset>") == 1
    assert f'value="{DEEZER}"' in page


def test_a_label_that_searches_again_and_again_waits(
    dashboard: Client, label: Label, others: OtherCatalogues
) -> None:
    make_campaign(label)
    told = "Too many searches at once. Try again in a minute."
    for _ in range(found_links.OF_LABEL):
        assert told not in dashboard.post(FIND, {"search": ""}).content.decode()
    asked = len(others.asked)

    page = dashboard.post(FIND, {"search": ""}).content.decode()

    assert told in page
    assert "Nothing found" not in page
    assert len(others.asked) == asked


def test_many_labels_together_wait_too(
    dashboard: Client, artist: User, others: OtherCatalogues
) -> None:
    labels = [
        factory.make_label(artist, name=f"Label {number}")
        for number in range(found_links.OF_ALL + 1)
    ]
    pages = []
    for number, label in enumerate(labels):
        factory.make_campaign(label=label, slug=f"night-bus-{number}", upc=UPC)
        address = f"/dashboard/campaigns/night-bus-{number}/links/find"
        pages.append(dashboard.post(address, {"search": ""}).content.decode())

    assert ["Too many searches" in page for page in pages] == [False] * (len(pages) - 1) + [True]


def test_what_is_ticked_is_added_once_and_told_in_the_history(
    dashboard: Client, label: Label
) -> None:
    campaign = make_campaign(label, links=["https://a.example/"])

    for _ in range(2):
        answer = dashboard.post(FIND, {"add": "", "links": [DEEZER]})
        assert answer.headers["Location"] == DETAIL

    campaign.refresh_from_db()
    assert (campaign.links_before, campaign.links) == ([], ["https://a.example/", DEEZER])
    (entry,) = HistoryEntry.objects.filter(event=Event.EDITED)
    assert entry.details["fields"] == ["links"]


def test_a_page_that_is_full_takes_no_more(dashboard: Client, label: Label) -> None:
    full = [f"https://a.example/{number}" for number in range(8)]
    campaign = make_campaign(label, links_before=full)

    answer = dashboard.post(FIND, {"add": "", "links_before": DEEZER}, follow=True)

    assert "You entered 9 links; the page can show 8." in answer.content.decode()
    campaign.refresh_from_db()
    assert campaign.links_before == full


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://a.example", "x"])
def test_what_no_form_would_take_is_not_added(dashboard: Client, label: Label, link: str) -> None:
    campaign = make_campaign(label)
    dashboard.post(FIND, {"add": "", "links": link})
    campaign.refresh_from_db()
    assert campaign.links == []


@pytest.mark.parametrize("fields", [{"upc": ""}, {"state": CampaignState.CANCELLED}])
def test_without_a_code_or_a_page_there_is_nothing_to_find(
    dashboard: Client, label: Label, others: OtherCatalogues, fields: dict[str, Any]
) -> None:
    make_campaign(label, **fields)
    assert FIND not in dashboard.get(DETAIL).content.decode()
    assert dashboard.post(FIND, {"search": ""}).headers["Location"] == DETAIL
    assert others.asked == []


def test_nothing_is_said_to_be_found_by_those_who_answered(
    dashboard: Client, label: Label, others: OtherCatalogues
) -> None:
    make_campaign(label, upc="4006381333931")
    assert "Nothing found yet" in dashboard.post(FIND, {"search": ""}).content.decode()


def test_who_did_not_answer_is_named_and_nothing_concluded(
    dashboard: Client, label: Label, others: OtherCatalogues
) -> None:
    make_campaign(label, state=CampaignState.FINISHED, upc="4006381333931")
    others.answers = {"/album/upc:4006381333931": (500, b"")}

    page = dashboard.post(FIND, {"search": ""}).content.decode()

    assert "Nothing found yet" not in page
    assert "Deezer didn't answer" in page
    assert "Apple Music didn" not in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_links_are_found_ticked_and_added_in_a_browser(
    browser: Browser,
    site: str,
    artist: User,
    label: Label,
    others: OtherCatalogues,
    width: int,
    scheme: Any,
    scripts: bool,
) -> None:
    campaign = make_campaign(label)
    viewport: Any = {"width": width, "height": 800}
    context = browser.new_context(
        base_url=site, viewport=viewport, color_scheme=scheme, java_script_enabled=scripts
    )
    let_in(context, artist, site)
    page = context.new_page()
    page.goto(FIND)
    page.get_by_role("button", name="Search").click()
    before = page.get_by_role("group", name="Deezer").get_by_label("Show before the release")
    expect(before).not_to_be_checked()
    if scripts:
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    before.check()
    page.get_by_role("button", name="Add the selected links").click()
    expect(page.get_by_text("Links added.")).to_be_visible()
    campaign.refresh_from_db()
    assert (campaign.links_before, campaign.links) == ([DEEZER], [])
    context.close()
