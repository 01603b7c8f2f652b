"""Confirming the release: nothing starts before the catalogue shows it, or goes on without."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from campaigns.catalogue import confirming, markets, series
from campaigns.catalogue.looks import LookupBudget
from campaigns.clock import database_now
from campaigns.gate import closing, permits
from campaigns.models import (
    HALVES,
    WATCH_EVERY,
    Campaign,
    CampaignState,
    ErrorReason,
    GateName,
    PauseReason,
    PreSave,
)
from campaigns.planning.transitions import cancel_campaign
from campaigns.spotify.answers import SpotifyError
from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.nights.night import believe, check_books, claim, make_night, record, save, states, work
from tests.sandbox_process import ALBUM_URI, ISRC, UPC, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

FUTURE = "2099-01-01T00:00:00+00:00"
OTHER_ID = "1111111111111111111111"
pytestmark = [pytest.mark.django_db, pytest.mark.release_core]
A_WATCH = WATCH_EVERY.total_seconds() + 1


def make_due(**fields: Any) -> Campaign:
    """An open campaign whose release moment has just come."""
    fields.setdefault("release_at", timezone.now() - timedelta(seconds=1))
    return make_campaign(**fields)


def confirm(campaign: Campaign) -> tuple[bool, str, str]:
    started = believe(campaign)
    campaign.refresh_from_db()
    return started, campaign.last_finding, campaign.state


# Findings.


def test_a_release_that_is_there_starts_the_campaign(sandbox: Sandbox) -> None:
    sandbox.add_album()
    campaign = make_due()
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == ALBUM_URI
    assert campaign.confirmed_at is not None


@pytest.mark.parametrize("codes", [{}, {"upc": UPC}, {"isrc": ISRC}])
def test_a_release_that_is_not_there_yet_is_waited_for(
    codes: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.add_album(available_at=FUTURE)
    sandbox.add_track(available_at=FUTURE)
    campaign = make_due(**codes)
    assert confirm(campaign) == (False, "not_there_yet", "open")
    assert campaign.confirmed_uri == ""


@pytest.mark.parametrize(
    "fields",
    [{"release_date": "2099-01-01"}, {"release_date": "2099"}, {"unplayable_markets": ["US"]}],
)
def test_a_release_that_is_shown_but_not_out_is_waited_for(
    fields: dict[str, Any], sandbox: Sandbox
) -> None:
    sandbox.add_album(**fields)
    assert confirm(make_due()) == (False, "not_out_yet", "open")


def test_a_catalogue_out_of_reach_is_waited_for(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.fault("album", status=503)
    campaign = make_due()
    assert confirm(campaign) == (False, "unreachable", "open")
    closing.check_open(timezone.now())


def test_the_operators_market_is_asked(sandbox: Sandbox, settings: Settings) -> None:
    settings.SPOTIFY_MARKET = "NZ"
    sandbox.add_album(markets={"NZ": FUTURE})
    assert confirm(make_due())[1] == "not_there_yet"


# Who looks, and when.


def test_looking_needs_no_fan(sandbox: Sandbox) -> None:
    sandbox.add_album()
    confirm(make_due())
    assert {call["account"] for call in sandbox.calls()} == {None}
    assert sandbox.calls("library") == sandbox.calls("token.refresh") == []


@pytest.mark.release_core
@pytest.mark.django_db(transaction=True)
def test_of_two_workers_only_one_looks(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    # The others come within the time after which the next look is due.
    monkeypatch.setattr(series, "FIRST_LOOKS_APART", timedelta(hours=1))
    sandbox.add_album()
    campaign = make_due()
    now = timezone.now()
    barrier = Barrier(4)

    def work(_: int) -> None:
        barrier.wait()
        try:
            confirming.confirm(Campaign.objects.get(id=campaign.id), LookupBudget(now))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    campaign.refresh_from_db()
    assert campaign.shown_looks == 1
    assert len(sandbox.calls("album")) == 1


@pytest.mark.parametrize(
    ("waited", "next_look"),
    [
        (timedelta(0), timedelta(seconds=1)),
        (timedelta(seconds=5), timedelta(seconds=1)),
        (timedelta(seconds=90), timedelta(seconds=1)),
        (timedelta(minutes=6), timedelta(seconds=4)),
        (timedelta(minutes=45), timedelta(seconds=30)),
        (timedelta(days=6), timedelta(seconds=30)),
    ],
)
def test_looks_grow_rarer_with_the_time_waited(
    waited: timedelta, next_look: timedelta, sandbox: Sandbox
) -> None:
    now = timezone.now()
    campaign = make_due(release_at=now - waited)
    assert confirming.confirm_due(now) == 0
    campaign.refresh_from_db()
    next_check_at = campaign.next_check_at
    assert next_check_at
    assert now + next_look <= next_check_at <= timezone.now() + next_look * 1.01
    # The clock runs on while it looks.
    confirming.confirm_due(next_check_at - next_look / 2)
    assert len(sandbox.calls("album")) == 1
    confirming.confirm_due(next_check_at)
    assert len(sandbox.calls("album")) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"release_at": timezone.now() + timedelta(hours=1)},
        {"public_key": None},
        {"paused_reason": PauseReason.RELEASE_REFUSED},
        {"state": CampaignState.DRAFT},
        {"state": CampaignState.CANCELLED},
    ],
    ids=["early", "without key", "paused", "draft", "cancelled"],
)
def test_nothing_is_looked_for_before_its_time(fields: dict[str, Any], sandbox: Sandbox) -> None:
    sandbox.add_album()
    make_due(**fields)
    assert confirming.confirm_due(timezone.now()) == 0
    assert sandbox.calls() == []


def test_after_a_429_no_other_campaign_is_looked_for(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.fault("album", status=429, headers={"Retry-After": "30"}, times=None)
    for _ in range(3):
        make_due()
    now = timezone.now()
    assert confirming.confirm_due(now) == 0
    assert confirming.confirm_due(now + timedelta(seconds=29)) == 0
    assert len(sandbox.calls("album")) == 1


@pytest.mark.parametrize("half", HALVES)
def test_while_either_gate_is_closed_no_look_is_spent(half: GateName, sandbox: Sandbox) -> None:
    campaign = make_due()
    now = timezone.now()
    error = SpotifyError(ErrorReason.RATE_LIMITED, half=half, retry_after=30)
    closing.close(error, now)
    assert confirming.confirm_due(now) == 0
    assert sandbox.calls() == []
    campaign.refresh_from_db()
    assert campaign.next_check_at is None


@pytest.mark.parametrize(
    "changes",
    [{"title": "First Light"}, {"artist": "Guest"}, {"market": "SE"}, {"accepted_uri": ALBUM_URI}],
    ids=str,
)
def test_what_is_compared_and_where_may_not_change_during_the_look(
    changes: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.add_album()
    campaign = make_due()
    Campaign.objects.filter(id=campaign.id).update(**changes)
    assert confirming.confirm(campaign, LookupBudget(timezone.now())) is False
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OPEN


@pytest.mark.parametrize("act", ["cancel", "move", "other release"])
def test_an_artists_act_during_the_look_wins(act: str, sandbox: Sandbox) -> None:
    sandbox.add_album()
    campaign = make_due()
    stale = Campaign.objects.get(id=campaign.id)
    if act == "cancel":
        cancel_campaign(campaign, timezone.now())
    elif act == "move":
        later = campaign.release_at + timedelta(days=2)
        Campaign.objects.filter(id=campaign.id).update(release_at=later)
    else:
        Campaign.objects.filter(id=campaign.id).update(spotify_uri=f"spotify:album:{OTHER_ID}")
    assert confirming.confirm(stale, LookupBudget(timezone.now())) is False
    campaign.refresh_from_db()
    assert campaign.state != CampaignState.RELEASING


def test_a_ban_met_while_looking_stops_the_saves_too(sandbox: Sandbox) -> None:
    sandbox.set(quota_retry_after=50_400)
    now = timezone.now()
    assert confirming.confirm(make_due(), LookupBudget(now)) is False
    with pytest.raises(closing.GateClosedError) as caught:
        permits.take(GateName.API, 1, now)
    assert caught.value.reason == "quota_exceeded"
    # Counted from the answer on, not from when the look began.
    assert caught.value.until >= now + timedelta(hours=14)


# A release that goes again.


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


def test_while_it_is_there_nothing_changes_but_the_times_of_looks(sandbox: Sandbox) -> None:
    campaign = make_watched(sandbox)
    now = database_now()
    before = Campaign.objects.values().get()
    after = look(campaign, now)
    assert after.next_check_at
    assert after.shown_at
    names = ("next_check_at", "shown_at", "watched_until")
    times = {name: getattr(after, name) for name in names}
    assert Campaign.objects.values().get() == before | times
    assert now + WATCH_EVERY <= after.next_check_at <= database_now() + WATCH_EVERY
    assert now <= after.shown_at <= database_now()
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
        {"name": "First Light"},
        {"artists": ["Somebody Else"]},
    ],
    ids=[
        *("not playable", "not in the market", "postponed", "another code"),
        *("another title", "another artist"),
    ],
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


def test_a_release_that_version_0_1_began_under_another_title_goes_on(sandbox: Sandbox) -> None:
    before = {"confirmed_title": "", "confirmed_artist": ""}
    campaign = make_watched(sandbox, upc=UPC, **before)
    sandbox.add_album(name="First Light", artists=["Somebody Else"])
    assert look(campaign).state == CampaignState.RELEASING
    sandbox.add_album(upc="609008295070")
    assert look(campaign, database_now() + WATCH_EVERY).state == CampaignState.OPEN


def test_the_market_that_showed_it_may_be_asked_no_more(sandbox: Sandbox) -> None:
    """The day of Fiji, the campaign's market before, begins ahead of New Zealand's."""
    sandbox.add_album(available_at=FUTURE)
    campaign = make_local_campaign(state=CampaignState.RELEASING)
    new_zealand = markets.market_midnights(campaign)[0].at
    Campaign.objects.update(confirmed_until=new_zealand)
    make_presave(campaign, due_at=new_zealand)
    after = look(campaign, new_zealand)
    assert (after.state, after.last_finding) == ("releasing", "not_there_yet")


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
    assert work(later=10 * A_WATCH) == 0
    assert work(later=13 * A_WATCH) == 1
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
    assert confirming.confirm_due(now + 5 * WATCH_EVERY) == 0
    assert Campaign.objects.get().last_finding == "gone"
    assert confirming.confirm_due(now + 8 * WATCH_EVERY) == 1
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
