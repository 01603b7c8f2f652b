"""Confirming the release: nothing starts before the catalogue shows it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from campaigns.catalogue import confirming
from campaigns.catalogue.looks import Finding, LookupBudget, is_out
from campaigns.gate import closing, permits
from campaigns.models import Campaign, CampaignState, GateName, PauseReason
from campaigns.planning.transitions import cancel_campaign
from campaigns.spotify.answers import Half, Scope, SpotifyError
from tests.factory import make_campaign
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC, Sandbox

pytestmark = pytest.mark.django_db

FUTURE = "2099-01-01T00:00:00+00:00"
OTHER_ID = "1111111111111111111111"


def make_due(**fields: Any) -> Campaign:
    """An open campaign whose release moment has just come."""
    fields.setdefault("release_at", timezone.now() - timedelta(seconds=1))
    return make_campaign(**fields)


def confirm(campaign: Campaign) -> tuple[bool, str, str]:
    started = confirming.confirm(campaign, LookupBudget(timezone.now()))
    campaign.refresh_from_db()
    return started, campaign.last_finding, campaign.state


# Findings.


def test_a_release_that_is_there_starts_the_campaign(sandbox: Sandbox) -> None:
    sandbox.add_album()
    campaign = make_due()
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == ALBUM_URI
    assert campaign.confirmed_at is not None


@pytest.mark.parametrize(
    ("codes", "uri"),
    [
        ({"upc": UPC}, ALBUM_URI),
        ({"isrc": ISRC}, TRACK_URI),
        ({"upc": UPC, "spotify_uri": ALBUM_URI}, ALBUM_URI),
        ({"isrc": ISRC, "spotify_uri": TRACK_URI}, TRACK_URI),
        ({"upc": f"00{UPC}", "spotify_uri": ALBUM_URI}, ALBUM_URI),
    ],
)
def test_codes_lead_to_the_release(codes: dict[str, str], uri: str, sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_track()
    campaign = make_due(**codes)
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == uri


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


@pytest.mark.parametrize("code", [{"upc": "609008295070"}, {"upc": "6090082950690"}])
def test_another_code_than_the_artists_is_not_saved(code: dict[str, str], sandbox: Sandbox) -> None:
    sandbox.add_album()
    assert confirm(make_due(spotify_uri=ALBUM_URI, **code)) == (False, "different_code", "open")


def test_another_recording_than_the_artists_is_not_saved(sandbox: Sandbox) -> None:
    sandbox.add_track()
    campaign = make_due(spotify_uri=TRACK_URI, isrc="QZAAA2600009")
    assert confirm(campaign) == (False, "different_code", "open")


def test_two_releases_under_one_code_are_not_guessed_between(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, name="Another")
    assert confirm(make_due(upc=UPC)) == (False, "several_match", "open")


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
def test_of_two_workers_only_one_looks(sandbox: Sandbox) -> None:
    sandbox.add_album()
    campaign = make_due()
    now = timezone.now()
    barrier = Barrier(4)

    def work(_: int) -> bool:
        barrier.wait()
        try:
            return confirming.confirm(Campaign.objects.get(id=campaign.id), LookupBudget(now))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [False, False, False, True]
    assert len(sandbox.calls("album")) == 1


@pytest.mark.parametrize(
    ("waited", "next_look"),
    [
        (timedelta(0), timedelta(seconds=1)),
        (timedelta(seconds=5), timedelta(seconds=1)),
        (timedelta(minutes=1), timedelta(seconds=6)),
        (timedelta(minutes=10), timedelta(seconds=30)),
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
    assert campaign.next_check_at == now + next_look
    early = now + next_look - timedelta(milliseconds=1)
    confirming.confirm_due(early)
    assert len(sandbox.calls("album")) == 1
    confirming.confirm_due(now + next_look)
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


@pytest.mark.parametrize("half", list(Half))
def test_while_either_gate_is_closed_no_look_is_spent(half: Half, sandbox: Sandbox) -> None:
    campaign = make_due()
    now = timezone.now()
    error = SpotifyError("rate_limited", scope=Scope.APP, half=half, retry_after=30)
    closing.close(error, now)
    assert confirming.confirm_due(now) == 0
    assert sandbox.calls() == []
    campaign.refresh_from_db()
    assert campaign.next_check_at is None


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


# Spotify's dates.


@pytest.mark.parametrize(
    ("release_date", "now", "out"),
    [
        ("2026-11-27", datetime(2026, 11, 26, 9, 59, 59, tzinfo=UTC), False),
        ("2026-11-27", datetime(2026, 11, 26, 10, 0, tzinfo=UTC), True),
        ("2026-11-27", datetime(2026, 11, 27, 0, 0, tzinfo=UTC), True),
        ("2026-11-27", datetime(2027, 1, 1, tzinfo=UTC), True),
        ("2026-12", datetime(2026, 11, 30, 9, 59, tzinfo=UTC), False),
        ("2026-12", datetime(2026, 11, 30, 10, 0, tzinfo=UTC), True),
        ("2027", datetime(2026, 12, 31, 9, 59, tzinfo=UTC), False),
        ("2027", datetime(2026, 12, 31, 10, 0, tzinfo=UTC), True),
        ("1999", datetime(2026, 11, 27, tzinfo=UTC), True),
        ("", datetime(2026, 11, 27, tzinfo=UTC), False),
        ("soon", datetime(2026, 11, 27, tzinfo=UTC), False),
        ("26-11-27", datetime(2026, 11, 27, tzinfo=UTC), False),
        ("2026-1-1", datetime(2026, 11, 27, tzinfo=UTC), False),
    ],
)
def test_a_date_has_come_when_it_has_begun_somewhere(
    release_date: str, now: datetime, out: bool
) -> None:
    assert is_out(release_date, now) is out


def test_every_finding_fits_its_column() -> None:
    longest = Campaign._meta.get_field("last_finding").max_length
    assert longest
    assert all(len(finding.value) <= longest for finding in Finding)
