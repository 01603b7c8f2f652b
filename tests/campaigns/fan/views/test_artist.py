"""An artist's page and its calendar: what is on it, in which order, and for whom."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from campaigns import hosts
from campaigns.models import CampaignState, Label
from tests import libical, scenes
from tests.factory import make_artist_page, make_campaign, make_label, make_local_campaign
from tests.fans import text_of

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

pytestmark = pytest.mark.django_db

NOW = timezone.now()
PAGE, CALENDAR = "/@demo-artist", "/@demo-artist/calendar.ics"
TITLES = re.compile(r'<bdi class="title">(.*?)</bdi>')


@pytest.fixture
def label() -> Label:
    label = make_label(name="Demo Label")
    make_artist_page(label)
    return label


def in_days(days: int) -> dict[str, Any]:
    return {"release_at": NOW + timedelta(days=days)}


def set_up(label: Label) -> None:
    released: dict[str, Any] = {"label": label, "state": CampaignState.FINISHED}
    make_campaign(**released, title="Older", **in_days(-400))
    make_campaign(**released, title="Newer", **in_days(-10))
    make_campaign(**released, title="Missed", confirmed_uri="", **in_days(-20))
    make_campaign(label=label, title="Later", **in_days(40))
    make_campaign(label=label, title="Sooner", **in_days(4))
    make_local_campaign((NOW + timedelta(days=20)).date(), label=label, title="Between")
    make_campaign(label=label, title="Being saved", state=CampaignState.RELEASING)
    make_campaign(label=label, title="Due", release_at=NOW)
    make_campaign(label=label, title="Cancelled", state=CampaignState.CANCELLED)
    make_campaign(label=label, title="Draft", state=CampaignState.DRAFT)
    make_campaign(label=label, title="Of another artist", artist="Night Desk")
    make_campaign(title="Of another label")


def test_what_comes_next_stands_first_and_then_what_is_out(client: Client, label: Label) -> None:
    set_up(label)
    page = text_of(client.get(PAGE))
    coming, out = page.split("Out now")
    assert TITLES.findall(coming) == ["Due", "Sooner", "Between", "Later"]
    assert TITLES.findall(out) == ["Being saved", "Newer", "Older"]
    assert "Published by <bdi>Demo Label</bdi>" in out


def test_dates_stand_as_on_the_releases_own_pages(client: Client, label: Label) -> None:
    coming = make_campaign(label=label, **in_days(4))
    past = make_campaign(label=label, state=CampaignState.FINISHED, **in_days(-10))
    page = text_of(client.get(PAGE))
    for campaign in (coming, past):
        own = re.search("<time.*?</time>", text_of(client.get(f"/{campaign.slug}")))
        assert own
        assert own[0] in page


def test_past_releases_have_a_day_and_coming_ones_their_time(client: Client, label: Label) -> None:
    make_campaign(label=label, state=CampaignState.FINISHED, **in_days(-10))
    assert "Berlin time" not in text_of(client.get(PAGE))
    make_local_campaign(label=label)
    make_campaign(label=label)
    caches["pages"].clear()  # a second later
    page = text_of(client.get(PAGE))
    assert "Berlin time" in page
    assert "at midnight where you are" in page


def test_each_leads_to_its_own_page_in_a_chosen_language(client: Client, label: Label) -> None:
    make_campaign(label=label, slug="night-bus")
    assert '<a href="/night-bus">' in text_of(client.get(PAGE))
    page = text_of(client.get(f"{PAGE}?lang=de"))
    assert '<html lang="de">' in page
    assert '<a href="/night-bus?lang=de">' in page
    assert (
        f'<link rel="alternate" type="application/atom+xml" href="{PAGE}/feed.atom?lang=de">'
        in (page)
    )


@pytest.mark.parametrize("artist", ["Demo Artist", "DEMO ARTIST feat. Night Desk"])
def test_the_releases_page_leads_to_it_while_it_is_on(
    client: Client, label: Label, artist: str
) -> None:
    make_campaign(label=label, slug="night-bus", artist=artist)
    link = f'<a href="{PAGE}?lang=de"><bdi>{artist}</bdi></a>'
    assert link in text_of(client.get("/night-bus?lang=de"))
    label.artist_pages.update(is_on=False)
    caches["pages"].clear()  # a minute later
    assert link not in text_of(client.get("/night-bus?lang=de"))


def test_other_releases_lead_to_no_page(client: Client, label: Label) -> None:
    make_campaign(label=label, slug="of-another-artist", artist="Night Desk")
    make_campaign(slug="of-another-label")
    for path in ("/of-another-artist", "/of-another-label"):
        assert 'href="/@' not in text_of(client.get(path))


def test_a_shared_link_shows_the_next_release_or_else_the_newest(
    client: Client, label: Label, settings: Settings, tmp_path: Path
) -> None:
    settings.ARTWORK_DIR, settings.PUBLIC_URL = tmp_path, "https://presave.example"

    def card() -> str:
        caches["pages"].clear()  # a second later
        found = re.search('property="og:image" content="(.*?)"', text_of(client.get(PAGE)))
        assert found
        return found[1]

    assert re.fullmatch(r"https://presave\.example/static/campaigns/social-card.*\.jpg", card())
    out, coming = (scenes.store_cover(scenes.small_picture(400)) for _ in range(2))
    make_campaign(label=label, state=CampaignState.FINISHED, **in_days(-10), **out)
    assert card() == f"https://presave.example/artwork/{out['artwork']}/card.jpg"
    make_campaign(label=label, **in_days(40))
    make_campaign(label=label, **in_days(4), **coming)
    assert card() == f"https://presave.example/artwork/{coming['artwork']}/card.jpg"


def test_guests_are_named(client: Client, label: Label) -> None:
    make_campaign(label=label, artist="Demo Artist feat. Night Desk")
    assert "<bdi>Demo Artist feat. Night Desk</bdi>" in text_of(client.get(PAGE))


def test_with_nothing_announced_it_says_so(client: Client, label: Label) -> None:
    page = text_of(client.get(PAGE))
    assert "Nothing announced right now." in page
    assert "webcal:" not in page


def test_any_cache_may_keep_it_for_a_minute(client: Client, label: Label) -> None:
    make_campaign(label=label)
    client.cookies["session"] = "long-gone"
    for path in (PAGE, f"{PAGE}/feed.atom", CALENDAR):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "public, max-age=60", path
        assert answer.headers["Vary"] == "Accept-Language"
        assert not answer.cookies
        etag = answer.headers["ETag"]
        assert client.get(path, headers={"if-none-match": etag}).status_code == 304, path
        assert client.post(path).status_code == 405


def test_capitals_and_what_was_glued_to_its_address_lead_to_it(client: Client) -> None:
    make_artist_page(make_label())
    for path in ("/@Demo-Artist", "/@demo-artist).", "/@demo-artist/", "/@demo-artist%20"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (301, PAGE), path


def test_a_page_costs_three_queries_however_many_releases(
    client: Client, label: Label, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    set_up(label)
    hosts.domains()  # asked for once in some seconds
    with django_assert_num_queries(3):
        client.get(PAGE)
    with django_assert_num_queries(3):
        client.get(CALENDAR)
    with django_assert_num_queries(3):
        client.get(f"{PAGE}/feed.atom")


def test_what_thousands_open_at_once_is_made_once_in_each_language(
    client: Client, label: Label, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    set_up(label)
    for path in (PAGE, f"{PAGE}/feed.atom", CALENDAR):
        first, german = client.get(path), client.get(path, headers={"accept-language": "de"})
        chosen = client.get(f"{path}?lang=de")
        assert len({answer.content for answer in (first, german, chosen)}) == 3, path
        with django_assert_num_queries(0):
            again = client.get(f"{path}?utm_source=story")
        assert (again.content, dict(again.items())) == (first.content, dict(first.items()))


# The calendar.


def events(content: bytes) -> dict[str, Any]:
    return {str(event["uid"]): event for event in Calendar.from_ical(content).walk("VEVENT")}


def test_its_calendar_has_every_release_as_on_its_own_page(client: Client, label: Label) -> None:
    set_up(label)
    together = events(client.get(CALENDAR).content)
    assert {str(event["status"]) for event in together.values()} == {"CONFIRMED", "CANCELLED"}
    campaigns = [*label.campaigns.public().filter(artist="Demo Artist")]
    assert len(together) == len(campaigns) == 9
    for campaign in campaigns:
        own = events(client.get(f"/{campaign.slug}/calendar.ics").content)
        assert own.items() <= together.items()


def test_no_program_complains_of_it_and_it_has_a_name(client: Client, label: Label) -> None:
    set_up(label)
    content = client.get(CALENDAR).content
    assert libical.complaints(content) == []
    calendar = Calendar.from_ical(content)
    assert (calendar["name"], calendar["x-wr-calname"]) == ("Demo Artist", "Demo Artist")
    assert not calendar.errors


def test_it_is_subscribed_to_in_the_fans_language_and_found_by_no_search(
    client: Client, label: Label, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://presave.example"
    make_campaign(label=label, slug="night-bus")
    page = text_of(client.get(PAGE, headers={"accept-language": "de"}))
    assert f'href="webcal://presave.example{CALENDAR}?lang=de"' in page
    answer = client.get(f"{CALENDAR}?lang=de")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    (event,) = events(answer.content).values()
    assert event["url"] == "https://presave.example/night-bus?lang=de"
