"""The lane without Spotify: what a fan gets, what is counted, what is not."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.robotparser import RobotFileParser

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from campaigns import links
from campaigns.models import Campaign, CampaignState, DailyCount, PauseReason, ReminderCount, Totals
from campaigns.models.counts import Reminders
from tests.factory import make_campaign, make_presave
from tests.fans import text_of

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

pytestmark = pytest.mark.django_db

COUNTDOWN = "https://open.spotify.com/prerelease/4aawyAB9vmqN3uQ7FjRGTy"
LINKS = ["https://demo.bandcamp.com/album/night-bus", "https://music.example/?a=1&b=2"]
EIGHT = [
    *("https://music.apple.com/de/album/1", "https://music.apple.com/de/album/1?app=itunes"),
    *("https://www.amazon.de/dp/1", "https://tidal.com/album/1", "https://www.deezer.com/album/1"),
    *("https://demo.bandcamp.com/album/1", "https://shop.example/1", "https://youtu.be/1"),
]
FILE, TO_COUNTDOWN = "/night-bus/calendar.ics", "/night-bus/countdown"


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(slug="night-bus", countdown_url=COUNTDOWN, links=LINKS)


def counted(campaign: Campaign) -> Reminders:
    return ReminderCount.objects.totals_of(campaign.id)


def event_of(answer: Any) -> Any:
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    return event


# The calendar file.


def test_the_file_is_a_download_that_no_cache_gives_away(
    client: Client, campaign: Campaign, settings: Settings
) -> None:
    client.cookies["session"] = "long-gone"
    answer = client.get(FILE)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="night-bus.ics"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Accept-Language"
    assert not answer.cookies
    assert event_of(answer)["url"] == f"{settings.PUBLIC_URL}/night-bus"
    assert event_of(client.get(f"{FILE}?lang=de"))["url"].endswith("/night-bus?lang=de")


def test_a_subscription_speaks_the_fans_language_and_is_not_counted(
    client: Client, campaign: Campaign
) -> None:
    landing = text_of(client.get("/night-bus", headers={"accept-language": "de"}))
    address = re.search(r'href="webcal://[^/]+(/night-bus/calendar.ics[^"]*)"', landing)
    assert address is not None
    answer = client.get(address[1])
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == "de"
    assert counted(campaign) == Reminders()


def test_downloads_count_and_looking_whether_it_changed_does_not(
    client: Client, campaign: Campaign
) -> None:
    etag = client.get(FILE).headers["ETag"]
    client.get(FILE)
    assert client.get(FILE, headers={"if-none-match": etag}).status_code == 304
    assert client.head(FILE).status_code == 200
    assert client.post(FILE).status_code == 405
    assert counted(campaign) == Reminders(calendar=2)
    assert DailyCount.objects.totals_of(campaign.id) == Totals()


def test_google_may_read_it_and_lists_it_nowhere(client: Client, campaign: Campaign) -> None:
    """Google Calendar keeps to robots.txt for what people subscribe to."""
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").getvalue().decode().splitlines())
    answer = client.get(FILE)
    not_modified = client.get(FILE, headers={"if-none-match": answer.headers["ETag"]})
    for found in (answer, not_modified):
        assert found.headers["X-Robots-Tag"] == "noindex"
    assert "calendar" not in client.get("/robots.txt").getvalue().decode().replace("calendars", "")
    assert rules.can_fetch("Google-Calendar-Importer", f"https://presave.example{FILE}")
    assert not rules.can_fetch("Googlebot", "https://presave.example/callback")


def test_a_file_costs_two_queries(
    client: Client, campaign: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(FILE)
    with django_assert_num_queries(2):
        client.get(FILE)


def test_a_cancelled_campaign_still_tells_the_calendars(client: Client) -> None:
    make_campaign(slug="night-bus", state=CampaignState.CANCELLED)
    assert event_of(client.get(FILE))["status"] == "CANCELLED"


def test_what_is_not_public_has_neither(client: Client) -> None:
    campaign = make_campaign(slug="night-bus", countdown_url=COUNTDOWN, state=CampaignState.DRAFT)
    assert client.get(FILE).status_code == 404
    assert client.get(TO_COUNTDOWN).status_code == 404
    assert counted(campaign) == Reminders()


def test_a_receipts_file_leads_back_to_it_and_is_kept_by_nobody(
    client: Client, campaign: Campaign, settings: Settings
) -> None:
    make_presave(campaign, receipt="a-receipt")
    answer = client.get("/receipt/a-receipt/calendar.ics")
    own, for_all = event_of(answer), event_of(client.get(FILE))
    assert own["url"] == f"{settings.PUBLIC_URL}/receipt/a-receipt"
    assert own["uid"] == for_all["uid"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]
    assert "ETag" not in answer.headers
    assert counted(campaign) == Reminders(calendar=1)
    assert client.get("/receipt/another/calendar.ics").status_code == 404


# The Countdown Page.


def test_the_way_to_the_countdown_page_is_counted(client: Client, campaign: Campaign) -> None:
    answer = client.get(TO_COUNTDOWN)
    assert (answer.status_code, answer.headers["Location"]) == (302, COUNTDOWN)
    assert "no-store" in answer.headers["Cache-Control"]
    assert not answer.cookies
    assert client.head(TO_COUNTDOWN).status_code == 302
    assert counted(campaign) == Reminders(countdown=1)


def test_without_a_countdown_page_there_is_no_way_to_one(client: Client) -> None:
    make_campaign(slug="night-bus")
    assert client.get(TO_COUNTDOWN).status_code == 404
    assert TO_COUNTDOWN not in text_of(client.get("/night-bus"))


# What the landing page offers.


def test_the_landing_page_offers_every_way(
    client: Client, campaign: Campaign, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://presave.example"
    text = text_of(client.get("/night-bus?lang=de"))
    assert f'href="{FILE}?lang=de"' in text
    assert f'href="webcal://presave.example{FILE}?subscribed=1&amp;lang=de"' in text.replace(
        "&lang", "&amp;lang"
    )
    assert f'href="{TO_COUNTDOWN}?lang=de" rel="noreferrer"' in text
    assert 'value="https://presave.example/night-bus"' in text
    assert "bandcamp" not in text


@pytest.mark.parametrize("state", [CampaignState.RELEASING, CampaignState.FINISHED])
def test_when_it_is_out_the_other_links_take_their_place(
    client: Client, state: CampaignState
) -> None:
    make_campaign(slug="night-bus", state=state, links=LINKS, countdown_url=COUNTDOWN)
    html = client.get("/night-bus").content.decode()
    assert f'<a href="{LINKS[0]}" rel="noreferrer">Bandcamp <span>Listen now</span></a>' in html
    assert '<a href="https://music.example/?a=1&amp;b=2" rel="noreferrer">music.example</a>' in html
    assert FILE not in html
    assert TO_COUNTDOWN not in html


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, "Pre-order"),
        ({"public_key": None}, "Pre-order"),
        ({"release_at": timezone.now()}, "Pre-order"),
        ({"paused_reason": PauseReason.KEY_MISSING}, "Pre-order"),
        ({"state": CampaignState.RELEASING}, "Listen now"),
        ({"state": CampaignState.FINISHED}, "Listen now"),
        ({"state": CampaignState.FINISHED, "confirmed_uri": ""}, "Listen now"),
        ({"state": CampaignState.CANCELLED}, None),
    ],
)
def test_a_link_is_shown_before_the_release_after_it_or_both(
    client: Client, fields: dict[str, Any], shown: str | None
) -> None:
    both, before, after = LINKS[0], "https://before.example/", "https://after.example/"
    make_campaign(slug="night-bus", links_before=[both, before], links=[both, after], **fields)

    html = client.get("/night-bus").content.decode()

    assert (f"Bandcamp <span>{shown}</span>" in html) is bool(shown)
    assert (before in html) is (shown == "Pre-order")
    assert (after in html) is (shown == "Listen now")


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_the_links_and_their_marks_weigh_little(client: Client, language: str) -> None:
    """They come on top of what a page without links weighs."""
    made = [make_campaign(), make_campaign(links_before=EIGHT)]
    files = [str(finders.find(f"campaigns/{name}")) for name in ("links.css", "services.svg")]
    bare, linked = (client.get(f"/{one.slug}?lang={language}").content for one in made)
    marks = sum(len(gzip.compress(Path(file).read_bytes())) for file in files)
    assert b"links.css" not in bare
    assert len(gzip.compress(linked)) - len(gzip.compress(bare)) + marks < 1400


def test_every_mark_has_its_drawing() -> None:
    css, svg = (
        Path(str(finders.find(f"campaigns/{name}"))).read_text()
        for name in ("links.css", "services.svg")
    )
    rows = [int(row) for row in re.findall(r"translate\(0 (\d+)\)", svg)]
    marks = re.findall(r"^\.(\w+) { --at: (\d+); }", css, re.MULTILINE)
    assert [24 * int(at) for _, at in marks] == rows
    assert f'viewBox="0 0 24 {rows[-1] + 24}"' in svg
    assert f"100% / {len(marks)})" in css
    shown = {service.mark for service in links._SERVICES.values()} | {links._SHOP.mark}
    # The globe is the first drawing, and needs no rule.
    assert shown == {name for name, _ in marks} | {links._OTHER.mark}


def test_a_link_that_no_form_would_take_is_not_shown(client: Client) -> None:
    hostile = ["javascript:alert(1)", "data:text/html,x", 'https://x"onclick="alert(1)']
    state = CampaignState.FINISHED
    make_campaign(slug="night-bus", state=state, links_before=hostile, links=hostile)
    html = client.get("/night-bus").content.decode()
    for trace in ("javascript:", "data:text", "onclick", 'id="elsewhere"'):
        assert trace not in html
