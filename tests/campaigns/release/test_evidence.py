"""Stragglers are no evidence: what some fans are told at every try pauses nobody else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.consent import receipts
from campaigns.gate import closing
from campaigns.models import Campaign, ErrorReason, PauseReason, PreSave
from campaigns.planning import transitions
from campaigns.release.claims import Claim, Held
from campaigns.release.evidence import Evidence
from tests.factory import make_presave, make_presaves
from tests.nights.night import check_books, claim, make_night, send, states, work
from tests.sandbox_process import Sandbox

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.release_core,
    pytest.mark.usefixtures("pace_of_a_night", "nobody_waits"),
]


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(id=campaign.id)


def refuse(sandbox: Sandbox, what: str, fans: Iterable[int] = ()) -> None:
    """For good; without fans, everybody."""
    account = [f"fan-{number}" for number in fans]
    sandbox.fault("library", "refusal", refusal=what, account=account, times=None)


def arrive(campaign: Campaign, sandbox: Sandbox, numbers: Iterable[int]) -> None:
    """Fans who consent now."""
    accounts = [{"id": f"fan-{number}"} for number in numbers]
    sandbox.post("users", {"accounts": accounts})
    tokens = [sandbox.permission(account["id"]) for account in accounts]
    make_presaves(campaign, tokens, consented_at=timezone.now())


REFUSALS = ["not_found", "not_listed", "unknown"]
# At the end of the line, where nobody is served after them.
LAST_FIVE = range(116, 121)


@pytest.mark.parametrize("what", REFUSALS)
@pytest.mark.parametrize("fans", [[1, 40, 77, 100, 119], LAST_FIVE], ids=["spread", "last"])
def test_five_stragglers_keep_nobody_who_comes_later_from_being_served(
    fans: Iterable[int], what: str, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=120)
    refuse(sandbox, what, fans)
    assert send() == 115
    assert send(later=60) == send(later=120) == 0, "each is tried again, or waits for that"
    assert fresh(campaign).paused_reason == ""
    assert closing.is_open(database_now())
    arrive(campaign, sandbox, range(201, 221))
    assert send(later=180) == 20
    assert fresh(campaign).paused_reason == ""


@pytest.mark.parametrize(
    ("what", "pause"),
    [("not_found", PauseReason.RELEASE_REFUSED), ("not_listed", PauseReason.APP_NOT_OPEN)],
)
def test_newcomers_who_are_told_the_same_pause_a_campaign(
    what: str, pause: PauseReason, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=8)
    refuse(sandbox, what, [2, 5])
    assert work() == 6
    assert work(later=60) == 0
    assert fresh(campaign).paused_reason == ""
    sandbox.delete("faults")
    refuse(sandbox, what)
    arrive(campaign, sandbox, [11, 12])
    assert send(later=120) == 0
    assert fresh(campaign).paused_reason == "", "two may be odd"
    arrive(campaign, sandbox, [13, 14, 15])
    assert send(later=180) == 0
    assert fresh(campaign).paused_reason == pause


def test_among_a_hundred_who_were_served_five_newcomers_are_odd_and_six_are_not(
    sandbox: Sandbox,
) -> None:
    campaign = make_night(sandbox, fans=100)
    assert send() == 100
    refuse(sandbox, "not_found")
    arrive(campaign, sandbox, range(101, 106))
    assert send(later=10) == 0
    assert fresh(campaign).paused_reason == ""
    arrive(campaign, sandbox, range(106, 112))
    assert send(later=20) == 0
    assert fresh(campaign).paused_reason == PauseReason.RELEASE_REFUSED


def test_newcomers_who_are_told_what_nobody_knows_close_the_gate(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=8)
    refuse(sandbox, "unknown")
    assert work() == 0
    assert not closing.is_open(database_now())
    assert fresh(campaign).paused_reason == ""
    assert states(campaign) == {"pending": 8}


def test_one_fan_who_is_told_what_nobody_knows_stops_nobody_for_a_moment(sandbox: Sandbox) -> None:
    make_night(sandbox, fans=30)
    refuse(sandbox, "unknown", [7])
    assert send() == 29
    tries = PreSave.objects.get(sent_at=None).attempts
    assert len(sandbox.calls("token.refresh")) == 29 + tries, "nobody else was asked for twice"


def test_what_three_fans_of_one_campaign_are_told_closes_no_gate_for_the_others(
    sandbox: Sandbox,
) -> None:
    make_night(sandbox, fans=60)
    assert send() == 60
    odd = make_night(sandbox, fans=0)
    arrive(odd, sandbox, [101, 102, 103])
    refuse(sandbox, "unknown", [101, 102, 103])
    for seconds in (1, 10, 60, 180):
        assert send(later=seconds) == 0
        assert closing.is_open(database_now())
    make_night(sandbox, fans=5)
    assert send(later=181) == 5


def test_what_all_fans_of_one_campaign_are_told_closes_no_gate_while_others_are_to_come(
    sandbox: Sandbox,
) -> None:
    odd = make_night(sandbox, fans=6)
    rows = claim(odd).rows
    make_night(sandbox, fans=2)
    evidence, claimed = Evidence(database_now), Claim(odd, uuid4(), rows)
    for row in rows:
        evidence.note(Held(row, claimed), ErrorReason.FORBIDDEN)
    assert list(evidence.conclusions()) == [], "others may be served"
    other = claim(Campaign.objects.exclude(id=odd.id).get())
    evidence.note(Held(other.rows[0], other), ErrorReason.FORBIDDEN)
    assert [reason for reason, _ in evidence.conclusions()] == [ErrorReason.FORBIDDEN]


PAUSING = ["not_found", "not_listed"]


@pytest.mark.parametrize("what", PAUSING)
def test_who_comes_after_a_pause_is_tried_and_ends_it_when_served(
    what: str, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=5)
    refuse(sandbox, what)
    assert send() == 0
    assert fresh(campaign).is_paused
    called = len(sandbox.calls("token.refresh"))
    arrive(campaign, sandbox, [11])
    assert send() == 0
    tried = [call["account"] for call in sandbox.calls("token.refresh")][called:]
    assert tried == ["fan-11"], "who came later is tried, and nobody else"
    assert fresh(campaign).is_paused
    sandbox.delete("faults")
    arrive(campaign, sandbox, [12])
    assert send() >= 1
    assert "fan-12" in sandbox.libraries()
    assert fresh(campaign).paused_reason == ""
    assert send(later=3600) + len(sandbox.libraries()) >= 7
    check_books(campaign)


@pytest.mark.parametrize("what", PAUSING)
def test_who_comes_after_a_pause_and_meets_other_trouble_is_tried_again(
    what: str, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=5)
    refuse(sandbox, what)
    assert send() == 0
    sandbox.delete("faults")
    sandbox.fault("library", status=503)
    arrive(campaign, sandbox, [11])
    assert send() == 0
    assert send(later=10) >= 1
    assert fresh(campaign).paused_reason == ""


def test_who_comes_after_a_pause_and_is_not_listed_is_not_given_up(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=5)
    refuse(sandbox, "not_listed", [*range(1, 6), 11])
    assert send() == 0
    arrive(campaign, sandbox, [11])
    assert send() == 0
    arrive(make_night(sandbox, fans=0), sandbox, [21])
    assert send(later=60) == 1, "Spotify works"
    assert send(later=3600) == 0
    assert states(campaign) == {"pending": 6}


def test_those_who_come_one_by_one_pause_a_campaign_when_they_are_not_listed(
    sandbox: Sandbox,
) -> None:
    campaign = make_night(sandbox, fans=8)
    refuse(sandbox, "not_listed", [3])
    assert send() == 7
    refuse(sandbox, "not_listed")
    for number in (11, 12):
        arrive(campaign, sandbox, [number])
        assert send(later=60 * number) == 0
        assert fresh(campaign).paused_reason == "", "the straggler is no evidence"
    arrive(campaign, sandbox, [13])
    assert send(later=60 * 13) == 0
    assert fresh(campaign).paused_reason == PauseReason.APP_NOT_OPEN


def test_who_cancelled_is_no_evidence_alone(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    claimed = claim(campaign)
    evidence = Evidence(database_now)
    evidence.note(Held(claimed.rows[0], claimed), ErrorReason.RELEASE_REFUSED)
    receipts.cancel(claimed.rows[0].id, timezone.now())
    assert list(evidence.conclusions()) == []


def test_who_is_served_by_another_worker_tells_what_was_said_before_from_what_is_said_since(
    sandbox: Sandbox,
) -> None:
    campaign = make_night(sandbox, fans=6)
    first, *told = claim(campaign, size=5).rows
    # SQLite's clock has a millisecond, and what is told in the same one is not told since.
    began, seconds = database_now(), count()

    def clock() -> datetime:
        return began + timedelta(seconds=next(seconds))

    evidence, claimed = Evidence(clock), Claim(campaign, uuid4(), told)
    evidence.note(Held(told[0], claimed), ErrorReason.RELEASE_REFUSED)
    PreSave.objects.filter(id=first.id).update(sent_at=clock())
    for row in told[1:3]:
        evidence.note(Held(row, claimed), ErrorReason.RELEASE_REFUSED)
    assert list(evidence.conclusions()) == []
    evidence.note(Held(told[3], claimed), ErrorReason.RELEASE_REFUSED)
    assert list(evidence.conclusions()) == [(ErrorReason.RELEASE_REFUSED, campaign)]


def test_after_another_pause_nobody_is_tried(sandbox: Sandbox) -> None:
    paused_at = timezone.now() - timedelta(minutes=5)
    reason = PauseReason.RELEASE_CHANGED
    campaign = make_night(sandbox, fans=2, paused_reason=reason, paused_at=paused_at)
    arrive(campaign, sandbox, [11])
    assert send() == 0
    assert sandbox.calls("token.refresh") == []


def test_resuming_asks_those_at_once_who_were_refused(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=8)
    refuse(sandbox, "not_listed")
    assert send() == 0
    sandbox.delete("faults")
    transitions.resume(fresh(campaign))
    assert send() == 8
    assert not PreSave.objects.exclude(refused_at=None).exists()


def test_the_fans_of_another_campaign_say_nothing_about_this_one(sandbox: Sandbox) -> None:
    bad, good = make_night(sandbox, fans=2), make_night(sandbox, fans=0)
    for number in range(3, 33):
        sandbox.post("users", {"accounts": [{"id": f"fan-{number}"}]})
        make_presave(good, sandbox.permission(f"fan-{number}"))
    refuse(sandbox, "not_found", [1, 2])
    assert send() == 30
    assert fresh(bad).paused_reason == PauseReason.RELEASE_REFUSED
    assert fresh(good).paused_reason == ""
