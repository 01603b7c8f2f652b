"""Series of looks: several agree before the first save, and one that does not ends them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db.models import Max
from django.utils import timezone

from campaigns.catalogue import confirming, looks, series
from campaigns.catalogue.looks import LookupBudget
from campaigns.catalogue.markets import market_midnights
from campaigns.clock import database_now
from campaigns.gate.learning import LOWEST_RATE
from campaigns.models import (
    HALVES,
    WATCH_EVERY,
    Campaign,
    CampaignState,
    Gate,
    GateName,
    PreSave,
)
from campaigns.planning.moving import look_anew
from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.nights.night import believe, check_books, confirm_sent, make_night, send, states
from tests.sandbox_process import ALBUM_URI, UPC, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

FUTURE = "2099-01-01T00:00:00+00:00"
OTHER_ID = "1111111111111111111111"
SECOND = timedelta(seconds=1)
FIRST_LOOKS_APART = series.FIRST_LOOKS_APART


def make_due(**fields: Any) -> Campaign:
    fields.setdefault("release_at", timezone.now() - SECOND)
    return make_campaign(**fields)


def look(campaign: Campaign, now: datetime | None = None) -> Campaign:
    """One look, whenever the next one would be due."""
    mine = Campaign.objects.filter(id=campaign.id)
    mine.update(next_check_at=None)
    confirming.confirm(mine.get(), LookupBudget(now or database_now()))
    return mine.get()


# Before the first save.


def test_the_first_looks_follow_each_other_in_one_round(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "FIRST_LOOKS_APART", FIRST_LOOKS_APART)
    sandbox.add_album()
    campaign = make_due()
    assert confirming.confirm_due(database_now()) == 1
    looks = [datetime.fromisoformat(call["at"]) for call in sandbox.calls("album")]
    assert len(looks) == series.FIRST_LOOKS
    apart = [later - earlier for earlier, later in pairwise(looks)]
    # They are counted from the beginning of a look, and the sandbox's clock is read in its midst.
    shortest = series.FIRST_LOOKS_APART * 0.8
    assert min(apart) > shortest
    campaign.refresh_from_db()
    assert (campaign.state, campaign.shown_looks) == (CampaignState.RELEASING, 0)
    assert campaign.shown_since
    assert campaign.confirmed_at
    assert campaign.confirmed_at - campaign.shown_since > 2 * shortest


def test_one_look_that_does_not_show_it_begins_the_series_anew(sandbox: Sandbox) -> None:
    campaign = make_due()
    sandbox.add_album()
    for number in range(1, series.FIRST_LOOKS):
        assert look(campaign).shown_looks == number
    sandbox.add_album(available_at=FUTURE)
    after = look(campaign)
    assert (after.shown_uri, after.shown_looks, after.last_finding) == ("", 0, "not_there_yet")
    sandbox.add_album()
    assert look(campaign).state == CampaignState.OPEN
    assert believe(campaign)


def test_a_look_without_an_answer_neither_counts_nor_ends_the_series(sandbox: Sandbox) -> None:
    campaign = make_due()
    sandbox.add_album()
    look(campaign)
    sandbox.fault("album", status=503)
    assert look(campaign).shown_looks == 1
    assert look(campaign).shown_looks == 2


def test_another_release_under_the_code_begins_a_series_of_its_own(sandbox: Sandbox) -> None:
    campaign = make_due(upc=UPC, spotify_uri="")
    sandbox.add_album()
    assert look(campaign).shown_uri == ALBUM_URI
    sandbox.delete(f"catalogue/{ALBUM_URI}")
    sandbox.add_album(id=OTHER_ID)
    after = look(campaign)
    assert (after.shown_uri, after.shown_looks) == (f"spotify:album:{OTHER_ID}", 1)


def test_an_artists_edit_begins_the_series_anew(sandbox: Sandbox) -> None:
    campaign = make_due()
    sandbox.add_album()
    campaign = look(campaign)
    look_anew(campaign)
    assert (campaign.shown_uri, campaign.shown_looks) == ("", 0)


def test_what_has_vanished_has_to_be_there_for_a_while(sandbox: Sandbox) -> None:
    sandbox.add_album()
    now = database_now()
    campaign = make_due(vanished_at=now - SECOND, last_finding="gone")
    for passed in range(0, 30, 2):
        assert look(campaign, now + passed * SECOND).state == CampaignState.OPEN
    assert (
        look(campaign, now + series.STEADY_AFTER_VANISHING + SECOND).state
        == CampaignState.RELEASING
    )


def test_a_release_that_is_late_is_seen_soon(sandbox: Sandbox) -> None:
    now = database_now()
    campaign = look(make_due(release_at=now - timedelta(seconds=90)), now)
    assert campaign.next_check_at
    assert campaign.next_check_at <= database_now() + 1.1 * SECOND


# While saves go out.


def make_saving(confirmed: timedelta, **fields: Any) -> Campaign:
    """Releasing since then, with one fan who is due."""
    since = database_now() - confirmed
    campaign = make_campaign(
        state=CampaignState.RELEASING, confirmed_at=since, shown_since=since, **fields
    )
    make_presave(campaign)
    PreSave.objects.update(due_at=campaign.release_at)
    return campaign


@pytest.mark.parametrize(
    ("confirmed", "apart", "calls"),
    [
        (timedelta(seconds=1), series.YOUNG_LOOKS_APART, series.CALLS_WHILE_YOUNG),
        (timedelta(seconds=50), series.YOUNG_LOOKS_APART, series.CALLS_WHILE_YOUNG),
        (timedelta(seconds=61), WATCH_EVERY, 1),
    ],
    ids=str,
)
def test_looks_are_close_together_in_the_first_minute(
    confirmed: timedelta, apart: timedelta, calls: int, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    campaign, now = make_saving(confirmed), database_now()
    campaign = look(campaign, now)
    assert len(sandbox.calls("album")) == calls
    assert campaign.next_check_at
    assert now + apart <= campaign.next_check_at <= database_now() + apart


def test_looks_take_at_most_a_quarter_of_the_pace(sandbox: Sandbox) -> None:
    sandbox.add_album()
    for half in HALVES:
        Gate.objects.create(name=half, rate=2, free_at=database_now())
    campaigns = [make_saving(SECOND) for _ in range(3)]
    now = database_now()
    campaign = look(campaigns[0], now)
    assert campaign.next_check_at
    # Two calls for each of three campaigns, at half a call a second.
    assert campaign.next_check_at >= now + 12 * SECOND


def test_in_the_first_minute_both_calls_of_a_look_have_to_show_it(sandbox: Sandbox) -> None:
    sandbox.add_album()
    campaign = make_saving(SECOND)
    real, asked = confirming._is_shown_once, []

    def take_away_after_the_first(*arguments: Any) -> bool | None:
        asked.append(real(*arguments))
        sandbox.add_album(available_at=FUTURE)
        return asked[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confirming, "_is_shown_once", take_away_after_the_first)
        assert look(campaign).state == CampaignState.OPEN
    assert asked == [True, False]


# After the save.


def test_a_save_counts_only_after_a_look_that_is_late_enough(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    assert send() == 3
    assert states(campaign) == {"sent": 3}
    sent_at = PreSave.objects.aggregate(latest=Max("sent_at"))["latest"]
    for early in (timedelta(0), SECOND, series.CONFIRMED_AFTER - SECOND):
        look(campaign, sent_at + early)
        assert states(campaign) == {"sent": 3}
    look(campaign, sent_at + series.CONFIRMED_AFTER)
    assert states(campaign) == {"saved": 3}
    assert not PreSave.objects.exclude(sealed=None).exists()
    check_books(campaign)


def test_one_look_alone_proves_no_save(sandbox: Sandbox) -> None:
    """In between the catalogue may have been without it."""
    campaign = make_night(sandbox, fans=3)
    send()
    Campaign.objects.update(shown_at=None)
    late = database_now() + 2 * series.CONFIRMED_AFTER
    look(campaign, late)
    assert states(campaign) == {"sent": 3}
    look(campaign, late + SECOND)
    assert states(campaign) == {"saved": 3}


def test_a_look_that_does_not_show_it_puts_back_what_was_sent(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    send()
    sandbox.delete(f"catalogue/{ALBUM_URI}")
    now = database_now() + 2 * series.CONFIRMED_AFTER
    assert look(campaign, now).state == CampaignState.OPEN
    assert states(campaign) == {"pending": 3}
    assert not PreSave.objects.filter(sealed=None).exists()
    check_books(campaign)


def test_a_look_without_an_answer_leaves_what_was_sent(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    send()
    sandbox.fault("album", status=503, times=None)
    look(campaign, database_now() + 2 * series.CONFIRMED_AFTER)
    assert states(campaign) == {"sent": 3}


def test_what_was_sent_before_a_pause_is_still_confirmed(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    send()
    Campaign.objects.update(paused_reason="release_refused")
    confirm_sent()
    assert states(campaign) == {"saved": 3}


def test_no_campaign_ends_without_a_last_look(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    assert send() == 3
    assert send(later=series.CONFIRMED_AFTER.total_seconds() - 1) == 0
    campaign.refresh_from_db()
    assert (campaign.state, campaign.key_destroyed_at) == (CampaignState.RELEASING, None)
    for watches in (2, 3):
        assert send(later=watches * WATCH_EVERY.total_seconds()) == 0
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.FINISHED
    assert campaign.key_destroyed_at is not None


def test_the_looks_for_one_release_do_not_hold_up_the_saves_of_another(sandbox: Sandbox) -> None:
    """A second campaign is shown when the first one has only one look to go."""
    sandbox.add_album()
    first = make_due(shown_uri=ALBUM_URI, shown_market="US", shown_looks=2)
    Campaign.objects.update(shown_since=database_now() - SECOND)
    second = make_due()
    assert confirming.confirm_due(database_now()) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (CampaignState.RELEASING, CampaignState.OPEN)
    assert second.shown_looks == 1


# What cuts a look short.


@pytest.mark.parametrize("cut_short", ["banned", "busy"])
def test_first_looks_that_are_cut_short_keep_a_worker_from_nothing(
    cut_short: str, sandbox: Sandbox, django_assert_max_num_queries: Any
) -> None:
    sandbox.add_album()
    make_due(shown_uri=ALBUM_URI, shown_market="US", shown_looks=1)
    now = database_now()
    Campaign.objects.update(shown_since=now)
    if cut_short == "banned":
        sandbox.fault("album", status=429, headers={"Retry-After": "60"}, times=None)
    else:
        Gate.objects.create(name=GateName.API, rate=2, free_at=now + timedelta(minutes=1))
    with django_assert_max_num_queries(60):
        assert confirming.confirm_due(now) == 0
    assert Campaign.objects.get().shown_looks == 1


def make_local_and_sent(sandbox: Sandbox) -> Campaign:
    """Released where the day has begun, with a save to confirm, and markets that are still to be
    let in.
    """
    now = database_now()
    campaign = make_local_campaign(release_at=now - timedelta(hours=20))
    newest = [one for one in market_midnights(campaign) if one.at <= now][-1]
    Campaign.objects.update(
        state=CampaignState.RELEASING,
        confirmed_uri=ALBUM_URI,
        confirmed_at=now - timedelta(minutes=5),
        shown_at=now,
        confirmed_until=newest.at,
    )
    campaign.refresh_from_db()
    make_presave(campaign, sent_at=now - timedelta(minutes=1))
    return campaign


def test_at_the_slowest_pace_a_look_still_confirms_what_was_sent(sandbox: Sandbox) -> None:
    sandbox.add_album()
    campaign = make_local_and_sent(sandbox)
    for half in HALVES:
        Gate.objects.create(name=half, rate=LOWEST_RATE, free_at=database_now())
    look(campaign)
    assert states(campaign) == {"saved": 1}


def test_a_look_that_is_cut_short_while_fans_are_served_counts_for_the_share(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.add_album()
    campaign, now = make_local_and_sent(sandbox), database_now()
    make_presave(campaign, due_at=now)
    Campaign.objects.update(shown_since=now)
    monkeypatch.setattr(looks.LookupBudget, "last_call", 0.75)
    monkeypatch.setattr(looks, "CALLS_OF_A_LOOK", 0)
    for half in HALVES:
        Gate.objects.create(name=half, rate=2, free_at=now, adjusted_at=now)
    after = look(campaign, now)
    assert len(sandbox.calls("album")) == series.CALLS_WHILE_YOUNG
    assert after.next_check_at
    # Two calls, at half a call a second.
    assert after.next_check_at >= now + 4 * SECOND


def test_what_is_gone_stops_before_further_markets_are_asked(sandbox: Sandbox) -> None:
    campaign = make_local_and_sent(sandbox)
    assert look(campaign).state == CampaignState.OPEN
    assert states(campaign) == {"pending": 1}


def test_an_edit_between_the_reading_and_the_look_is_respected(sandbox: Sandbox) -> None:
    sandbox.add_album()
    campaign = make_night(sandbox, fans=2, shown_at=database_now() + SECOND)
    send()
    stale = Campaign.objects.get()
    look_anew(campaign)
    campaign.save()
    late = database_now() + 2 * series.CONFIRMED_AFTER
    assert confirming.confirm(stale, LookupBudget(late)) is False
    assert not PreSave.objects.filter(state="saved").exists()


def test_many_campaigns_share_what_looks_may_take_but_not_their_first_looks(
    sandbox: Sandbox,
) -> None:
    sandbox.add_album()
    campaign = make_local_and_sent(sandbox)
    for half in HALVES:
        Gate.objects.create(name=half, rate=2, free_at=database_now())
    after = look(campaign)
    assert (after.shown_looks, after.state) == (1, CampaignState.RELEASING)
    assert after.next_check_at
    assert after.next_check_at < database_now() + SECOND


@pytest.mark.parametrize(
    ("since_the_first_look", "late_by", "state"),
    [(30, -1, "sent"), (30, 1, "pending"), (59, 1, "pending"), (300, 1, "sent")],
)
def test_what_was_sent_in_the_first_minute_while_nobody_looked_is_sent_again(
    since_the_first_look: int, late_by: int, state: str, sandbox: Sandbox
) -> None:
    """The release may have gone and come back."""
    sandbox.add_album()
    now = database_now()
    began, last = now - since_the_first_look * SECOND, now - 20 * SECOND
    campaign = make_campaign(
        state=CampaignState.RELEASING,
        confirmed_at=began,
        shown_since=began,
        shown_at=last,
        watched_until=now - late_by * SECOND,
    )
    make_presave(campaign, sent_at=last + SECOND)
    look(campaign, now)
    assert states(campaign) == {state: 1}


def test_a_look_is_late_only_against_its_own_plan(sandbox: Sandbox) -> None:
    """However far apart the pace and other campaigns let them be."""
    sandbox.add_album()
    campaign, now = make_saving(30 * SECOND), database_now()
    for half in HALVES:
        Gate.objects.create(name=half, rate=0.4, free_at=now, adjusted_at=now)
    others = [make_saving(30 * SECOND) for _ in range(5)]
    planned = look(campaign, now)
    assert planned.next_check_at
    assert planned.watched_until == planned.next_check_at + series.LATE_BY
    assert planned.next_check_at > now + 100 * SECOND
    Campaign.objects.filter(id__in=[one.id for one in others]).delete()
    Campaign.objects.update(shown_since=now)
    assert planned.shown_at
    make_presave(campaign, sent_at=planned.shown_at + SECOND)
    look(campaign, planned.next_check_at + SECOND)
    assert states(campaign) == {"sent": 1, "pending": 1}


def test_a_look_counts_from_its_last_call_on(sandbox: Sandbox) -> None:
    """Its calls may have waited long for their turns: what was sent meanwhile was watched."""
    sandbox.add_album()
    campaign, now = make_saving(30 * SECOND), database_now()
    Campaign.objects.update(shown_since=now)
    for half in HALVES:
        Gate.objects.create(name=half, rate=0.4, free_at=now + 3 * SECOND, adjusted_at=now)
    seen = look(campaign, now)
    assert seen.next_check_at
    make_presave(campaign, sent_at=now + 2 * SECOND)
    look(campaign, seen.next_check_at + series.LATE_BY + SECOND)
    assert states(campaign) == {"saved": 1, "pending": 1}


def test_a_further_market_that_flickers_leaves_the_first_minute_as_it_is(sandbox: Sandbox) -> None:
    sandbox.add_album()
    campaign, now = make_local_and_sent(sandbox), database_now()
    begun = now - 5 * timedelta(minutes=1)
    Campaign.objects.update(shown_since=begun)
    after = look(campaign, now)
    assert (after.shown_looks, after.shown_since) == (1, begun)
    for later in (1, 2):
        after = look(campaign, now + later * SECOND)
    assert after.confirmed_until is None or after.confirmed_until > campaign.release_at
    assert after.shown_looks == 0
    assert after.shown_since
    assert after.shown_since > now


def test_after_it_has_vanished_the_share_does_not_hold_up_the_next_look(sandbox: Sandbox) -> None:
    campaign, now = make_saving(SECOND), database_now()
    for half in HALVES:
        Gate.objects.create(name=half, rate=0.4, free_at=now, adjusted_at=now)
    after = look(campaign, now)
    assert after.state == CampaignState.OPEN
    assert after.next_check_at
    assert after.next_check_at <= now + 2 * SECOND
