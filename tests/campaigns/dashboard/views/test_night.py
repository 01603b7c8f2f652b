"""Release night's page without a browser: what it says when, and what can be done there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import (
    Campaign,
    CampaignState,
    ErrorReason,
    FinalFigures,
    Finding,
    Gate,
    Heartbeat,
    Label,
    PauseReason,
    PreSaveState,
    Role,
)
from campaigns.spotify.answers import SpotifyError
from tests import factory

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

NIGHT = "/dashboard/campaigns/night-bus/night"
OVERVIEW = "/dashboard/campaigns/night-bus"
RELEASING = {"state": CampaignState.RELEASING}


@pytest.fixture
def campaign(label: Label) -> Campaign:
    return factory.make_campaign(label=label, slug="night-bus")


def night_of(dashboard: Client, label: Label, **fields: Any) -> str:
    factory.make_campaign(label=label, slug="night-bus", **fields)
    return text_of(dashboard)


def text_of(dashboard: Client, path: str = NIGHT) -> str:
    return dashboard.get(path).content.decode()


def headline(page: str) -> str:
    (found,) = re.findall(r'<h2 id="night-title">(.*?)</h2>', page)
    return str(found)


def refreshed_every(page: str) -> set[str]:
    """The seconds of the page's own places; the head above it has others."""
    return set(re.findall(r'id="(?:said|now|acts|details|options)"[^>]* data-live="(\d+)"', page))


def test_before_the_release_all_is_ready_and_the_time_is_counted_down(
    dashboard: Client, campaign: Campaign
) -> None:
    factory.make_presaves(campaign, ["a", "b"])
    left = timedelta(days=2, hours=3, minutes=4, seconds=30)
    Campaign.objects.update(release_at=timezone.now() + left, last_finding=Finding.NOT_THERE_YET)

    page = text_of(dashboard)

    assert headline(page) == "Everything is ready"
    for unit, number in (("days", "2"), ("hours", "03"), ("minutes", "04")):
        assert f"<b data-{unit}>{number}</b>" in page
    for check in ("The worker is running", "2 fans are waiting", "most releases appear only when"):
        assert check in page
    assert "Needs attention" not in page


def test_what_keeps_it_from_being_ready_is_said_with_what_to_do(
    dashboard: Client, campaign: Campaign
) -> None:
    Heartbeat.objects.all().delete()

    page = text_of(dashboard)

    assert headline(page) == "Not ready yet"
    assert "The worker is not running" in page
    assert "Ask your site administrator" in page
    assert page.count("Needs attention") == 1


def test_a_draft_has_no_release_night(dashboard: Client, label: Label) -> None:
    factory.make_campaign(label=label, slug="night-bus", state=CampaignState.DRAFT)
    answer = dashboard.get(NIGHT)
    assert (answer.status_code, answer.headers["Location"]) == (302, OVERVIEW)


def test_a_question_is_asked_on_the_page_before_the_release(
    dashboard: Client, label: Label
) -> None:
    asked = {"last_finding": Finding.OTHER_TITLE, "found_title": "Day Bus"}
    found = {"found_uri": "spotify:album:1111111111111111111111", "found_artist": "Demo Artist"}

    page = night_of(dashboard, label, **asked, **found)

    assert headline(page) == "Spotify shows a different title or artist"
    assert "This is it…" in page
    assert f"{OVERVIEW}/accept" in page
    assert "Correct the link or code" in page


@pytest.mark.parametrize("is_due", [False, True])
def test_a_pause_is_loud_before_its_time_too(dashboard: Client, label: Label, is_due: bool) -> None:
    at = timezone.now() + (timedelta() if is_due else timedelta(days=9))

    page = night_of(dashboard, label, paused_reason=PauseReason.RELEASE_CHANGED, release_at=at)

    assert headline(page) == "Title or artist isn&#x27;t what fans agreed to"
    assert f'action="{OVERVIEW}/resume"' in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"public_key": None}, "Going live…"),
        ({"release_at": timezone.now()}, "Looking for the release on Spotify"),
        ({"state": CampaignState.FINISHED}, "Nobody had pre-saved."),
        ({"state": CampaignState.FINISHED, "confirmed_uri": ""}, "Nobody had pre-saved."),
        ({"state": CampaignState.CANCELLED}, "This campaign was cancelled"),
    ],
)
def test_every_stage_has_its_headline(
    dashboard: Client, label: Label, fields: dict[str, Any], said: str
) -> None:
    assert headline(night_of(dashboard, label, **fields)).startswith(said)


def test_a_release_under_way_says_how_far_it_is_and_how_long_it_takes(
    dashboard: Client, label: Label
) -> None:
    releasing = factory.make_campaign(label=label, slug="night-bus", **RELEASING)
    factory.make_presaves(releasing, ["a", "b", "c"])
    factory.make_presave(releasing, sent_at=timezone.now())
    factory.make_presaves(releasing, ["", ""], state=PreSaveState.SAVED)
    factory.make_presave(releasing, state=PreSaveState.FAILED)
    factory.make_presave(releasing, state=PreSaveState.CANCELLED)

    page = text_of(dashboard)

    assert headline(page) == "It&#x27;s out. Saving it for your fans"
    assert "<b>2</b> of 7 fans have it" in page
    assert '<progress id="bar" value="3" max="7">' in page
    assert "<dd>about half a minute</dd>" in page
    assert "<dt>Being confirmed</dt><dd>1</dd>" in page
    assert "<dt>Failed</dt><dd>1</dd>" in page
    assert "Spotify is answering as usual." in page


def test_a_pause_that_spotify_asks_for_is_said_in_words_and_remembered(
    dashboard: Client, label: Label
) -> None:
    releasing = factory.make_campaign(label=label, slug="night-bus", **RELEASING)
    factory.make_presave(releasing)
    error = SpotifyError(ErrorReason.RATE_LIMITED, retry_after=30)
    closing.close(error, database_now())

    page = text_of(dashboard)
    assert headline(page) == "Spotify&#x27;s rate limit reached. Waiting"
    assert "No action needed: Presave continues at a slower pace." in page

    Campaign.objects.update(release_at=timezone.now() - timedelta(minutes=5))
    Gate.objects.update(blocked_until=database_now() - timedelta(seconds=1))
    page = text_of(dashboard)
    assert headline(page) == "It&#x27;s out. Saving it for your fans"
    assert "We reached Spotify&#x27;s rate limit at" in page


def test_without_a_worker_the_night_says_that_nothing_happens(
    dashboard: Client, label: Label
) -> None:
    Heartbeat.objects.all().delete()
    page = night_of(dashboard, label, release_at=timezone.now())

    assert headline(page) == "The worker isn&#x27;t running, so nothing is happening"


def test_the_end_says_how_many_have_it_and_how_soon(dashboard: Client, label: Label) -> None:
    done = {"state": CampaignState.FINISHED, "delivery_p50": 1, "delivery_p95": 3}
    finished = factory.make_campaign(label=label, slug="night-bus", failures={}, **done)
    factory.make_presaves(finished, [""] * 61, state=PreSaveState.SAVED)
    FinalFigures.objects.create(campaign=finished, delivery_latest=4)

    page = text_of(dashboard)

    assert headline(page) == (
        "Done: 61 of 61 fans have it, half within 1 second, all within 4 seconds."
    )
    assert f'href="{OVERVIEW}/report">Read the report</a>' in page


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"release_at": timezone.now() + timedelta(days=9)}, "10"),
        ({"release_at": timezone.now() + timedelta(minutes=50)}, "2"),
        ({"release_at": timezone.now()}, "2"),
        (RELEASING, "2"),
        ({"state": CampaignState.FINISHED}, "2"),
        ({"state": CampaignState.FINISHED, "failures": {}}, "60"),
    ],
)
def test_the_nearer_the_release_the_sooner_the_page_follows(
    dashboard: Client, label: Label, fields: dict[str, Any], seconds: str
) -> None:
    assert refreshed_every(night_of(dashboard, label, **fields)) == {seconds}


@pytest.mark.parametrize(
    ("fields", "is_led"),
    [
        ({"release_at": timezone.now() + timedelta(hours=25)}, False),
        ({"release_at": timezone.now() + timedelta(hours=23)}, True),
        (RELEASING, True),
        ({"state": CampaignState.CANCELLED, "release_at": timezone.now()}, True),
        (
            {
                "state": CampaignState.CANCELLED,
                "cancelled_at": timezone.now() - timedelta(minutes=61),
            },
            False,
        ),
        ({"state": CampaignState.FINISHED}, False),
        ({"state": CampaignState.DRAFT, "release_at": timezone.now()}, False),
    ],
)
def test_the_campaigns_page_leads_there_around_the_release(
    dashboard: Client, label: Label, fields: dict[str, Any], is_led: bool
) -> None:
    factory.make_campaign(label=label, slug="night-bus", **fields)
    assert ("Watch it happen" in text_of(dashboard, OVERVIEW)) is is_led


def test_a_finished_campaigns_page_leads_to_its_report(dashboard: Client, label: Label) -> None:
    factory.make_campaign(label=label, slug="night-bus", state=CampaignState.FINISHED)
    assert "Read the report" in text_of(dashboard, OVERVIEW)


@pytest.mark.parametrize(("fields", "is_led"), [({}, False), (RELEASING, True)])
def test_during_the_release_the_lists_row_leads_there(
    dashboard: Client, label: Label, fields: dict[str, Any], is_led: bool
) -> None:
    factory.make_campaign(label=label, slug="night-bus", **fields)
    assert (f'href="{NIGHT}"' in text_of(dashboard, "/dashboard")) is is_led


def test_a_viewer_watches_and_is_offered_nothing(client: Client, label: Label) -> None:
    factory.make_campaign(
        label=label, slug="night-bus", paused_reason=PauseReason.RELEASE_REFUSED, **RELEASING
    )
    client.force_login(factory.make_member(label, role=Role.VIEWER))

    page = text_of(client)

    assert "Owners and editors of Demo Label can act here; you can watch." in page
    for act in ("resume", "edit", "cancel"):
        assert f"{OVERVIEW}/{act}" not in page


def test_a_look_costs_twelve_queries_at_most(
    dashboard: Client, label: Label, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    releasing = factory.make_campaign(label=label, slug="night-bus", **RELEASING)
    factory.make_presaves(releasing, ["a", "b"])
    factory.make_presave(factory.make_campaign(**RELEASING))
    with django_assert_max_num_queries(12):
        dashboard.get(NIGHT)
