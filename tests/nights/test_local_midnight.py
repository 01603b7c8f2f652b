"""Nights of releases at local midnights: each market's fans when their market shows the release,
nobody earlier, and nothing that was not confirmed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.catalogue import confirming, looks
from campaigns.clock import database_now
from campaigns.models import Campaign, CampaignState, PreSave, Reason, ReleaseMode, midnights
from campaigns.planning import moving
from campaigns.release import claims
from campaigns.release.claims import Claim, Outcome, claim_block, still_standing
from campaigns.retention import expiring
from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.nights.night import check_books, claim, make_local_night, settle, states, work
from tests.sandbox_process import ALBUM_URI, UPC, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

FUTURE = "2099-01-01T00:00:00+00:00"
PAST = "2020-01-01T00:00:00+00:00"
OTHER_ID = "1111111111111111111111"
HOUR = timedelta(hours=1)
DAY = (timezone.now() + timedelta(days=30)).date()
FIRST = midnights.first_midnight(DAY)
# In the order in which they are due: before the first market, in it, between two, in the last, and
# nobody knows where.
HOMES = {
    "fan-1": ("Pacific/Kiritimati", "NZ"),
    "fan-2": ("Pacific/Auckland", "NZ"),
    "fan-3": ("Asia/Tokyo", "JP"),
    "fan-4": ("America/Los_Angeles", "US"),
    "fan-5": ("", "US"),
}


def work_at(moment: datetime) -> int:
    """What one run of the task does at that moment."""
    return work((moment - database_now()).total_seconds())


def midnight(zone: str) -> datetime:
    return midnights.due_at(FIRST, zone)


def show_in(sandbox: Sandbox, *markets: str, **album: Any) -> None:
    """The album is out in these markets and nowhere else."""
    shown = dict.fromkeys(markets, PAST)
    album.setdefault("release_date", "2026-11-25")
    sandbox.add_album(available_at=FUTURE, markets=shown, **album)


def saved(sandbox: Sandbox) -> set[str]:
    return set(sandbox.libraries())


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(id=campaign.id)


# The whole night.


def test_a_night_goes_round_the_earth(sandbox: Sandbox) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES)
    rounds = [
        # The day has begun for some, but for no market yet.
        (FIRST + HOUR / 2, (), set()),
        # New Zealand's has, and does not show it yet.
        (midnight("Pacific/Auckland"), (), set()),
        (midnight("Pacific/Auckland") + HOUR / 60, ("NZ",), {"fan-1", "fan-2"}),
        # Japan's has begun, and only New Zealand shows it.
        (midnight("Asia/Tokyo") + HOUR / 4, ("NZ",), {"fan-1", "fan-2"}),
        (midnight("Asia/Tokyo") + HOUR / 2, ("NZ", "AU", "JP"), {"fan-1", "fan-2", "fan-3"}),
        (
            midnight("America/Los_Angeles") + HOUR / 60,
            ("NZ", "AU", "JP", "US"),
            {"fan-1", "fan-2", "fan-3", "fan-4"},
        ),
        (midnight("") + HOUR / 60, ("NZ", "AU", "JP", "US"), {*HOMES}),
    ]
    for moment, markets, expected in rounds:
        assert fresh(campaign).state in (CampaignState.OPEN, CampaignState.RELEASING)
        show_in(sandbox, *markets)
        work_at(moment)
        assert saved(sandbox) == expected, moment
        check_books(campaign)
    assert fresh(campaign).state == CampaignState.FINISHED
    assert fresh(campaign).key_destroyed_at is not None
    assert len(sandbox.calls("library")) == 5


def test_before_the_first_markets_day_nobody_is_asked(sandbox: Sandbox) -> None:
    make_local_night(sandbox, DAY, HOMES)
    already = len(sandbox.calls())
    work_at(FIRST + HOUR / 2)
    assert len(sandbox.calls()) == already


def test_the_next_look_comes_at_the_next_daybreak_at_the_latest(sandbox: Sandbox) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES)
    nearly = midnight("Pacific/Auckland") - timedelta(seconds=10)
    work_at(nearly)
    assert fresh(campaign).next_check_at == midnight("Pacific/Auckland")


def test_a_market_that_never_shows_it_waits_for_a_later_one(sandbox: Sandbox) -> None:
    campaign = make_local_night(
        sandbox, DAY, {"fan-1": ("Australia/Sydney", "JP"), "fan-2": ("Asia/Tokyo", "JP")}
    )
    show_in(sandbox, "NZ", "JP")
    work_at(midnight("Pacific/Auckland"))
    work_at(midnight("Australia/Sydney") + HOUR)
    assert saved(sandbox) == set()
    work_at(midnight("Asia/Tokyo"))
    assert saved(sandbox) == {"fan-1", "fan-2"}
    assert fresh(campaign).confirmed_until == midnight("Asia/Singapore")


def test_when_no_later_market_shows_it_the_hard_stop_comes(sandbox: Sandbox) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES)
    show_in(sandbox, "NZ")
    work_at(midnight("Pacific/Auckland"))
    work_at(campaign.last_day)
    assert states(campaign) == {"saved": 2, "expired": 3}
    check_books(campaign)
    assert fresh(campaign).state == CampaignState.FINISHED


def test_the_last_market_lets_everybody_in(sandbox: Sandbox) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES)
    show_in(sandbox, "US")
    work_at(midnight("") + HOUR)
    assert states(campaign) == {"saved": 5}
    assert fresh(campaign).confirmed_until == campaign.last_day


def test_the_operators_market_counts(sandbox: Sandbox, settings: Any) -> None:
    settings.SPOTIFY_MARKET = "FJ"
    make_local_night(sandbox, DAY, HOMES)
    show_in(sandbox, "FJ", "NZ")
    work_at(midnight("Pacific/Fiji"))
    assert {call["endpoint"] for call in sandbox.calls()} >= {"album", "library"}
    assert saved(sandbox) == {"fan-1", "fan-2"}


def test_later_markets_join_a_release_that_version_0_1_began_under_another_title(
    sandbox: Sandbox,
) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES)
    show_in(sandbox, "NZ", "JP", "US")
    work_at(midnight("Pacific/Auckland"))
    Campaign.objects.update(confirmed_title="", confirmed_artist="")
    show_in(sandbox, "NZ", "JP", "US", name="First Light")
    for moment in (midnight("Asia/Tokyo"), midnight("America/Los_Angeles"), midnight("") + HOUR):
        work_at(moment)
    assert states(campaign) == {"saved": 5}


# Another release in one of the markets.


def make_asking(sandbox: Sandbox) -> Campaign:
    """The day has begun everywhere, and only India shows something: another title."""
    campaign = make_local_night(sandbox, DAY, {})
    show_in(sandbox, "IN", name="First Light")
    found = {"found_uri": ALBUM_URI, "found_title": "First Light", "found_artist": "Demo Artist"}
    Campaign.objects.update(last_finding="other_title", **found)
    return fresh(campaign)


def test_a_question_stays_as_long_as_one_market_shows_what_it_is_about(sandbox: Sandbox) -> None:
    campaign = make_asking(sandbox)
    for later in range(4):
        work_at(midnight("") + later * HOUR)
        assert fresh(campaign).awaits_an_answer
        assert fresh(campaign).found_title == "First Light"
    show_in(sandbox)
    work_at(midnight("") + 5 * HOUR)
    assert fresh(campaign).last_finding == "not_there_yet"
    assert fresh(campaign).found_uri == ""


class Hurried(looks.LookupBudget):
    """Time for one market."""

    has_time = False


def test_a_question_stays_where_time_was_too_short_for_every_market(sandbox: Sandbox) -> None:
    campaign = make_asking(sandbox)
    assert not confirming.confirm(campaign, Hurried(midnight("")))
    assert len(sandbox.calls("album")) == 1
    assert fresh(campaign).awaits_an_answer


def test_before_there_is_a_question_few_markets_are_asked(sandbox: Sandbox) -> None:
    make_local_night(sandbox, DAY, {})
    work_at(midnight(""))
    assert len(sandbox.calls("album")) == 2


# Regional variants.


def test_what_was_confirmed_is_all_that_is_ever_saved(sandbox: Sandbox) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES, upc=UPC)
    show_in(sandbox, "NZ")
    work_at(midnight("Pacific/Auckland"))
    assert fresh(campaign).confirmed_uri == ALBUM_URI
    # Japan shows the same UPC under another id.
    show_in(sandbox, "JP", id=OTHER_ID)
    work_at(midnight("Asia/Tokyo"))
    assert saved(sandbox) == {"fan-1", "fan-2"}
    assert fresh(campaign).last_finding == "other_variant"
    assert fresh(campaign).confirmed_until == midnight("Australia/Sydney")
    # The United States show the confirmed one.
    show_in(sandbox, "NZ", "US")
    work_at(midnight("America/Los_Angeles"))
    assert states(campaign) == {"saved": 4, "pending": 1}
    assert {uri for call in sandbox.calls("library") for uri in call["uris"]} == {ALBUM_URI}
    assert fresh(campaign).last_finding == "confirmed"


def test_the_link_outranks_what_an_earlier_market_had_under_its_code(sandbox: Sandbox) -> None:
    """New Zealand has a variant of its own, and nothing under the link."""
    variant = f"spotify:album:{OTHER_ID}"
    campaign = make_local_night(sandbox, DAY, HOMES, spotify_uri=ALBUM_URI, upc=UPC)
    show_in(sandbox, "NZ", id=OTHER_ID, release_date=DAY.isoformat())
    work_at(midnight("Pacific/Auckland") + looks.DEAD_AFTER)
    assert fresh(campaign).last_finding == "found_by_code"
    assert fresh(campaign).confirmed_uri == variant
    # Japan shows neither, then the United States the link.
    work_at(midnight("Asia/Tokyo"))
    assert fresh(campaign).confirmed_until == midnight("Australia/Sydney")
    show_in(sandbox, "US")
    work_at(midnight("America/Los_Angeles"))
    assert (fresh(campaign).last_finding, fresh(campaign).confirmed_uri) == ("confirmed", ALBUM_URI)
    assert states(campaign) == {"saved": 4, "pending": 1}
    libraries = sandbox.libraries()
    assert [*libraries["fan-1"], *libraries["fan-4"]] == [variant, ALBUM_URI]


def test_of_a_variant_and_the_link_in_one_look_the_link_is_confirmed(sandbox: Sandbox) -> None:
    campaign = make_local_night(sandbox, DAY, {}, spotify_uri=ALBUM_URI, upc=UPC)
    show_in(sandbox, "US")
    show_in(sandbox, "MX", "BR", id=OTHER_ID, release_date=DAY.isoformat())
    # Mexico's day began last, and that of the operator's market an hour before.
    work_at(midnight("America/Mexico_City") + looks.DEAD_AFTER)
    assert fresh(campaign).confirmed_uri == ALBUM_URI


def test_a_refusal_in_the_market_that_showed_it_drops_nothing_that_others_said(
    sandbox: Sandbox,
) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES)
    show_in(sandbox, "NZ")
    work_at(midnight("Pacific/Auckland"))
    sandbox.fault("album", status=400, body={"error": {"status": 400}}, times=None)
    work_at(midnight("Asia/Tokyo"))
    assert fresh(campaign).last_finding == "question_refused"
    assert fresh(campaign).state == CampaignState.RELEASING


def test_a_refused_market_neither_stops_a_release_nor_hides_that_it_has_gone(
    sandbox: Sandbox,
) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES)
    show_in(sandbox, "NZ")
    work_at(midnight("Pacific/Auckland"))
    refused: dict[str, Any] = {"status": 400, "body": {"error": {"status": 400}}}
    sandbox.fault("album", times=3, **refused)  # New Zealand, Japan and Australia
    work_at(midnight("Asia/Tokyo"))
    assert fresh(campaign).last_finding == "question_refused"
    assert fresh(campaign).state == CampaignState.RELEASING
    show_in(sandbox)
    work_at(midnight("Asia/Tokyo") + HOUR)
    assert (fresh(campaign).last_finding, fresh(campaign).state) == ("gone", CampaignState.OPEN)
    sandbox.fault("album", times=None, **refused)
    work_at(midnight("Asia/Tokyo") + 1.5 * HOUR)
    assert fresh(campaign).last_finding == "gone"


# Claims.


def make_bounded(until: datetime) -> Campaign:
    return make_local_campaign(
        release_at=timezone.now() - 4 * HOUR, state=CampaignState.RELEASING, confirmed_until=until
    )


def test_claims_reach_as_far_as_the_catalogue_was_seen() -> None:
    until = timezone.now() - HOUR
    campaign = make_bounded(until)
    before = make_presave(campaign, due_at=until - timedelta(milliseconds=1))
    at_the_bound = make_presave(campaign, due_at=until)
    make_presave(campaign, due_at=until + timedelta(minutes=1))
    assert [row.id for row in claim(campaign).rows] == [before.id]
    assert claim_block(campaign, 200, database_now()) is None

    Campaign.objects.update(confirmed_until=until + timedelta(milliseconds=1))
    assert [row.id for row in claim(fresh(campaign)).rows] == [at_the_bound.id]


def test_without_a_bound_everybody_due_is_claimed() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign)
    assert campaign.confirmed_until is None
    assert len(claim(campaign).rows) == 1


PUT_OFF = [{"delayed": 0}, {"refused": Reason.REVOKED}]


def put_off(claimed: Claim, delayed: int | None = None, refused: Reason | None = None) -> None:
    (row,) = claimed.rows
    outcome = Outcome(delayed={} if delayed is None else {row.id: delayed})
    if refused:
        outcome.refused[refused].append(row.id)
    settle(claimed, outcome)


@pytest.mark.parametrize("how", PUT_OFF, ids=["delayed", "refused"])
def test_whoever_was_served_once_is_tried_again_after_the_next_daybreak(
    how: dict[str, Any],
) -> None:
    until = database_now() + timedelta(milliseconds=1)
    campaign = make_bounded(until)
    make_presave(campaign, due_at=until - HOUR)
    put_off(claim(campaign), **how)
    assert claim_block(campaign, 200, database_now()) is None
    again = claim(campaign, later=60 * 60)
    claims.forget_refusal(again.rows[0], again.fence)
    standing = still_standing([again.rows[0].id], {again.fence}, database_now())
    assert standing[again.rows[0].id].uri == ALBUM_URI


@pytest.mark.parametrize("how", PUT_OFF, ids=["delayed", "refused"])
def test_who_was_tried_before_a_move_waits_for_the_market_of_the_new_day(
    how: dict[str, Any],
) -> None:
    campaign = make_bounded(timezone.now())
    row = make_presave(campaign, due_at=timezone.now() - HOUR)
    claimed = claim(campaign)
    moved = campaign.release_at + timedelta(days=7)
    moving.move_release(campaign, moved, midnights.FIRST_ZONE, database_now())
    put_off(claimed, **how)
    until = row.due_at + timedelta(days=7)
    Campaign.objects.update(
        state=CampaignState.RELEASING,
        confirmed_uri=ALBUM_URI,
        confirmed_at=timezone.now(),
        confirmed_until=until,
    )
    assert claim_block(fresh(campaign), 200, until + HOUR) is None
    Campaign.objects.update(confirmed_until=until + timedelta(milliseconds=1))
    assert claim_block(fresh(campaign), 200, until + HOUR)


def test_a_claim_ends_when_its_market_is_not_confirmed_any_more() -> None:
    campaign = make_bounded(timezone.now())
    row = make_presave(campaign, due_at=timezone.now() - HOUR)
    claimed = claim(campaign)
    look = [row.id], {claimed.fence}, database_now()
    assert still_standing(*look)[row.id].uri == ALBUM_URI
    Campaign.objects.update(confirmed_until=row.due_at)
    assert still_standing(*look) == {}


def test_what_is_saved_is_what_is_confirmed_at_that_moment() -> None:
    campaign = make_bounded(timezone.now())
    row = make_presave(campaign, due_at=timezone.now() - HOUR)
    claimed = claim(campaign)
    now_confirmed = f"spotify:album:{OTHER_ID}"
    Campaign.objects.update(confirmed_uri=now_confirmed)
    standing = still_standing([row.id], {claimed.fence}, database_now())
    assert standing[row.id].uri == now_confirmed


# The end.


@pytest.mark.parametrize(("hours", "ends"), [(2, False), (25.9, False), (26.1, True)])
def test_it_does_not_end_before_the_last_midnight(hours: float, ends: bool) -> None:
    """Until then fans may consent whose midnight is still to come."""
    now = database_now()
    campaign = make_local_campaign(release_at=now - hours * HOUR, state=CampaignState.RELEASING)
    assert expiring.finish_settled(now) == ends
    assert fresh(campaign).has_ended is ends


def test_a_release_at_one_instant_ends_at_once() -> None:
    make_campaign(state=CampaignState.RELEASING)
    assert expiring.finish_settled(database_now()) == 1


# Moving.


def test_moving_the_day_takes_every_fans_midnight_along() -> None:
    campaign = make_local_campaign(date(2026, 12, 5), opened_at=datetime(2026, 11, 1, tzinfo=UTC))
    zones = ["Pacific/Kiritimati", "Asia/Kolkata", "America/Phoenix", ""]
    rows = {
        zone: make_presave(campaign, due_at=midnights.due_at(campaign.release_at, zone))
        for zone in zones
    }
    moved = midnights.first_midnight(date(2026, 12, 12))
    now = datetime(2026, 11, 25, tzinfo=UTC)

    moving.move_release(campaign, moved, midnights.FIRST_ZONE, now)

    for zone, row in rows.items():
        assert PreSave.objects.get(id=row.id).due_at == midnights.due_at(moved, zone)
    claimed = claim_block(fresh(campaign), 10, moved + 15 * HOUR)
    assert claimed is not None
    assert {row.id for row in claimed.rows} == {rows[zone].id for zone in zones[:2]}


def test_moving_across_a_change_of_the_clocks_is_an_hour_off_at_most() -> None:
    campaign = make_local_campaign(date(2026, 12, 5), opened_at=datetime(2026, 11, 1, tzinfo=UTC))
    changing = ("Europe/Berlin", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe")
    rows = {
        zone: make_presave(campaign, due_at=midnights.due_at(campaign.release_at, zone))
        for zone in changing
    }
    moved = midnights.first_midnight(date(2027, 4, 10))

    moving.move_release(campaign, moved, midnights.FIRST_ZONE, datetime(2026, 11, 25, tzinfo=UTC))

    off = [
        PreSave.objects.get(id=row.id).due_at - midnights.due_at(moved, zone)
        for zone, row in rows.items()
    ]
    assert off == [HOUR, HOUR, -HOUR, -HOUR / 2]


def test_a_release_that_has_begun_is_moved_for_whoever_waits(sandbox: Sandbox) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES)
    show_in(sandbox, "NZ")
    work_at(midnight("Pacific/Auckland"))
    PreSave.objects.pending().filter(due_at=midnight("Asia/Tokyo")).update(
        lease_until=campaign.last_day, attempts=3
    )
    moved = FIRST + timedelta(days=7)
    moving.move_release(campaign, moved, midnights.FIRST_ZONE, database_now())
    assert states(campaign) == {"saved": 2, "pending": 3}
    due = PreSave.objects.pending().order_by("due_at").values_list("due_at", flat=True)
    # Whoever waited for another attempt keeps the own midnight, too.
    assert list(due) == [
        midnight("Asia/Tokyo") + timedelta(days=7),
        midnight("America/Los_Angeles") + timedelta(days=7),
        moved + 26 * HOUR,
    ]
    assert fresh(campaign).confirmed_until is None


def test_the_catalogue_is_asked_for_the_new_day(sandbox: Sandbox) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES)
    moved = FIRST + timedelta(days=2)
    moving.move_release(campaign, moved, midnights.FIRST_ZONE, database_now())
    show_in(sandbox, "NZ")
    work_at(midnight("Pacific/Auckland") + HOUR)
    assert saved(sandbox) == set()
    work_at(midnight("Pacific/Auckland") + timedelta(days=2))
    assert saved(sandbox) == {"fan-1", "fan-2"}


def test_releasing_at_local_midnights_without_a_bound_is_refused_by_the_database() -> None:
    campaign = Campaign.objects.filter(id=make_bounded(timezone.now()).id)
    refused = pytest.raises(IntegrityError, match="campaign_local_midnights_bounded")
    with refused, transaction.atomic():
        campaign.update(confirmed_until=None)
    campaign.update(release_mode=ReleaseMode.ONE_INSTANT, confirmed_until=None)


def test_a_look_that_finds_the_day_moved_meanwhile_starts_nothing(sandbox: Sandbox) -> None:
    campaign = make_local_night(sandbox, DAY, HOMES)
    show_in(sandbox, "NZ")
    stale = fresh(campaign)
    Campaign.objects.update(release_mode=ReleaseMode.ONE_INSTANT)
    assert confirming.confirm(stale, looks.LookupBudget(midnight("Pacific/Auckland"))) is False
    assert fresh(campaign).state == CampaignState.OPEN
