"""A worker or beat that is dead is noticed within a minute: by monitoring and on the dashboard."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from campaigns.clock import database_now
from campaigns.models import Campaign, CampaignState, Heartbeat
from campaigns.status import heartbeat
from campaigns.tasks import run_due_work
from tests import factory
from tests.factory import make_campaign
from tests.fans import text_of
from tests.nights.night import work

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
LIVE = [CampaignState.OPEN, CampaignState.RELEASING]
SLEEPING = sorted({*CampaignState} - {*LIVE})


def heard(ago: timedelta) -> datetime:
    """The last heartbeat was given so long ago."""
    beat_at = database_now() - ago
    heartbeat.beat(beat_at)
    return beat_at


def ready(client: Client) -> tuple[int, str]:
    answer = client.get("/readyz")
    return answer.status_code, answer.content.decode().strip()


# What a worker says.


def test_every_run_of_due_work_is_a_heartbeat() -> None:
    run_due_work()
    assert database_now() - Heartbeat.objects.get().beat_at < 20 * SECOND


@pytest.mark.django_db(transaction=True)
def test_the_release_worker_gives_one_too() -> None:
    call_command("release_worker", "--once")
    assert Heartbeat.objects.exists()


def test_it_is_written_every_ten_seconds_at_most() -> None:
    now = database_now()
    written = []
    for seconds in (0, 2, 9.9, 10, 19, 20):
        heartbeat.beat(now + seconds * SECOND)
        written.append((Heartbeat.objects.get().beat_at - now).total_seconds())
    assert written == [0, 0, 0, 10, 10, 20]


def test_a_heartbeat_of_the_future_does_not_hide_a_death(client: Client) -> None:
    heard(-3600 * SECOND)
    work()
    beat_at = Heartbeat.objects.get().beat_at
    assert abs(database_now() - beat_at) < 20 * SECOND


# What monitoring hears.


def test_a_worker_that_was_heard_of_a_moment_ago_is_there(client: Client) -> None:
    make_campaign()
    heard(45 * SECOND)
    assert ready(client) == (200, "ok")


def test_after_a_minute_of_silence_monitoring_is_told_where_to_look(client: Client) -> None:
    heard(75 * SECOND)
    status, text = ready(client)
    assert status == 503
    assert text.startswith("No heartbeat from the worker for 7")
    assert text.endswith("seconds. Check worker and beat.")
    assert client.get("/healthz").status_code == 200
    work()
    assert ready(client) == (200, "ok")


@pytest.mark.parametrize("state", LIVE)
def test_a_worker_that_never_came_is_missed_once_it_is_needed(
    client: Client, state: CampaignState
) -> None:
    make_campaign(state=state)
    assert ready(client) == (503, "No heartbeat from the worker yet. Check worker and beat.")


@pytest.mark.parametrize("state", SLEEPING)
def test_a_worker_that_never_came_is_not_missed_before(
    client: Client, state: CampaignState
) -> None:
    make_campaign(state=state)
    assert ready(client) == (200, "ok")


# What the artist reads.


def pages_of(campaign: Campaign) -> list[str]:
    artist = factory.make_member(campaign.label)
    client = Client()
    client.force_login(artist)
    page = reverse("dashboard-campaign", args=[campaign.slug])
    return [text_of(client.get(address)) for address in (reverse("dashboard"), page)]


@pytest.mark.parametrize("state", LIVE)
def test_the_list_and_the_page_say_since_when_nobody_works(state: CampaignState) -> None:
    campaign = make_campaign(state=state)
    beat_at = heard(75 * SECOND)
    told = f"no sign of the worker since {beat_at:%H:%M UTC on %-d %B %Y}. Ask your site"
    for page in pages_of(campaign):
        assert page.count(told) == 1
        assert "left, at" not in page


def test_they_say_so_of_a_worker_that_never_came() -> None:
    for page in pages_of(make_campaign()):
        assert (
            page.count("There's been no sign of the worker yet. Ask your site administrator.") == 1
        )


@pytest.mark.parametrize("state", LIVE)
def test_they_say_nothing_while_a_worker_is_there(state: CampaignState) -> None:
    heard(45 * SECOND)
    for page in pages_of(make_campaign(state=state)):
        assert "heard of" not in page


@pytest.mark.parametrize("state", SLEEPING)
def test_they_say_nothing_where_no_worker_is_needed(state: CampaignState) -> None:
    heard(75 * SECOND)
    for page in pages_of(make_campaign(state=state)):
        assert "heard of" not in page
