"""Refusals that would end a pre-save, and outages that look like them: nobody is given up on one
word of Spotify's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import Campaign, CampaignState, Gate, GateName, PauseReason, PreSave, Reason
from campaigns.release import retrying
from tests.factory import make_campaign, make_presave
from tests.nights.night import check_books, make_night, states, work
from tests.sandbox_process import Sandbox

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.release_core,
    pytest.mark.usefixtures("pace_of_a_night", "nobody_waits"),
]

NOW = datetime(2026, 11, 27, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
SECOND_LOOK = retrying.LATEST_SECOND_LOOK.total_seconds() + 60


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(id=campaign.id)


# One fan.


def test_the_first_refusal_erases_nothing_and_waits_half_an_hour(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox)
    sandbox.post("revoke", {"account": "fan-2"})
    work()
    row = PreSave.objects.get(campaign=campaign, state="pending")
    assert (row.reason, row.attempts, row.lease) == (Reason.REVOKED, 0, None)
    assert row.sealed
    assert row.refused_at
    assert row.lease_until
    assert 30 * MINUTE <= row.lease_until - row.refused_at <= 36 * MINUTE
    refreshed = len(sandbox.calls("token.refresh"))
    work(later=29 * 60)
    assert len(sandbox.calls("token.refresh")) == refreshed


def test_a_refusal_that_spotify_takes_back_is_forgotten(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=2)
    sandbox.fault("token.refresh", account="fan-1", status=400, body={"error": "invalid_grant"})
    assert work() == 1
    # On a slow machine one run tries again.
    sandbox.fault("library", account="fan-1", status=500, times=None)
    assert work(later=SECOND_LOOK) == 0
    tried = sum(call["account"] == "fan-1" for call in sandbox.calls("library"))
    row = PreSave.objects.get(campaign=campaign, state="pending")
    assert (row.reason, row.refused_at, row.attempts) == ("", None, tried)
    sandbox.delete("faults")
    assert work(later=SECOND_LOOK + 60) == 1
    check_books(campaign)


def test_another_verdict_at_the_second_look_is_a_first_one(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=2)
    sandbox.fault("token.refresh", "refusal", refusal="revoked", account="fan-1")
    assert work() == 1
    sandbox.fault("library", "refusal", refusal="scope", account="fan-1", times=None)
    assert work(later=SECOND_LOOK) == 0
    row = PreSave.objects.get(campaign=campaign, state="pending")
    assert (row.reason, bool(row.sealed)) == (Reason.SCOPE, True)


# One fan, whose permission is over in Spotify's own words.


def reasons(campaign: Campaign) -> set[str]:
    return set(campaign.presaves.values_list("reason", flat=True))


def test_an_expired_permission_is_over_at_once(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=8)
    sandbox.fault("token.refresh", "refusal", refusal="expired", account="fan-2", times=None)
    assert work() == 7
    row = PreSave.objects.get(campaign=campaign, state="expired")
    assert row.reason == Reason.PERMISSION_AGE
    assert len([c for c in sandbox.calls("token.refresh") if c["account"] == "fan-2"]) == 1
    check_books(campaign)


def test_of_many_whose_permission_expired_at_once_a_few_are_believed(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=8)
    sandbox.fault("token.refresh", "refusal", refusal="expired", times=None)
    for seconds in (0, 10, 60, 300):
        work(later=seconds)
    assert states(campaign) == {"expired": retrying.MOST_AT_FIRST_SIGHT, "pending": 5}
    assert reasons(campaign) == {Reason.PERMISSION_AGE}
    sandbox.delete("faults")
    sandbox.fault("library", status=503, times=5)
    assert work(later=SECOND_LOOK) == 0
    assert reasons(campaign) == {Reason.PERMISSION_AGE, Reason.NONE}, "taken back"
    assert work(later=2 * SECOND_LOOK) == 5


def test_what_was_doubted_once_is_not_final_at_the_second_look(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    sandbox.fault("token.refresh", "refusal", refusal="revoked")
    sandbox.fault("token.refresh", "refusal", refusal="expired")
    assert work() == 0
    assert work(later=SECOND_LOOK) == 0
    assert states(campaign) == {"pending": 1}, "nobody else tells that Spotify works"


CALM = {"outages": 0, "worked_at": NOW}


@pytest.mark.parametrize(
    ("gate", "refused_at", "ended_lately", "believed"),
    [
        (CALM, None, 0, True),
        (CALM, None, 2, True),
        (CALM, None, 3, False),
        (CALM, NOW, 0, False),
        (CALM | {"outages": 1}, None, 0, False),
        (CALM | {"distrusted_until": NOW + MINUTE}, None, 0, False),
        (CALM | {"distrusted_until": NOW}, None, 0, True),
    ],
)
def test_when_what_spotify_calls_final_is_believed_at_first_sight(
    gate: dict[str, Any], refused_at: datetime | None, ended_lately: int, believed: bool
) -> None:
    seen = Gate(name=GateName.ACCOUNTS, rate=1, free_at=NOW, **gate)
    verdict = retrying.is_believed_at_first_sight(refused_at, seen, ended_lately, NOW)
    assert verdict is believed


@pytest.mark.parametrize(
    ("minutes", "gate", "confirmed"),
    [
        (29, CALM, False),
        (30, CALM, True),
        (30, CALM | {"worked_at": NOW - SECOND}, True),
        (30, CALM | {"worked_at": NOW - 5 * SECOND}, False),
        (30, CALM | {"distrusted_until": NOW + 31 * MINUTE}, False),
        (32, CALM | {"distrusted_until": NOW + 31 * MINUTE}, True),
        (30, CALM | {"worked_at": None}, False),
        (24 * 60 - 1, CALM | {"worked_at": None}, False),
        (24 * 60, CALM | {"worked_at": None}, True),
        (30, CALM | {"outages": 1}, False),
        (24 * 60, CALM | {"outages": 1, "blocked_until": NOW + MINUTE}, False),
        (24 * 60 + 1, CALM | {"outages": 1, "blocked_until": NOW + MINUTE}, True),
    ],
)
def test_when_a_second_refusal_is_believed(
    minutes: int, gate: dict[str, Any], confirmed: bool
) -> None:
    seen = Gate(name=GateName.ACCOUNTS, rate=1, free_at=NOW, **gate)
    assert retrying.is_confirmed(NOW, seen, NOW + minutes * MINUTE) is confirmed


def test_a_first_refusal_is_never_believed() -> None:
    seen = Gate(name=GateName.ACCOUNTS, rate=1, free_at=NOW, **CALM)
    assert not retrying.is_confirmed(None, seen, NOW + timedelta(days=3))


def test_many_who_withdrew_do_not_hold_the_others_up(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=100)
    for number in range(1, 101, 4):
        sandbox.post("revoke", {"account": f"fan-{number}"})
    assert work() == 75
    assert work(later=SECOND_LOOK) == 0
    assert states(campaign) == {"saved": 75, "pending": 25}, "a quarter is too many to be believed"
    assert work(later=closing.DISTRUST.total_seconds() + SECOND_LOOK) == 0
    assert states(campaign) == {"saved": 75, "failed": 25}
    check_books(campaign)


# An app that fell back into development mode.


def test_three_unlisted_fans_pause_the_campaign_and_keep_their_permissions(
    sandbox: Sandbox,
) -> None:
    campaign = make_night(sandbox, fans=8)
    sandbox.fault("library", "refusal", refusal="not_listed", times=None)
    assert work() == 0
    assert fresh(campaign).paused_reason == PauseReason.APP_NOT_OPEN
    assert closing.is_open(database_now()), "it is not about other apps' or campaigns' fans"
    assert states(campaign) == {"pending": 8}
    assert work(later=SECOND_LOOK) == 0
    assert states(campaign) == {"pending": 8}


def test_a_single_unlisted_fan_fails_after_a_second_look(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=4)
    sandbox.fault("library", "refusal", refusal="not_listed", account="fan-2", times=None)
    assert work() == 3
    assert work(later=SECOND_LOOK) == 0
    row = PreSave.objects.get(campaign=campaign, state="failed")
    assert row.reason == Reason.NOT_LISTED
    assert fresh(campaign).paused_reason == ""


def test_unlisted_fans_confirm_no_refusal_of_each_other(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=2)
    sandbox.fault("library", "refusal", refusal="not_listed", times=None)
    work()
    assert work(later=SECOND_LOOK) == 0
    assert states(campaign) == {"pending": 2}


# A page instead of an answer.


def test_a_404_page_of_a_proxy_is_no_reason_to_pause_a_campaign(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=2)
    sandbox.fault("library", "html", status=404, times=2)
    work()
    assert fresh(campaign).paused_reason == ""
    assert work(later=60) + states(campaign).get("saved", 0) >= 2


def test_a_paused_campaign_is_not_asked_for_its_refused_fans() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING, paused_reason="release_refused")
    make_presave(campaign, reason=Reason.REVOKED, refused_at=timezone.now())
    assert work(later=SECOND_LOOK) == 0
    assert states(campaign) == {"pending": 1}
