"""The calendar file, read back with the library: what stays, what follows, what is text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from icalendar import Calendar

from campaigns.fan import calendar_file
from campaigns.models import Campaign, CampaignState
from campaigns.planning import moving, transitions
from tests.factory import make_campaign, make_local_campaign

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
EVENING = datetime(2026, 12, 4, 19, 30, tzinfo=UTC)
MIDNIGHT_IN_BERLIN = datetime(2026, 12, 4, 23, tzinfo=UTC)
ADDRESS = "https://presave.example/night-bus"
A_DAY = {"dtstart": date(2026, 12, 5), "dtend": date(2026, 12, 6)}


def campaign_of(release_at: datetime = EVENING, **fields: Any) -> Campaign:
    return make_campaign(release_at=release_at, opened_at=NOW, **fields)


def event_of(content: bytes) -> Any:
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    return event


def event(campaign: Campaign) -> Any:
    return event_of(calendar_file.of_landing_page(campaign, ADDRESS))


def times(event: Any) -> dict[str, date]:
    return {"dtstart": event.decoded("dtstart"), "dtend": event.decoded("dtend")}


def test_the_file_is_this_to_the_letter(settings: Settings) -> None:
    settings.PUBLIC_HOST = "presave.example"
    campaign = campaign_of(title="Night Bus", artist="Demo Artist")
    lines = calendar_file.of_landing_page(campaign, ADDRESS).decode().replace("\r\n ", "")
    assert lines.split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//Presave//Presave {settings.VERSION}//EN",
        "METHOD:PUBLISH",
        "REFRESH-INTERVAL;VALUE=DURATION:PT12H",
        "X-PUBLISHED-TTL:PT12H",
        "BEGIN:VEVENT",
        "SUMMARY:Night Bus by Demo Artist is out",
        "DTSTART:20261204T193000Z",
        "DTEND:20261204T194500Z",
        "DTSTAMP:20261101T120000Z",
        f"UID:{campaign.id}@presave.example",
        "SEQUENCE:0",
        "DESCRIPTION:Listen here: https://presave.example/night-bus",
        "LAST-MODIFIED:20261101T120000Z",
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        "URL:https://presave.example/night-bus",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:Night Bus by Demo Artist is out",
        "TRIGGER:P0D",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_a_release_at_the_artists_midnight_is_one_instant_for_everybody() -> None:
    """A day would remind at midnight wherever the calendar is."""
    campaign = campaign_of(MIDNIGHT_IN_BERLIN, release_zone="Europe/Berlin")
    end = MIDNIGHT_IN_BERLIN + timedelta(minutes=15)
    assert times(event(campaign)) == {"dtstart": MIDNIGHT_IN_BERLIN, "dtend": end}


def test_a_release_at_local_midnights_is_the_stated_day_and_says_so() -> None:
    found = event(make_local_campaign(date(2026, 12, 5), opened_at=NOW))
    assert times(found) == A_DAY
    assert found["description"].startswith("It comes out at midnight where you are.\n")


def test_a_moved_release_is_the_same_event_with_a_higher_sequence() -> None:
    campaign = campaign_of()
    first = event(campaign)
    for number, moved_at in enumerate((NOW + timedelta(days=1), NOW + timedelta(days=2)), start=1):
        release_at = EVENING + timedelta(days=number)
        moving.move_release(campaign, release_at, "Europe/Berlin", moved_at)
        campaign.refresh_from_db()
        moved = event(campaign)
        assert moved["uid"] == first["uid"]
        assert moved["sequence"] == number * 86_400
        assert moved.decoded("dtstart") == release_at
        assert moved.decoded("dtstamp") == moved.decoded("last-modified") == moved_at


def test_a_cancelled_campaign_takes_its_event_back() -> None:
    campaign = campaign_of(title="Night Bus", artist="Demo Artist")
    uid = event(campaign)["uid"]
    transitions.cancel_campaign(campaign, NOW + timedelta(hours=1))
    campaign.refresh_from_db()
    taken_back = event(campaign)
    assert (taken_back["uid"], taken_back["status"]) == (uid, "CANCELLED")
    assert taken_back["sequence"] == 3600
    assert taken_back["summary"] == "Cancelled: Night Bus by Demo Artist"
    assert "Nothing more will be saved" in taken_back["description"]
    assert taken_back.walk("VALARM") == []


def test_a_finished_campaign_keeps_its_event() -> None:
    campaign = campaign_of()
    before = calendar_file.of_landing_page(campaign, ADDRESS)
    campaign.state, campaign.finished_at = CampaignState.FINISHED, EVENING
    assert calendar_file.of_landing_page(campaign, ADDRESS) == before


def test_the_receipts_event_is_the_same_one_with_the_receipts_address() -> None:
    campaign = campaign_of()
    own = event_of(calendar_file.of_receipt(campaign, "https://presave.example/receipt/s3cret"))
    for_all = event(campaign)
    assert own["url"] == "https://presave.example/receipt/s3cret"
    assert "Don't share this address" in own["description"]
    differing = {name for name in for_all if for_all[name] != own[name]}
    assert differing == {"URL", "DESCRIPTION"}


@pytest.mark.parametrize(
    "text",
    [
        "Rain, Fog; Snow: a\\b",
        "夜行バス 👩‍👩‍👧 " * 15,
        "Night \u202eBus\u2069 אוטובוס לילה",
        "Ends\nEND:VEVENT\nBEGIN:VEVENT\nUID:x",
        "'\"<script>%(artist)s&amp;",
    ],
)
def test_what_an_artist_writes_is_text_in_folded_lines(text: str) -> None:
    content = calendar_file.of_landing_page(campaign_of(title=text[:300]), ADDRESS)
    assert event_of(content)["summary"] == f"{text[:300]} by Demo Artist is out"
    lines = content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert lines.count(b"BEGIN:VEVENT") == 1
    assert b"\n" not in b"".join(lines)
