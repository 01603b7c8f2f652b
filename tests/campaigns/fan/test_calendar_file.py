"""The calendar file, read back with two libraries: what stays, what follows, what is text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.utils import translation
from icalendar import Calendar

from campaigns.fan import calendar_file
from campaigns.models import Campaign, CampaignState, ReleaseMode, midnights
from campaigns.planning import editing, moving, transitions
from tests import libical
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


def numbers(event: Any) -> tuple[Any, ...]:
    """What tells calendars that an event is newer."""
    return event["sequence"], event.decoded("dtstamp"), event.decoded("last-modified")


def edit(campaign: Campaign, now: datetime, **changed: Any) -> None:
    kept = {name: getattr(campaign, name) for name in ("release_at", "release_zone")}
    editing.change(campaign, kept | changed, None, now)
    campaign.refresh_from_db()


IN_THE_EVENT: list[dict[str, Any]] = [
    {"title": "Night Bus (Live)"},
    {"artist": "Demo Artist & Guest"},
    {"release_at": EVENING + timedelta(minutes=1)},
    {
        "release_mode": ReleaseMode.LOCAL_MIDNIGHT,
        "release_zone": midnights.FIRST_ZONE,
        "release_at": midnights.first_midnight(date(2026, 12, 5)),
    },
]


@pytest.mark.parametrize("changed", IN_THE_EVENT, ids=lambda fields: next(iter(fields)))
def test_each_change_of_the_event_makes_it_newer(changed: dict[str, Any]) -> None:
    """Also two within a second, which is all that calendars tell apart."""
    campaign = campaign_of()
    first = event(campaign)
    edit(campaign, NOW, **changed)
    second = event(campaign)
    edit(campaign, NOW, title="Night Train")
    third = event(campaign)
    transitions.cancel_campaign(campaign, NOW)
    campaign.refresh_from_db()
    told = [numbers(one) for one in (first, second, third, event(campaign))]
    for before, after in itertools.pairwise(told):
        assert all(new > old for new, old in zip(after, before, strict=True))


@pytest.mark.parametrize("changed", [{"note": "Made at night."}, {"artwork_alt": "A bus"}, {}])
def test_what_is_not_in_the_event_leaves_it_as_it_is(changed: dict[str, Any]) -> None:
    campaign = campaign_of()
    before = calendar_file.of_landing_page(campaign, ADDRESS)
    edit(campaign, NOW + timedelta(days=1), title=campaign.title, **changed)
    assert calendar_file.of_landing_page(campaign, ADDRESS) == before


def test_a_change_before_the_campaign_opened_counts_for_nothing() -> None:
    campaign = make_campaign(state=CampaignState.DRAFT, release_at=EVENING)
    Campaign.objects.update(created_at=NOW - timedelta(days=2))
    campaign.refresh_from_db()
    edit(campaign, NOW - timedelta(days=1), title="Night Train")
    transitions.open_campaign(campaign, NOW)
    campaign.refresh_from_db()
    assert numbers(event(campaign)) == (0, NOW, NOW)


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


def every_kind() -> Iterator[bytes]:
    cancelled = campaign_of(state=CampaignState.CANCELLED, cancelled_at=NOW)
    for campaign in (campaign_of(), make_local_campaign(opened_at=NOW), cancelled):
        yield calendar_file.of_landing_page(campaign, ADDRESS)
        yield calendar_file.of_receipt(campaign, ADDRESS)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_calendar_program_has_anything_to_complain_of(language: str) -> None:
    with translation.override(language):
        for content in every_kind():
            assert libical.complaints(content) == []
            assert [part.errors for part in Calendar.from_ical(content).walk() if part.errors] == []


def test_libical_complains_where_there_is_reason_to() -> None:
    """As of a calendar that is published by nobody (RFC 5546, section 3.2.1)."""
    content = calendar_file.of_landing_page(campaign_of(), ADDRESS)
    published = content.replace(b"VERSION:2.0", b"VERSION:2.0\r\nMETHOD:PUBLISH")
    assert "ORGANIZER" in libical.complaints(published)[0]
    assert libical.complaints(content.replace(b"DTSTART:2026", b"DTSTART:soon"))


def test_libical_understands_it_as_it_was_meant() -> None:
    understood = libical.read(calendar_file.of_landing_page(campaign_of(title=TEXTS[0]), ADDRESS))
    assert r"SUMMARY:Rain\, Fog\; Snow: a\\b by Demo Artist is out" in understood
    assert "DTSTART:20261204T193000Z" in understood


TEXTS: Final = [
    "Rain, Fog; Snow: a\\b",
    "夜行バス 👩‍👩‍👧 " * 15,
    "Night \u202eBus\u2069 אוטובוס לילה",
    "Ends\nEND:VEVENT\nBEGIN:VEVENT\nUID:x",
    "'\"<script>%(artist)s&amp;",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_an_artist_writes_is_text_in_folded_lines(text: str) -> None:
    content = calendar_file.of_landing_page(campaign_of(title=text[:300]), ADDRESS)
    assert event_of(content)["summary"] == f"{text[:300]} by Demo Artist is out"
    lines = content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert lines.count(b"BEGIN:VEVENT") == 1
    assert b"\n" not in b"".join(lines)
    assert libical.complaints(content) == []
