"""Outages that look like refusals: noticed early, believed of nobody, and tried by one fan."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import Gate, GateName, PreSave
from campaigns.release import retrying
from campaigns.spotify import SCOPE
from tests.factory import make_presave
from tests.nights.night import check_books, make_night, states, work
from tests.sandbox_process import Sandbox

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.release_core,
    pytest.mark.usefixtures("pace_of_a_night", "nobody_waits"),
]
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def pretend_revocation(sandbox: Sandbox) -> None:
    """Spotify answers every refresh as if the fan had withdrawn the permission."""
    sandbox.fault("token.refresh", status=400, body={"error": "invalid_grant"}, times=None)


def half_of(endpoint: str) -> GateName:
    return GateName.API if endpoint == "library" else GateName.ACCOUNTS


def test_an_outage_that_refuses_everybody_erases_nothing(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=60)
    pretend_revocation(sandbox)
    for minute in range(20):
        assert work(later=60 * minute) == 0
    refused = len(sandbox.calls("token.refresh"))
    assert refused <= 60, "an outage is noticed, and not every fan is asked"
    assert states(campaign) == {"pending": 60}
    assert not PreSave.objects.filter(sealed=None).exists()

    sandbox.delete("faults")
    later = 20.0 * 60
    while states(campaign) != {"saved": 60}:
        work(later=later)
        later += 60
        assert later < 2 * 60 * 60
    assert len(sandbox.libraries()) == 60
    check_books(campaign)


VERDICTS = {
    "scope": {"endpoint": "library", "kind": "refusal", "refusal": "scope"},
    "expired": {"endpoint": "token.refresh", "kind": "refusal", "refusal": "expired"},
    "revoked": {"endpoint": "token.refresh", "kind": "refusal", "refusal": "revoked"},
    "not_listed": {"endpoint": "library", "kind": "refusal", "refusal": "not_listed"},
}


@pytest.mark.parametrize("said", ["scope", "revoked", "expired"])
def test_a_verdict_for_everybody_stops_is_doubted_and_ends_a_few_at_most(
    said: str, sandbox: Sandbox
) -> None:
    fault = VERDICTS[said]
    campaign = make_night(sandbox, fans=60)
    sandbox.fault(**fault, times=None)
    for minute in (0, 1, 10):
        assert work(later=60 * minute) == 0
        assert Gate.objects.get(name=half_of(fault["endpoint"])).blocked_reason == "outage"
    ended = states(campaign).get("expired" if said == "expired" else "failed", 0)
    assert ended <= (retrying.MOST_AT_FIRST_SIGHT if said == "expired" else 0)

    sandbox.delete("faults")
    for minute in (12, 13, 55):
        work(later=60 * minute)
    assert states(campaign).get("saved", 0) + ended == 60
    check_books(campaign)


@pytest.mark.parametrize("scope", [f"{SCOPE} user-read-email", "user-read-email"])
def test_a_wrong_scope_for_everybody_stops_and_ends_nobody(scope: str, sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=40)
    sandbox.set(scope_in_refresh_answer=scope)
    for minute in (0, 1, 40):
        assert work(later=60 * minute) == 0
    assert states(campaign) == {"pending": 40}
    assert Gate.objects.get(name=GateName.ACCOUNTS).blocked_reason == "outage"
    assert sandbox.calls("library") == []
    sandbox.set(scope_in_refresh_answer="changed")
    for minute in (45, 46, 90):
        work(later=60 * minute)
    assert states(campaign) == {"saved": 40}


@pytest.mark.parametrize("said", VERDICTS)
def test_a_verdict_for_a_third_of_all_calls_loses_nobody(said: str, sandbox: Sandbox) -> None:
    """As when some of Spotify's hosts know something that others do not."""
    campaign = make_night(sandbox, fans=90)
    sandbox.fault(**VERDICTS[said], times=None, probability=0.3, seed=1)
    for minute in (0, 1, 40):
        work(later=60 * minute)
    sandbox.delete("faults")
    ended = states(campaign).get("expired" if said == "expired" else "failed", 0)
    assert ended <= (retrying.MOST_AT_FIRST_SIGHT if said == "expired" else 0)
    for minute in (80, 120):
        work(later=60 * minute)
    assert states(campaign).get("saved", 0) + ended == 90
    check_books(campaign)


@pytest.mark.parametrize("said", ["scope", "revoked"])
def test_a_verdict_for_all_of_a_small_campaign_is_doubted_though_others_are_served(
    said: str, sandbox: Sandbox
) -> None:
    small = make_night(sandbox, fans=4)
    accounts = [f"fan-{number}" for number in range(1, 5)]
    sandbox.fault(**VERDICTS[said], times=None, account=accounts)
    assert work() == 0
    other = make_night(sandbox, fans=0)
    make_presave(other, sandbox.permission(sandbox.add_fans(5)[4]))
    assert work(later=600) == 1
    for minute in (40, 80):
        assert work(later=60 * minute) == 0
    assert states(small) == {"pending": 4}
    sandbox.delete("faults")
    assert work(later=120 * 60) == 4


def test_an_outage_longer_than_the_second_look_erases_nothing(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=30)
    pretend_revocation(sandbox)
    for minute in range(0, 180, 5):
        work(later=60 * minute)
    assert states(campaign) == {"pending": 30}


def test_in_a_small_campaign_an_outage_of_hours_erases_nothing(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    pretend_revocation(sandbox)
    for hour in range(20):
        work(later=3600 * hour)
    assert states(campaign) == {"pending": 3}
    sandbox.delete("faults")
    work(later=3600 * 20)
    assert work(later=3600 * 21) + states(campaign).get("saved", 0) >= 3
    assert states(campaign) == {"saved": 3}


def test_one_campaign_of_dead_permissions_does_not_stop_another(sandbox: Sandbox) -> None:
    dead = make_night(sandbox, fans=30, release_at=timezone.now() - timedelta(hours=1))
    for number in range(1, 31):
        sandbox.post("revoke", {"account": f"fan-{number}"})
    alive = make_night(sandbox, fans=30)
    # Which of the two tries whether the supposed outage is over is drawn anew each time.
    for minute in range(25):
        work(later=61.0 * minute)
    assert states(alive) == {"saved": 30}
    assert states(dead) == {"pending": 30}


@pytest.mark.parametrize("endpoint", ["token.refresh", "library"])
def test_an_outage_is_noticed_within_twenty_calls(
    endpoint: str, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SPOTIFY_MAX_RATE = 15.0
    campaign = make_night(sandbox, fans=60)
    sandbox.fault(endpoint, status=503, times=None)
    assert work() == 0
    assert len(sandbox.calls(endpoint)) <= 20
    gate = Gate.objects.get(name=half_of(endpoint))
    assert (gate.outages, gate.blocked_reason) == (1, "outage")
    assert states(campaign) == {"pending": 60}


def test_after_an_outage_one_fan_tries_and_then_all_go_on(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=40)
    closing.close_for_outage(GateName.API, database_now())
    sandbox.fault("library", status=503)
    assert work(later=5.1) == 0
    assert len(sandbox.calls("library")) == 1
    assert Gate.objects.get(name=GateName.API).outages == 2
    while states(campaign) != {"saved": 40}:
        work(later=30)
    assert Gate.objects.get(name=GateName.API).outages == 0
    check_books(campaign)


def test_who_tries_whether_an_outage_is_over_is_a_fan_without_troubles(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    sandbox.fault("library", account="fan-2", status=502, times=None)
    long_due = timezone.now() - timedelta(hours=1)
    make_presave(campaign, sandbox.permission("fan-2"), attempts=3, due_at=long_due)
    closing.close_for_outage(GateName.API, database_now())
    assert work(later=6) == 1
    assert Gate.objects.get(name=GateName.API).outages == 0


def test_a_fan_who_always_fails_closes_nothing_and_ends_in_the_slow_lane(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    sandbox.fault("library", account="fan-1", status=502, times=None)
    later = 0.0
    for _ in range(14):
        work(later=later)
        later += 2 * 60 * 60
    row = PreSave.objects.get(campaign=campaign)
    assert row.attempts == 14
    assert row.lease_until
    assert row.lease_until - timezone.now() > timedelta(seconds=later - 2 * 60 * 60) + 29 * MINUTE
    assert Gate.objects.get(name=GateName.API).outages == 0
    other = make_night(sandbox, fans=5)
    assert work(later=later) == 4
    assert states(other) == {"saved": 4, "pending": 1}
