"""The fan's pages without a browser: what they say, how they may be cached, what guards them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from campaigns.clock import database_now
from campaigns.fan.page_context import digest_shown
from campaigns.gate import closing
from campaigns.models import Accent, Campaign, CampaignState, GateName, PauseReason, ReleaseMode
from tests.factory import (
    make_artist_page,
    make_campaign,
    make_local_campaign,
    make_presave,
    make_user,
)
from tests.fans import text_of
from tests.sandbox_process import ALBUM_URI, SAVE_SCOPE, TRACK_URI

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

pytestmark = pytest.mark.django_db

APPS_URL = "https://www.spotify.com/account/apps/"
COUNTDOWN = "https://open.spotify.com/prerelease/0a1b2c3d4e5f6a7b8c9d0e"
MOST_BYTES = 10 * 1024
THREE_LINKS = [
    "https://music.apple.com/album/first-light/1700000000",
    "https://www.deezer.com/album/500000000",
    "https://tidal.com/album/300000000",
]
COVER = {
    "artwork": "fedcba9876543210" * 2,
    "artwork_width": 1200,
    "artwork_height": 1200,
    "artwork_ground": "#1f4a63 #2b1430",
    "artwork_alt": "Two people on a bench in the fog, one of them with a yellow umbrella",
}
LOCAL_MIDNIGHT = {"release_mode": ReleaseMode.LOCAL_MIDNIGHT}
MIDNIGHT_IN_BERLIN = datetime(2026, 12, 4, 23, 0, tzinfo=UTC)


def page(client: Client, path: str) -> str:
    return text_of(client.get(path))


# The landing page.


def test_the_landing_page_says_what_is_asked_and_what_not(client: Client) -> None:
    campaign = make_campaign(title="Night Bus", artist="Demo Artist")
    text, seen = page(client, f"/{campaign.slug}"), digest_shown(campaign)
    assert text.count("Night Bus</bdi></h1>") == text.count("<h1") == 1
    assert "Demo Artist" in text
    assert (
        f'<a class="button" href="/{campaign.slug}/go?seen={seen}">Pre-save on Spotify</a>' in text
    )
    rows, _, details = text.partition("What you agree to")[2].partition("<details>")
    assert (rows.count("<li"), SAVE_SCOPE in rows) == (3, False)
    assert f"“Manage your saved content” (<code>{SAVE_SCOPE}</code>)" in details
    assert "save this album to your Albums, once, then destroy the permission" in details
    assert "see your email, your private playlists or what you listen to" in details
    assert f'href="{APPS_URL}"' in text
    assert 'href="/privacy"' in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"spotify_uri": ALBUM_URI}, "this album to your Albums"),
        ({"upc": "609008295069"}, "this album to your Albums"),
        ({"spotify_uri": TRACK_URI}, "this track to your Liked Songs"),
        ({"isrc": "QZAAA2600001"}, "this track to your Liked Songs"),
    ],
)
def test_it_says_where_the_release_goes(client: Client, fields: dict[str, Any], words: str) -> None:
    assert words in page(client, f"/{make_campaign(**fields).slug}")


def test_the_date_is_the_one_the_artist_stated(client: Client) -> None:
    opened_at = MIDNIGHT_IN_BERLIN - timedelta(days=30)
    zone = {"release_zone": "America/New_York", "opened_at": opened_at}
    campaign = make_campaign(release_at=MIDNIGHT_IN_BERLIN, **zone)
    with time_machine.travel(MIDNIGHT_IN_BERLIN - timedelta(days=5)):
        text = page(client, f"/{campaign.slug}")
    assert ">Friday 4 December, 18:00 New York time</time>" in text


STATES: list[Any] = [
    pytest.param({}, ["Out <time", "/go"], id="open"),
    pytest.param({"release_at": timezone.now()}, ["Due <time", "Any moment now", "/go"], id="due"),
    pytest.param(
        {"paused_reason": PauseReason.KEY_MISSING},
        ["Out <time", "Paused for now", "Pre-saves already made are safe"],
        id="paused",
    ),
    pytest.param(
        {"paused_reason": PauseReason.KEY_MISSING, "release_at": timezone.now()},
        ["Due <time", "Paused for now"],
        id="paused when it was due",
    ),
    pytest.param({"public_key": None}, ["Out <time", "Not open yet"], id="opening"),
    pytest.param(
        {"state": CampaignState.RELEASING},
        ["Out now", "we're saving right now", "Listen on Spotify", "Save to my library", "/go"],
        id="releasing",
    ),
    pytest.param(
        {"state": CampaignState.RELEASING, "paused_reason": PauseReason.RELEASE_REFUSED},
        ["Out now", "Saving is on hold", "Listen on Spotify", "/go"],
        id="releasing, paused",
    ),
    pytest.param(
        {"state": CampaignState.FINISHED, "confirmed_uri": TRACK_URI},
        ["Out now", "https://open.spotify.com/track/7a3LWj5xSFhFRYmztS8wgK", "Listen on Spotify"],
        id="finished",
    ),
    pytest.param(
        {"state": CampaignState.FINISHED, "confirmed_uri": ""},
        ["Pre-save ended", "did not appear on Spotify in time"],
        id="finished without a release",
    ),
    pytest.param({"state": CampaignState.CANCELLED}, ["Campaign cancelled"], id="cancelled"),
]


@pytest.mark.parametrize(("fields", "expected"), STATES)
def test_the_landing_page_follows_the_campaign(
    client: Client, fields: dict[str, Any], expected: list[str]
) -> None:
    text = page(client, f"/{make_campaign(**fields).slug}")
    for words in expected:
        assert words in text
    assert ("/go" in text) is ("/go" in expected)
    assert ("calendar.ics" in text) is ("Out <time" in expected)
    assert ("open.spotify.com" in text) is ("Listen on Spotify" in expected)


def test_no_page_before_the_artist_opened_the_campaign(client: Client) -> None:
    draft = make_campaign(state=CampaignState.DRAFT)
    never_opened = make_campaign(
        state=CampaignState.CANCELLED, opened_at=None, scheduled_at=None, public_key=None
    )
    for slug in (draft.slug, never_opened.slug, "nobody-knows", f"{make_campaign().slug}/x.css"):
        assert client.get(f"/{slug}").status_code == 404


ELSEWHERE = "https://artist.bandcamp.example/night-bus"


TESTERS = ["For invited testers", ' class="button quiet"', "What you agree to"]


def assert_in_order(text: str, parts: list[str]) -> None:
    places = [text.index(one) for one in parts]
    assert places == sorted(places)


@pytest.mark.parametrize("fields", [{}, LOCAL_MIDNIGHT], ids=["one instant", "local midnight"])
def test_in_development_mode_what_works_for_everyone_comes_first(
    client: Client, settings: Settings, fields: dict[str, Any]
) -> None:
    settings.SPOTIFY_APP_MODE = "development"
    campaign = make_campaign(links_before=[ELSEWHERE], countdown_url=COUNTDOWN, **fields)
    path = f"/{campaign.slug}"
    text = page(client, path)
    calendar = f'<a class="button" href="{path}/calendar.ics"'
    assert_in_order(text, [calendar, "webcal://", f"{path}/countdown", ELSEWHERE, *TESTERS])
    assert "Pre-save as a tester" in text
    for other_mode in ("Pre-save on Spotify", "Not on Spotify", "Pre-save it on Spotify"):
        assert other_mode not in text
    for promise in ("Test run", "review", "opens"):
        assert promise not in text


def test_in_development_mode_listening_comes_first_once_it_is_out(
    client: Client, settings: Settings
) -> None:
    settings.SPOTIFY_APP_MODE = "development"
    campaign = make_campaign(links=[ELSEWHERE], state=CampaignState.RELEASING)
    text = page(client, f"/{campaign.slug}")
    assert_in_order(text, ["Listen on Spotify", ELSEWHERE, *TESTERS[:2]])
    assert "calendar.ics" not in text


@pytest.mark.parametrize("fields", [{"public_key": None}, {"paused_reason": "key_missing"}])
def test_in_development_mode_the_calendar_leads_where_nobody_can_pre_save(
    client: Client, settings: Settings, fields: dict[str, Any]
) -> None:
    settings.SPOTIFY_APP_MODE = "development"
    text = page(client, f"/{make_campaign(**fields).slug}")
    assert text.index('class="button"') < text.index("webcal://") < text.index('class="note"')


def test_with_extended_quota_the_pre_save_comes_first(client: Client) -> None:
    text = page(client, f"/{make_campaign(links=[ELSEWHERE]).slug}")
    assert text.index("Pre-save on Spotify") < text.index("calendar.ics")
    assert "For invited testers" not in text
    assert ELSEWHERE not in text


@pytest.mark.parametrize(
    ("half", "mode", "is_away"),
    [
        (GateName.ACCOUNTS, "extended", True),
        (GateName.API, "extended", False),
        (GateName.API, "development", True),
    ],
)
def test_the_page_says_that_spotify_is_away(
    client: Client, settings: Settings, half: GateName, mode: str, is_away: bool
) -> None:
    settings.SPOTIFY_APP_MODE = mode
    closing.close_for_outage(half, database_now())
    answer = client.get(f"/{make_campaign().slug}")
    assert ("Spotify is not taking pre-saves right now." in text_of(answer)) is is_away
    seconds = 2 if is_away else 60
    assert answer.headers["Cache-Control"].startswith(f"public, max-age={seconds},")
    over = client.get(f"/{make_campaign(state=CampaignState.FINISHED).slug}")
    assert "not taking pre-saves" not in text_of(over)
    assert over.headers["Cache-Control"].startswith("public, max-age=60,")


def test_anyone_gets_the_same_page_without_a_cookie(client: Client) -> None:
    campaign = make_campaign()
    stranger = client.get(f"/{campaign.slug}")
    client.force_login(make_user())
    artist = client.get(f"/{campaign.slug}")
    client.cookies["session"] = "long-gone"
    visitor_of_old = client.get(f"/{campaign.slug}")
    for answer in (stranger, artist, visitor_of_old):
        assert answer.content == stranger.content
        assert answer.headers["Cache-Control"] == (
            "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
        )
        assert answer.headers["Vary"] == "Accept-Language"
        assert not answer.cookies


@pytest.mark.parametrize(
    ("fields", "release_in", "fresh", "stale"),
    [
        ({"public_key": None}, None, 2, 0),
        ({}, timedelta(hours=1), 60, 600),
        ({}, timedelta(seconds=200), 60, 139),
        ({}, timedelta(seconds=30), 29, 0),
        ({}, timedelta(seconds=1), 1, 0),
        ({}, timedelta(0), 2, 0),
        ({"paused_reason": PauseReason.KEY_MISSING}, timedelta(seconds=-1), 2, 0),
        (LOCAL_MIDNIGHT, timedelta(hours=-5), 2, 0),
        ({"state": CampaignState.RELEASING}, None, 2, 0),
        ({"state": CampaignState.FINISHED}, None, 60, 600),
        ({"state": CampaignState.CANCELLED}, None, 60, 600),
    ],
)
def test_no_cache_keeps_the_page_beyond_its_release_time(
    client: Client, fields: dict[str, Any], release_in: timedelta | None, fresh: int, stale: int
) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False):
        release = {"release_at": timezone.now() + release_in} if release_in is not None else {}
        answer = client.get(f"/{make_campaign(**fields, **release).slug}")
    assert answer.headers["Cache-Control"] == (
        f"public, max-age={fresh}, stale-while-revalidate={stale}, stale-if-error=86400"
    )


def test_an_unchanged_page_is_not_sent_again(client: Client) -> None:
    campaign = make_campaign()
    first = client.get(f"/{campaign.slug}")
    again = client.get(f"/{campaign.slug}", headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("Cache-Control", "ETag", "Content-Security-Policy"):
        assert again.headers[name] == first.headers[name]

    campaign.title = "Night Train"
    campaign.save()
    caches["pages"].clear()  # a second later
    etag = first.headers["ETag"]
    assert client.get(f"/{campaign.slug}", headers={"if-none-match": etag}).status_code == 200


def test_the_landing_page_costs_one_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """A second looks once a minute whether its label has pages for its artists."""
    campaign = make_campaign()
    client.get(f"/{make_campaign(label=campaign.label).slug}")
    with django_assert_num_queries(1):
        client.get(f"/{campaign.slug}")


@pytest.mark.parametrize("make", [make_campaign, make_local_campaign])
@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
@pytest.mark.parametrize("mode", ["development", "extended"])
@pytest.mark.parametrize("cover", [COVER, {}], ids=["cover", "none"])
def test_the_landing_page_weighs_little(
    client: Client,
    settings: Settings,
    cover: dict[str, Any],
    mode: str,
    make: Callable[..., Campaign],
    language: str,
) -> None:
    """All that a page can have, with the stylesheets and every script as they are served, each of
    which is fetched once. A title of more than 120 characters comes on top, with a stylesheet of
    its own.
    """
    settings.SPOTIFY_APP_MODE = mode
    longest = {"title": ("Ünïcödé " * 15).strip(), "artist": "Ärtïst " * 17, "note": "Wörds, " * 40}
    links = {"links_before": THREE_LINKS, "countdown_url": COUNTDOWN}
    campaign = make(**longest, **links, **cover, clip="0123456789abcdef" * 2, clip_seconds=30)
    make_artist_page(campaign.label, name=campaign.artist)
    html = client.get(f"/{campaign.slug}?lang={language}").content
    named = set(re.findall(r"/static/(campaigns/[\w.]+\.(?:css|js))", html.decode()))
    files = [(Path(settings.STATIC_ROOT) / name).read_bytes() for name in named]
    assert len(files) >= 4
    weight = sum(len(gzip.compress(part)) for part in (html, *files))
    assert weight < MOST_BYTES


def test_what_an_artist_writes_stays_text(client: Client) -> None:
    attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    fields = {"title": attack, "artist": attack, "artwork_alt": attack, "artwork": "0" * 32}
    campaign = make_campaign(**fields, artwork_width=640, artwork_height=640)
    make_presave(campaign, receipt="a-receipt")
    for path in (f"/{campaign.slug}", f"/{campaign.slug}/go", "/receipt/a-receipt"):
        html = client.get(path).content.decode()
        assert attack not in html
        assert html.count("<script") == html.count('<script src="/static/')
        assert escape(attack) in html


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.FINISHED])
def test_the_artists_own_words_keep_their_lines_and_their_direction(
    client: Client, state: CampaignState
) -> None:
    campaign = make_campaign(state=state, note="<b>Written at night.\nשבת</b>")

    html = client.get(f"/{campaign.slug}").content.decode()

    words = "&lt;b&gt;Written at night.<br>שבת&lt;/b&gt;"
    assert f'<blockquote class="own-words" dir="auto">{words}</blockquote>' in html
    assert "own-words" not in client.get(f"/{make_campaign().slug}").content.decode()


@pytest.mark.parametrize(
    ("fields", "spoken"),
    [({"artwork_alt": "Une gare"}, 'alt="Une gare" width'), ({}, 'alt="Cover" width')],
)
def test_the_artwork_is_described_by_the_artist_or_called_a_cover(
    client: Client, fields: dict[str, str], spoken: str
) -> None:
    campaign = make_campaign(artwork="0" * 32, artwork_width=640, artwork_height=640, **fields)
    make_presave(campaign, receipt="a-receipt")
    for path in (f"/{campaign.slug}", "/receipt/a-receipt"):
        assert spoken in client.get(f"{path}?lang=de").content.decode()


@pytest.mark.parametrize(
    ("fields", "accent"),
    [
        ({}, "rust"),
        ({"artwork_accent": Accent.TEAL}, "teal"),
        ({"artwork_accent": Accent.TEAL, "accent": Accent.INK}, "ink"),
    ],
)
def test_a_campaigns_pages_wear_its_accent(
    client: Client, fields: dict[str, Any], accent: str
) -> None:
    campaign = make_campaign(**fields)
    make_presave(campaign, receipt="a-receipt")
    for path in (f"/{campaign.slug}", f"/{campaign.slug}/go", "/receipt/a-receipt"):
        assert re.search(rf'<body class="\w+ accent-{accent}">', page(client, path))


# Home.


def test_any_cache_may_keep_the_home_page(client: Client) -> None:
    answer = client.get("/")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Vary"] == "Accept-Language"


def test_home_leads_artists_to_the_login(client: Client) -> None:
    assert 'href="/accounts/login/"' in page(client, "/")
