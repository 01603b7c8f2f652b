"""The fan's side of a release at local midnights: what the browser says, what is kept of it, and
what the pages say.
"""

from __future__ import annotations

import json
import logging
from datetime import date, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from campaigns import keyring
from campaigns.fan import own_times
from campaigns.models import Campaign, CampaignState, PreSave, PreSaveState, ReleaseMode, midnights
from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.fans import Fan, text_of

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

MOST_BYTES = 10 * 1024
DAY = (timezone.now() + timedelta(days=30)).date()
WRITTEN = f"{DAY:%-d %B}" + (f" {DAY:%Y}" if DAY.year != timezone.now().year else "")
ANNOUNCED = f"{DAY:%A} {WRITTEN}"
NO_ZONES = [
    "",
    "Mars/Olympus",
    "Mars/Olympus 421",
    "../../etc/passwd",
    "Europe/Lisbon\0",
    '"><script>',
    "x" * 5000,
]


@pytest.fixture
def campaign() -> Campaign:
    return make_local_campaign(DAY, slug="night-bus")


def hours_after_the_first(presave: PreSave) -> float:
    return (presave.due_at - midnights.first_midnight(DAY)) / timedelta(hours=1)


def zone_in_cookie(fan: Fan) -> str:
    content = keyring.open_cookie(django_settings.SECRET_KEY, fan.cookie, "consent")
    assert content is not None
    zone: str = json.loads(content)["zone"]
    return zone


# The consent.


def test_a_start_without_the_form_is_asked_for_the_zone_and_not_called_foreign(
    fan: Fan, campaign: Campaign
) -> None:
    """As after a lost cookie: the link to tap once more stands on our own page."""
    answer = fan.get(f"/{campaign.slug}/go", sec_fetch_site="same-origin")
    assert "Continue to Spotify" in text_of(answer)
    assert "opened from outside" not in text_of(answer)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Pacific/Kiritimati", 0),
        ("Asia/Tokyo", 5),
        ("Asia/Tokyo 420", 5),
        ("Asia/Hanoi 420", 7),
        ("+05:30", 8.5),
        ("Asia/Calcutta", 8.5),
        ("UTC", 14),
        ("America/Phoenix", 21),
        ("Pacific/Honolulu", 24),
        ("Etc/GMT+12", 26),
    ],
)
def test_a_fan_is_due_at_midnight_in_the_own_zone(
    fan: Fan, campaign: Campaign, zone: str, hours: float
) -> None:
    assert fan.pre_save(campaign, zone).status_code == 303
    assert hours_after_the_first(PreSave.objects.get()) == hours


@pytest.mark.parametrize(
    ("day", "zone", "due"),
    [
        ("2027-04-30", "Africa/Cairo", "2027-04-29T22:00+00:00"),
        ("2027-03-28", "Asia/Beirut", "2027-03-27T22:00+00:00"),
        ("2026-12-05", "Pacific/Chatham", "2026-12-04T10:15+00:00"),
    ],
)
def test_the_clocks_of_that_night_count(fan: Fan, day: str, zone: str, due: str) -> None:
    release = date.fromisoformat(day)
    opened_at = midnights.first_midnight(release) - timedelta(days=30)
    campaign = make_local_campaign(release, opened_at=opened_at)
    assert fan.pre_save(campaign, zone).status_code == 303
    assert PreSave.objects.get().due_at == datetime.fromisoformat(due)


@pytest.mark.parametrize("zone", NO_ZONES)
def test_a_fan_who_says_no_zone_is_due_at_the_last_midnight(
    fan: Fan, campaign: Campaign, zone: str
) -> None:
    assert fan.pre_save(campaign, zone).status_code == 303
    assert hours_after_the_first(PreSave.objects.get()) == 26


def test_a_release_at_one_instant_neither_reads_nor_keeps_a_zone(fan: Fan) -> None:
    campaign = make_campaign()
    back = fan.decide(fan.tap(campaign, "Asia/Tokyo"))
    assert zone_in_cookie(fan) == ""
    # Nor does it when the mode changes on the way: what was not asked for is not used.
    assert fan.get(back).status_code == 303
    assert PreSave.objects.get().due_at == campaign.release_at


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_a_mode_that_changes_on_the_fans_way_is_shown_again(fan: Fan, zone: str | None) -> None:
    """A start at one instant told no zone, and one at midnight agreed to that."""
    started = make_local_campaign(DAY) if zone else make_campaign()
    back = fan.decide(fan.tap(started, zone))
    other = {
        "release_mode": ReleaseMode.ONE_INSTANT if zone else ReleaseMode.LOCAL_MIDNIGHT,
        "release_zone": midnights.FIRST_ZONE,
        "release_at": midnights.first_midnight(DAY),
    }
    Campaign.objects.update(**other)
    assert fan.get(back).status_code == 409
    assert not PreSave.objects.exists()
    assert fan.pre_save(started, None if zone else "Asia/Tokyo").status_code == 303
    assert hours_after_the_first(PreSave.objects.get()) == (0 if zone else 5)


def test_of_the_zone_nothing_is_kept_and_nothing_is_logged(
    fan: Fan, campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        back = fan.decide(fan.tap(campaign, "Antarctica/Troll"))
        assert zone_in_cookie(fan) == "Antarctica/Troll"
        assert "Troll" not in fan.cookie
        assert "Troll" not in back
        fan.get(back)
    rows = [str(row) for model in (PreSave, Campaign) for row in model.objects.values()]
    assert "Troll" not in "".join(rows)
    assert "Troll" not in caplog.text


def test_the_cookie_holds_the_zone_or_else_the_offset_alone(
    fan: Fan, campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for told, kept in (("Asia/Hanoi 420", "+07:00"), ("Asia/Tokyo 420", "Asia/Tokyo")):
            fan.tap(campaign, told)
            assert zone_in_cookie(fan) == kept
    assert "Hanoi" not in caplog.text


def test_a_fan_in_the_west_may_join_after_the_first_midnights(fan: Fan) -> None:
    begun = midnights.day_of(timezone.now())
    campaign = make_local_campaign(begun, state=CampaignState.RELEASING)
    assert fan.pre_save(campaign, "Etc/GMT+12").status_code == 303
    assert PreSave.objects.get().due_at > timezone.now()


# The confirm page.


def test_the_confirm_page_carries_the_zone_on(fan: Fan, campaign: Campaign) -> None:
    path = f"/{campaign.slug}/go"
    asked = fan.client.post(path, {"zone": "Asia/Tokyo"}, headers={"sec-fetch-site": "cross-site"})
    assert asked.status_code == 200
    assert not asked.cookies
    field = f'<input type="hidden" name="zone" value="Asia/Tokyo" data-own-zone="{DAY}">'
    assert field in text_of(asked)
    assert 'src="/static/campaigns/zone.' in text_of(asked)
    assert asked.headers["Referrer-Policy"] == "same-origin"

    fan.get(fan.decide(fan.tap(campaign, "Asia/Tokyo")))
    assert hours_after_the_first(PreSave.objects.get()) == 5


def test_a_link_that_cannot_carry_a_zone_leads_to_the_confirm_page(
    fan: Fan, campaign: Campaign
) -> None:
    answer = fan.get(f"/{campaign.slug}/go", sec_fetch_site="same-origin")
    assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert "data-own-zone" in text_of(answer)


@pytest.mark.parametrize("zone", NO_ZONES)
def test_the_confirm_page_repeats_nothing_that_is_no_zone(
    client: Client, campaign: Campaign, zone: str
) -> None:
    answer = client.post(f"/{campaign.slug}/go", {"zone": zone})
    assert 'name="zone" value=""' in text_of(answer)


def test_the_confirm_page_of_a_release_at_one_instant_asks_for_no_zone(client: Client) -> None:
    answer = client.post(f"/{make_campaign().slug}/go", {"zone": "Asia/Tokyo"})
    assert answer.status_code == 200
    assert "zone" not in text_of(answer).lower()


# The landing page.


def test_the_landing_page_says_the_day_and_sends_the_zone(
    client: Client, campaign: Campaign, settings: Settings
) -> None:
    settings.SPOTIFY_ACCOUNTS_URL = "https://accounts.example"
    answer = client.get("/night-bus")
    text = text_of(answer)
    assert f'Out <time datetime="{DAY}">{ANNOUNCED}</time>, at midnight where you are' in text
    assert '<form method="post" action="/night-bus/go">' in text
    assert "Kiritimati" not in text
    assert not answer.cookies
    assert answer.headers["Vary"] == "Accept-Language"
    again = client.get("/night-bus", headers={"if-none-match": answer.headers["ETag"]})
    assert again.status_code == 304
    for page in (answer, again):
        policy = page.headers["Content-Security-Policy"]
        assert "form-action 'self' https://accounts.example" in policy
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["Cache-Control"].startswith("public, max-age=60")


def test_the_landing_page_of_a_release_at_one_instant_asks_for_no_zone(client: Client) -> None:
    text = text_of(client.get(f"/{make_campaign().slug}"))
    assert "zone" not in text.lower()
    assert "<form" not in text


PHASES: list[Any] = [
    pytest.param(1, {}, ["Out <time", "at midnight where you are"], ["Any moment"], id="begun"),
    pytest.param(27, {}, ["Due <time", "Any moment now"], ["Out <time"], id="due everywhere"),
    pytest.param(
        2,
        {"state": CampaignState.RELEASING},
        ["Out <time", "at midnight where they are"],
        ["Out now"],
        id="releasing",
    ),
    pytest.param(
        27,
        {"state": CampaignState.RELEASING},
        ["Out now", "we're saving right now"],
        ["where they are"],
        id="out everywhere",
    ),
]


@pytest.mark.parametrize(("hours", "fields", "said", "unsaid"), PHASES)
def test_the_landing_page_follows_the_night(
    client: Client, hours: float, fields: dict[str, Any], said: list[str], unsaid: list[str]
) -> None:
    release_at = timezone.now() - timedelta(hours=hours)
    text = text_of(client.get(f"/{make_local_campaign(release_at=release_at, **fields).slug}"))
    assert [words for words in said if words not in text] == []
    assert [words for words in unsaid if words in text] == []


ELSEWHERE = "https://music.apple.com/us/album/night-bus/1"
AFTER_ONLY = "https://www.deezer.com/album/1"


@pytest.mark.parametrize("mode", ["extended", "development", "no app"])
def test_a_page_of_a_release_that_is_out_somewhere_serves_who_still_waits(
    client: Client, settings: Settings, mode: str
) -> None:
    """It is one for all, and the server knows nobody's zone."""
    settings.SPOTIFY_APP_MODE = "extended" if mode == "no app" else mode
    state = CampaignState.RELEASING
    if mode == "no app":
        settings.SPOTIFY_CLIENT_ID = settings.SPOTIFY_CLIENT_SECRET = ""
        state = CampaignState.OPEN
    campaign = make_local_campaign(
        release_at=timezone.now() - timedelta(hours=2),
        state=state,
        countdown_url="https://open.spotify.com/prerelease/0a1b2c3d4e5f6a7b8c9d0e",
        links_before=[ELSEWHERE],
        links=[ELSEWHERE, AFTER_ONLY],
    )
    text = text_of(client.get(f"/{campaign.slug}"))
    path = f"/{campaign.slug}"
    for kept in (f"{path}/calendar.ics", "webcal://", f"{path}/countdown", "Pre-add", AFTER_ONLY):
        assert kept in text
    assert "Listen now" not in text
    assert text.count(ELSEWHERE) == 1
    if mode == "development":
        first = [text.index(words) for words in ("calendar.ics", "Pre-add", "For invited testers")]
        assert first == sorted(first)
        assert "at midnight where they are." in text
        assert "You can still join" not in text


# The receipt.


def test_what_is_in_the_library_is_out_for_this_fan(client: Client) -> None:
    campaign = make_local_campaign(
        release_at=timezone.now() - timedelta(hours=2),
        state=CampaignState.RELEASING,
        links_before=[ELSEWHERE],
        links=[ELSEWHERE, AFTER_ONLY],
    )
    make_presave(campaign, receipt="a-receipt", state=PreSaveState.SAVED)
    text = text_of(client.get("/receipt/a-receipt"))
    assert text.count("Listen now") == 2
    assert "Pre-add" not in text


def test_the_receipt_says_the_day_and_states_times_in_utc(
    client: Client, campaign: Campaign
) -> None:
    due_at = midnights.day_begins(DAY, "Asia/Tokyo")
    make_presave(campaign, receipt="a-receipt", due_at=due_at)
    text = text_of(client.get("/receipt/a-receipt"))
    assert f">{WRITTEN}</time>, at midnight where you are" in text
    assert f"{campaign.last_day:%-d %B %Y, %H:%M} UTC" in text
    assert "Kiritimati" not in text
    assert "time zone" not in text


def test_the_receipt_tells_whose_browser_said_no_zone(client: Client, campaign: Campaign) -> None:
    make_presave(campaign, receipt="a-receipt", due_at=campaign.everywhere_at)
    text = text_of(client.get("/receipt/a-receipt"))
    assert "Your browser shared no time zone, so yours comes at the last midnight worldwide" in text
    told = own_times.with_artists(campaign.everywhere_at, campaign, timezone.now())
    assert f"at the last midnight worldwide, {unescape(told)}." in text
    assert ", 12:00 UTC</time>" in told
    assert "where you are" not in text


@pytest.mark.parametrize(
    ("zone", "consented", "settled", "said"),
    [
        ("Asia/Tokyo", -99, 5, "12 seconds after midnight where you are"),
        ("America/Phoenix", -99, 21, "12 seconds after midnight where you are"),
        ("Asia/Tokyo", 9, 9, "12 seconds after you said yes"),
    ],
)
def test_the_receipt_counts_from_the_fans_own_midnight(
    client: Client, zone: str, consented: float, settled: float, said: str
) -> None:
    first = midnights.first_midnight(timezone.now().date() - timedelta(days=3))
    campaign = make_local_campaign(release_at=first, state=CampaignState.RELEASING)
    make_presave(
        campaign,
        receipt="a-receipt",
        state=PreSaveState.SAVED,
        due_at=midnights.due_at(first, zone),
        consented_at=first + timedelta(hours=consented),
        settled_at=first + timedelta(hours=settled, seconds=12),
    )
    assert said in text_of(client.get("/receipt/a-receipt"))
