"""An instance without a Spotify app: release pages with a calendar and links."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.models import (
    Alarm,
    Campaign,
    CampaignState,
    ErrorReason,
    Gate,
    ReleaseMode,
    Totals,
)
from campaigns.planning import looking_up
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.release.maintenance import Shift, run_maintenance
from campaigns.status import checks
from campaigns.status.overview import next_step, standing_of
from campaigns.status.phase import Phase, phase_of
from campaigns.status.troubles import trouble_of
from tests.factory import make_campaign, make_presave
from tests.fans import text_of
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

COUNTDOWN = "https://open.spotify.com/prerelease/0a1b2c3d4e5f6a7b8c9d0e"
ELSEWHERE = "https://artist.bandcamp.example/night-bus"
LOCAL_MIDNIGHT = {"release_mode": ReleaseMode.LOCAL_MIDNIGHT}
UNNAMED = {"spotify_uri": "", "public_key": None}


@pytest.fixture(autouse=True)
def no_app(settings: Settings) -> None:
    settings.SPOTIFY_CLIENT_ID = settings.SPOTIFY_CLIENT_SECRET = ""
    caches["pages"].clear()


def page(client: Client, path: str) -> str:
    caches["pages"].clear()
    return text_of(client.get(path))


def work_once() -> None:
    now = database_now()
    run_maintenance(Shift(now + timedelta(minutes=1), Event(), database_now))


@pytest.mark.parametrize(
    "fields",
    [{}, LOCAL_MIDNIGHT, {"public_key": None}, {"paused_reason": "key_missing"}, UNNAMED],
)
def test_the_page_is_a_calendar_and_links(client: Client, fields: dict[str, Any]) -> None:
    campaign = make_campaign(links_before=[ELSEWHERE], countdown_url=COUNTDOWN, **fields)
    text = page(client, f"/{campaign.slug}")
    parts = ["calendar.ics", "webcal://", f"/{campaign.slug}/countdown", ELSEWHERE]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    for wrong in ("/go", "re-save on Spotify", "tester", "What you agree to", "opens within"):
        assert wrong not in text


@pytest.mark.parametrize("path", ["/night-bus", "/", "/privacy", "/check", "/accounts/login/"])
def test_the_foot_speaks_of_no_permission(client: Client, settings: Settings, path: str) -> None:
    make_campaign(slug="night-bus")
    text = page(client, path)
    assert "Made with Presave. Not affiliated with Spotify." in text
    settings.SPOTIFY_CLIENT_ID = "4aawyAB9"
    text = page(client, path)
    assert "one permission" in text
    assert "Made with Presave. Not" not in text


def test_a_page_that_asks_for_nothing_leads_to_no_apps(client: Client, settings: Settings) -> None:
    settings.SPOTIFY_CLIENT_ID = "4aawyAB9"
    for fields, leads in (({}, True), (UNNAMED, False)):
        text = page(client, f"/{make_campaign(**fields).slug}")
        assert ("Apps you allowed at Spotify" in text) is leads
        assert ("one permission, one save" in text) is leads


def test_nobody_is_sent_to_spotify(client: Client) -> None:
    campaign = make_campaign()
    answer = client.get(f"/{campaign.slug}/go")
    assert answer.headers["Location"] == f"/{campaign.slug}"
    assert not answer.cookies


def test_the_page_turns_into_listening_at_the_release_time(client: Client) -> None:
    campaign = make_campaign(links=[ELSEWHERE], release_at=timezone.now())
    work_once()
    campaign.refresh_from_db()
    assert phase_of(campaign, timezone.now()) is Phase.FINISHED
    text = page(client, f"/{campaign.slug}")
    for right in ("Out now", "Listen on Spotify", ELSEWHERE):
        assert right in text
    for wrong in ("calendar.ics", "/go", "ermissions are destroyed", "did not appear"):
        assert wrong not in text


def test_the_worker_asks_spotify_nothing(sandbox: Sandbox) -> None:
    make_campaign(release_at=timezone.now())
    waiting = [make_campaign(), make_campaign(release_at=timezone.now(), **LOCAL_MIDNIGHT)]
    work_once()
    assert sandbox.get("calls")["calls"] == []
    assert not Alarm.objects.exists()
    for campaign in waiting:
        campaign.refresh_from_db()
        assert (campaign.state, campaign.last_finding) == (CampaignState.OPEN, "")


def test_fans_who_waited_when_the_app_was_taken_away_are_not_given_up(sandbox: Sandbox) -> None:
    campaign = make_presave(make_campaign(release_at=timezone.now())).campaign
    work_once()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OPEN
    # Which says in the dashboard that the id and the secret are missing.
    assert Gate.objects.filter(blocked_reason=ErrorReason.INVALID_CLIENT).exists()


def test_the_worker_does_not_look_ahead_either(sandbox: Sandbox) -> None:
    make_campaign()
    work_once()
    assert sandbox.get("calls")["calls"] == []


def test_nothing_is_looked_up() -> None:
    with pytest.raises(PlanningError, match=Obstacle.NO_APP):
        looking_up.look_up(make_campaign(state=CampaignState.DRAFT))


def test_the_checklist_names_what_is_left() -> None:
    draft = make_campaign(state=CampaignState.DRAFT)
    found = {one.name: one for one in checks.before_opening(draft, timezone.now())}
    assert "release" not in found
    assert found["app"].mark is checks.Mark.OPEN
    assert found["app"].title == "This site has no Spotify app"
    left = checks.before_release(make_campaign(), Totals(), [], "", timezone.now())
    assert [one.name for one in left] == ["worker", "mail"]


@pytest.mark.parametrize("path", ["/privacy", "/terms"])
def test_the_documents_say_that_nobody_can_pre_save(
    client: Client, settings: Settings, path: str
) -> None:
    told = "it has no Spotify app and asks for no permission"
    assert told in page(client, path)
    settings.SPOTIFY_CLIENT_ID = "4aawyAB9"
    assert told not in page(client, path)


def test_the_home_page_promises_no_pre_save(client: Client) -> None:
    text = page(client, "/")
    assert "find where to listen" in text
    assert "One save" not in text


def test_the_statement_names_no_app(client: Client) -> None:
    assert client.get("/.well-known/presave.json").json()["spotify"] is None


def test_a_release_page_needs_no_link_or_code(client: Client, sandbox: Sandbox) -> None:
    campaign = make_campaign(**UNNAMED, links=[ELSEWHERE], release_at=timezone.now())
    work_once()
    campaign.refresh_from_db()
    assert phase_of(campaign, timezone.now()) is Phase.FINISHED
    assert campaign.public_key is None
    text = page(client, f"/{campaign.slug}")
    assert "Out now" in text
    assert ELSEWHERE in text
    assert "Listen on Spotify" not in text


def test_without_a_link_or_code_it_stays_a_page_once_there_is_an_app(
    client: Client, settings: Settings, sandbox: Sandbox
) -> None:
    campaign = make_campaign(**UNNAMED, links_before=[ELSEWHERE])
    settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_APP_MODE = "4aawyAB9", "extended"
    work_once()
    text = page(client, f"/{campaign.slug}")
    assert text.index("calendar.ics") < text.index(ELSEWHERE)
    for wrong in ("/go", "re-save on Spotify", "tester", "opens within", "Paused"):
        assert wrong not in text
    answer = client.get(f"/{campaign.slug}/go")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/{campaign.slug}")
    campaign.refresh_from_db()
    told = next_step(standing_of(campaign, timezone.now()), None, timezone.now())
    assert "enter its Spotify link, UPC or ISRC" in told
    assert not trouble_of(campaign, Phase.DUE, campaign.release_at + timedelta(hours=1))
    left = checks.before_release(campaign, Totals(), [], "", timezone.now())
    assert [one.name for one in left] == ["worker", "mail"]

    Campaign.objects.filter(id=campaign.id).update(upc="609008295069")
    work_once()
    assert "Pre-save on Spotify" in page(client, f"/{campaign.slug}")


def test_without_a_link_or_code_it_ends_at_its_time_once_there_is_an_app(
    settings: Settings, sandbox: Sandbox
) -> None:
    unnamed = make_campaign(**UNNAMED, release_at=timezone.now())
    settings.SPOTIFY_CLIENT_ID = "4aawyAB9"
    work_once()
    unnamed.refresh_from_db()
    assert phase_of(unnamed, timezone.now()) is Phase.FINISHED
    assert sandbox.get("calls")["calls"] == []


def test_listening_links_come_with_the_first_midnight(client: Client) -> None:
    begun = timezone.now() - timedelta(hours=1)
    campaign = make_campaign(release_at=begun, links=[ELSEWHERE], **LOCAL_MIDNIGHT)
    text = page(client, f"/{campaign.slug}")
    assert ELSEWHERE in text
    assert "calendar.ics" in text


def test_campaigns_take_pre_saves_once_there_is_an_app(client: Client, settings: Settings) -> None:
    campaign = make_campaign()
    settings.SPOTIFY_CLIENT_ID = "4aawyAB9"
    assert "Pre-save on Spotify" in page(client, f"/{campaign.slug}")
