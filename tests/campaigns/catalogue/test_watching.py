"""The catalogue said yes, and then no: saving stops, keeps everything, and goes on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.catalogue import confirming
from campaigns.clock import database_now
from campaigns.models import WATCH_EVERY, Campaign, CampaignState, PauseReason, PreSave
from tests.factory import make_campaign, make_presave
from tests.nights.night import check_books, claim, make_night, record, save, states, work
from tests.sandbox_process import ALBUM_URI, UPC, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

OTHER_ID = "1111111111111111111111"
A_WATCH = WATCH_EVERY.total_seconds() + 1


def make_watched(sandbox: Sandbox, **fields: Any) -> Campaign:
    """Releasing, with one fan who is due soon, so that a look is due and no save."""
    sandbox.add_album()
    campaign = make_campaign(state=CampaignState.RELEASING, last_finding="confirmed", **fields)
    make_presave(campaign, due_at=timezone.now() + WATCH_EVERY / 2)
    return campaign


def look(campaign: Campaign, now: datetime | None = None) -> Campaign:
    now = now or database_now()
    assert confirming.confirm_due(now) == 0
    return Campaign.objects.get(id=campaign.id)


def take_away(sandbox: Sandbox) -> None:
    sandbox.delete(f"catalogue/{ALBUM_URI}")


def test_while_it_is_there_nothing_changes_but_the_time_of_the_next_look(sandbox: Sandbox) -> None:
    campaign = make_watched(sandbox)
    now = database_now()
    before = Campaign.objects.values().get()
    look(campaign, now)
    assert Campaign.objects.values().get() == before | {"next_check_at": now + WATCH_EVERY}
    assert len(sandbox.calls("album")) == 1


def test_when_it_has_gone_the_campaign_waits_again_and_keeps_everything(sandbox: Sandbox) -> None:
    campaign = make_watched(sandbox)
    take_away(sandbox)
    stopped = look(campaign)
    assert stopped.state == CampaignState.OPEN
    assert stopped.last_finding == "gone"
    assert (stopped.confirmed_uri, stopped.confirmed_at, stopped.confirmed_until) == (
        "",
        None,
        None,
    )
    assert PreSave.objects.pending().exclude(sealed=None).count() == 1


@pytest.mark.parametrize(
    "gone",
    [
        {"unplayable_markets": ["US"]},
        {"markets": {"US": None}},
        {"release_date": "2099-01-01"},
        {"upc": "609008295070"},
    ],
    ids=["not playable", "not in the market", "postponed", "another code"],
)
def test_what_would_not_have_been_confirmed_counts_as_gone(
    gone: dict[str, Any], sandbox: Sandbox
) -> None:
    campaign = make_watched(sandbox, upc=UPC, confirmed_uri=ALBUM_URI)
    sandbox.add_album(**gone)
    assert look(campaign).state == CampaignState.OPEN


def test_a_second_release_under_the_same_code_stops_nothing(sandbox: Sandbox) -> None:
    campaign = make_watched(sandbox, upc=UPC, confirmed_uri=ALBUM_URI)
    sandbox.add_album(id=OTHER_ID)
    assert look(campaign).state == CampaignState.RELEASING


@pytest.mark.parametrize("status", [500, 502, 429])
def test_a_look_that_fails_stops_nothing(status: int, sandbox: Sandbox) -> None:
    campaign = make_watched(sandbox)
    sandbox.fault("album", status=status, times=None)
    after = look(campaign)
    assert (after.state, after.last_finding) == (CampaignState.RELEASING, "confirmed")


def test_a_night_stops_and_goes_on_when_the_release_is_back(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3, state=CampaignState.OPEN, release_at=timezone.now())
    late, *_ = PreSave.objects.all()
    PreSave.objects.filter(id=late.id).update(due_at=timezone.now() + 1.5 * WATCH_EVERY)
    assert work() == 2
    take_away(sandbox)
    assert work(later=A_WATCH) == 0
    assert Campaign.objects.get().state == CampaignState.OPEN
    assert work(later=2 * A_WATCH) == 0
    assert states(campaign) == {"saved": 2, "pending": 1}
    sandbox.add_album()
    assert work(later=3 * A_WATCH) == 1
    assert states(campaign) == {"saved": 3}
    check_books(campaign)
    assert Campaign.objects.get().state == CampaignState.FINISHED


def test_a_claim_on_its_way_is_given_back(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=2)
    claimed = claim(campaign)

    def go_away() -> None:
        take_away(sandbox)
        assert look(campaign).state == CampaignState.OPEN

    done = save(claimed, meanwhile=go_away)
    assert set(done.outcome.returned) == {row.id for row in claimed.rows}
    record(done)
    assert states(campaign) == {"pending": 2}
    assert sandbox.calls("library") == []


def test_that_it_has_gone_stays_said_until_it_is_back(sandbox: Sandbox) -> None:
    campaign = make_watched(sandbox)
    take_away(sandbox)
    now = database_now()
    look(campaign, now)
    assert look(campaign, now + WATCH_EVERY).last_finding == "gone"
    sandbox.fault("album", status=503)
    assert look(campaign, now + 2 * WATCH_EVERY).last_finding == "gone"
    sandbox.add_album()
    assert confirming.confirm_due(now + 3 * WATCH_EVERY) == 1
    assert Campaign.objects.get().last_finding == "confirmed"


@pytest.mark.parametrize(
    "fields",
    [{"paused_reason": PauseReason.KEY_MISSING}, {"state": CampaignState.FINISHED}],
    ids=["paused", "ended"],
)
def test_only_where_fans_are_being_saved_is_it_watched(
    fields: dict[str, Any], sandbox: Sandbox
) -> None:
    make_presave(make_campaign(**{"state": CampaignState.RELEASING} | fields))
    assert confirming.confirm_due(timezone.now()) == 0
    assert sandbox.calls() == []


def test_without_a_fan_who_is_due_soon_nobody_looks(sandbox: Sandbox) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign, due_at=timezone.now() + timedelta(hours=3))
    make_presave(campaign, state="saved")
    assert confirming.confirm_due(timezone.now()) == 0
    assert sandbox.calls() == []
