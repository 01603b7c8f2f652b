"""One look ahead of the release: an artist is asked before the night, and not on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.catalogue import confirming
from campaigns.catalogue.confirming import ASK_AGAIN, LOOK_AHEAD_AGAIN
from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import Campaign, CampaignState, ErrorReason, Finding, PauseReason
from campaigns.planning import moving
from campaigns.spotify.answers import SpotifyError
from tests.factory import make_campaign, make_local_campaign
from tests.nights.night import make_night, states, work
from tests.sandbox_process import ALBUM_URI, UPC, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

FUTURE = "2099-01-01T00:00:00+00:00"
DAY = timedelta(days=1)


def look_ahead(now: datetime | None = None, is_over: Callable[[], bool] = lambda: False) -> None:
    confirming.look_ahead(now or database_now(), is_over)


def asked(sandbox: Sandbox) -> int:
    return len(sandbox.calls("album") + sandbox.calls("search"))


@pytest.mark.parametrize("names", [{}, {"upc": UPC}])
@pytest.mark.parametrize("make", [make_campaign, make_local_campaign])
def test_another_release_is_asked_about_before_the_night(
    make: Callable[..., Campaign], names: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.add_album(name="First Light")
    campaign = make(**names)
    look_ahead()
    campaign.refresh_from_db()
    assert campaign.awaits_an_answer
    assert (campaign.found_uri, campaign.found_title) == (ALBUM_URI, "First Light")
    assert campaign.state == "open"


@pytest.mark.parametrize(
    ("another", "finding"),
    [
        ({"album_type": "single"}, Finding.SEVERAL_MATCH),
        ({"explicit": True}, Finding.NOT_OUT_YET),
    ],
    ids=["several", "versions"],
)
def test_what_the_artist_may_choose_is_noted_before_the_night(
    another: dict[str, Any], finding: Finding, sandbox: Sandbox
) -> None:
    campaign = make_campaign(upc=UPC)
    day = campaign.release_local.date().isoformat()
    sandbox.add_album(release_date=day)
    sandbox.add_album(release_date=day, id="1" * 22, **another)
    look_ahead()
    campaign.refresh_from_db()
    assert (campaign.last_finding, campaign.offers_a_choice) == (finding, True)
    assert len(campaign.candidates) == 2


@pytest.mark.parametrize(
    "shown",
    [{"available_at": FUTURE}, {"release_date": "2099-01-01"}, {"release_date": "2026-11-01"}],
    ids=["not there", "not out", "out"],
)
def test_the_release_itself_or_nothing_is_not_noted(
    shown: dict[str, Any], sandbox: Sandbox
) -> None:
    sandbox.add_album(**shown)
    campaign = make_campaign()
    look_ahead()
    campaign.refresh_from_db()
    assert (campaign.last_finding, campaign.state) == ("", "open")
    assert campaign.next_check_at == campaign.release_at


def test_each_is_looked_up_once_and_the_next_to_come_out_is_the_first(sandbox: Sandbox) -> None:
    now = database_now()
    late, soon = (make_campaign(release_at=now + days * DAY) for days in (20, 10))
    for looked_up in ([soon], [soon, late], [soon, late]):
        look_ahead()
        done = Campaign.objects.exclude(next_check_at=None)
        assert {*done} == {*looked_up}
        assert asked(sandbox) == len(looked_up)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": CampaignState.DRAFT},
        {"state": CampaignState.CANCELLED},
        {"public_key": None},
        {"paused_reason": PauseReason.RELEASE_CHANGED},
    ],
    ids=["draft", "cancelled", "without key", "paused"],
)
def test_only_what_fans_can_pre_save_is_looked_up(fields: dict[str, Any], sandbox: Sandbox) -> None:
    make_campaign(**fields)
    look_ahead()
    assert sandbox.calls() == []


def test_a_release_that_is_due_goes_first(sandbox: Sandbox) -> None:
    due, to_come = make_campaign(release_at=database_now()), make_campaign()
    look_ahead()
    assert asked(sandbox) == 0
    Campaign.objects.filter(id=due.id).update(next_check_at=database_now() + DAY)
    look_ahead()
    to_come.refresh_from_db()
    assert to_come.next_check_at == to_come.release_at


def test_while_the_gate_is_closed_none_is_spent(sandbox: Sandbox) -> None:
    campaign = make_campaign()
    closing.close(SpotifyError(ErrorReason.RATE_LIMITED, retry_after=30), database_now())
    look_ahead()
    campaign.refresh_from_db()
    assert (asked(sandbox), campaign.next_check_at) == (0, None)


def test_the_campaigns_own_market_is_asked(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light", markets={"SE": FUTURE})
    make_campaign(market="SE")
    look_ahead()
    assert Campaign.objects.get().last_finding == ""


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 429, "headers": {"Retry-After": "1"}}], ids=str
)
def test_a_spotify_that_is_silent_is_asked_again_after_an_hour(
    fault: dict[str, Any], sandbox: Sandbox
) -> None:
    sandbox.add_album(name="First Light")
    sandbox.fault("album", **fault)
    make_campaign()
    now = database_now()
    look_ahead(now)
    assert Campaign.objects.get().last_finding == ""
    look_ahead(now + LOOK_AHEAD_AGAIN - timedelta(seconds=1))
    assert asked(sandbox) == 1
    look_ahead(now + LOOK_AHEAD_AGAIN)
    assert Campaign.objects.get().awaits_an_answer


def test_no_look_is_put_off_beyond_the_release(sandbox: Sandbox) -> None:
    sandbox.fault("album", status=503)
    campaign = make_campaign(release_at=database_now() + LOOK_AHEAD_AGAIN / 2)
    look_ahead()
    campaign.refresh_from_db()
    assert campaign.next_check_at == campaign.release_at


def test_a_look_that_goes_wrong_is_logged_and_does_not_come_back_at_once(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_campaign()
    for _ in range(2):
        look_ahead(is_over=lambda: bool(1 / 0))
    assert caplog.text.count(f"look ahead failed campaign={campaign.id}") == 1


def test_an_artists_act_during_the_look_wins(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light")
    campaign = make_campaign()

    def correct_the_title() -> bool:
        Campaign.objects.update(title="First Light", next_check_at=None)
        return False

    look_ahead(is_over=correct_the_title)
    campaign.refresh_from_db()
    assert (campaign.last_finding, campaign.next_check_at) == ("", None)


def test_after_a_move_it_is_looked_up_anew(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light")
    campaign = make_campaign()
    look_ahead()
    moved_to = timezone.now() + 5 * DAY
    moving.move_release(campaign, moved_to, "Europe/Berlin", timezone.now())
    assert not Campaign.objects.get().awaits_an_answer
    look_ahead()
    assert Campaign.objects.get().awaits_an_answer


def test_the_night_begins_on_time_after_a_look_ahead(sandbox: Sandbox) -> None:
    """The worker looks ahead by itself."""
    release_at = database_now() + DAY
    campaign = make_night(sandbox, fans=2, state=CampaignState.OPEN, release_at=release_at)
    work()
    assert asked(sandbox) == 1
    assert Campaign.objects.get().next_check_at == release_at
    assert work((release_at - database_now()).total_seconds()) == 2
    assert states(campaign) == {"saved": 2}


def test_a_question_is_looked_into_again_each_day_until_it_is_gone(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light")
    now = database_now()
    campaign = make_campaign()
    look_ahead(now)
    look_ahead(now + ASK_AGAIN / 2)
    assert asked(sandbox) == 1
    sandbox.add_album()  # the distributor has corrected it
    look_ahead(now + ASK_AGAIN)
    campaign.refresh_from_db()
    assert asked(sandbox) == 2
    assert not campaign.asks_the_artist
    assert (campaign.last_finding, campaign.found_uri) == ("", "")
    assert campaign.next_check_at == campaign.release_at


def test_a_look_without_an_answer_takes_no_question_back(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light")
    now = database_now()
    make_campaign()
    look_ahead(now)
    sandbox.fault("album", status=400, body={"error": {"status": 400, "message": "no"}})
    look_ahead(now + ASK_AGAIN)
    assert asked(sandbox) == 2
    assert Campaign.objects.get().awaits_an_answer


@pytest.mark.parametrize("busy", ["due soon", "being saved"])
def test_what_is_being_released_is_not_held_up(busy: str, sandbox: Sandbox) -> None:
    now = database_now()
    if busy == "due soon":
        make_campaign(release_at=now + timedelta(seconds=5))
    else:
        make_night(sandbox, fans=1, next_check_at=now + DAY)
    make_campaign()
    look_ahead(now)
    assert asked(sandbox) == 0


def test_a_silent_spotify_costs_one_look_an_hour_and_not_one_for_each_campaign(
    sandbox: Sandbox,
) -> None:
    sandbox.fault("album", status=503, times=None)
    for days in range(1, 5):
        make_campaign(release_at=database_now() + days * DAY)
    for _ in range(4):
        look_ahead()
    assert asked(sandbox) == 1
