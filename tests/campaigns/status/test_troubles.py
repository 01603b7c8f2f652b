"""What is wrong with a campaign: when it counts as trouble, whom it holds up, and what to do."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import (
    Alarm,
    Campaign,
    CampaignState,
    Finding,
    PauseReason,
    Reason,
    Trouble,
    midnights,
)
from campaigns.models.limits import UNCONFIRMED_AFTER
from campaigns.status.overview import explanation_of
from campaigns.status.troubles import LATE_AFTER, Explanation
from tests import factory
from tests.factory import (
    make_campaign,
    make_label,
    make_local_campaign,
    make_presaves,
    make_user,
    standing,
)
from tests.nights.night import make_local_night, make_night, send
from tests.nights.test_local_midnight import DAY, HOMES, fresh, midnight, show_in, work_at
from tests.sandbox_process import ALBUM_URI, TRACK_URI, UPC, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

TOKYO = midnight("Asia/Tokyo")


def make_night_of_new_zealand(sandbox: Sandbox, **fields: Any) -> Campaign:
    campaign = make_local_night(sandbox, DAY, HOMES, **fields)
    show_in(sandbox, "NZ")
    work_at(midnight("Pacific/Auckland"))
    return campaign


@pytest.mark.parametrize(
    ("names", "finding", "said"),
    [({}, "not_there_yet", "doesn't show"), ({"upc": UPC}, "other_variant", "a different version")],
    ids=["missing", "a different version"],
)
def test_fans_who_wait_for_a_later_market_raise_the_alarm(
    names: dict[str, str], finding: str, said: str, sandbox: Sandbox
) -> None:
    campaign = make_night_of_new_zealand(sandbox, **names)
    if names:
        show_in(sandbox, "JP", id="1111111111111111111111")
    moment = TOKYO + LATE_AFTER
    work_at(moment)
    assert fresh(campaign).last_finding == finding
    (alarm,) = Alarm.objects.all()
    assert alarm.trouble == Trouble.LATE
    explained = explanation_of(standing(campaign, moment), fans=1)
    assert explained
    assert explained.found.startswith("1 fan is waiting because Spotify")
    assert said in explained.found
    assert "Ask your distributor" in explained.advice


@pytest.mark.parametrize("early", [timedelta(seconds=1), LATE_AFTER], ids=["soon", "midnight"])
def test_for_ten_minutes_nobody_is_alarmed(early: timedelta, sandbox: Sandbox) -> None:
    campaign = make_night_of_new_zealand(sandbox)
    sydney = midnight("Australia/Sydney")
    campaign.presaves.filter(due_at=TOKYO).update(due_at=sydney)
    assert standing(campaign, sydney + LATE_AFTER).trouble is Trouble.LATE
    assert standing(campaign, sydney + LATE_AFTER - early).trouble is None


def test_a_market_without_fans_is_no_trouble(sandbox: Sandbox) -> None:
    campaign = make_night_of_new_zealand(sandbox)
    before_tokyo = TOKYO - timedelta(minutes=1)
    assert standing(campaign, before_tokyo).trouble is None


def test_each_market_that_is_late_is_told_of(sandbox: Sandbox) -> None:
    make_night_of_new_zealand(sandbox)
    work_at(TOKYO + LATE_AFTER)
    assert Alarm.objects.count() == 1
    show_in(sandbox, "NZ", "JP")
    work_at(TOKYO + LATE_AFTER + timedelta(minutes=1))
    assert Alarm.objects.count() == 0
    work_at(midnight("America/Los_Angeles") + LATE_AFTER)
    assert Alarm.objects.count() == 1


def test_the_dashboard_counts_who_waits_and_says_why(client: Client) -> None:
    user = make_user()
    until = timezone.now() - 5 * LATE_AFTER
    campaign = make_local_campaign(
        label=make_label(owner=user),
        release_at=until - timedelta(hours=3),
        state=CampaignState.RELEASING,
        confirmed_until=until,
        last_finding="not_there_yet",
    )
    make_presaves(campaign, ["a"] * 3, due_at=until)
    make_presaves(campaign, ["b"] * 4, due_at=timezone.now() + LATE_AFTER)
    client.force_login(user)
    page = client.get(f"/dashboard/campaigns/{campaign.slug}").content.decode()
    assert "Overdue" in page
    assert "Fans are waiting for the release in their country" in page
    assert "3 fans are waiting because" in page
    assert "Each fan gets it at their own midnight" not in page


def make_late(**fields: Any) -> Campaign:
    """A campaign whose release has not been confirmed for ten minutes."""
    fields.setdefault("release_at", timezone.now() - LATE_AFTER)
    return make_campaign(**fields)


def explained(campaign: Campaign) -> Explanation:
    explanation = explanation_of(standing(campaign, timezone.now()))
    assert explanation
    return explanation


def test_every_finding_and_every_pause_says_what_to_do() -> None:
    found = {explained(make_late(last_finding=finding.value)).found for finding in Finding}
    assert len(found) == len(Finding)
    for reason in PauseReason:
        assert not reason or explained(make_late(paused_reason=reason)).advice


@pytest.mark.parametrize(
    ("names", "advice"),
    [
        ({"spotify_uri": TRACK_URI}, "add the ISRC"),
        ({"spotify_uri": ALBUM_URI}, "add the UPC"),
    ],
)
def test_a_link_under_another_id_asks_for_the_code(names: dict[str, str], advice: str) -> None:
    assert advice in explained(make_late(last_finding="relinked", **names)).advice


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_a_refused_question_names_the_setting(state: CampaignState) -> None:
    make = make_local_campaign if state == CampaignState.RELEASING else make_late
    until = timezone.now() - 2 * LATE_AFTER
    fields = {"confirmed_until": until} if state == CampaignState.RELEASING else {}
    campaign = make(
        state=state, last_finding="question_refused", release_at=until - LATE_AFTER, **fields
    )
    make_presaves(campaign, ["a"], due_at=until)
    said = explained(campaign)
    assert "SPOTIFY_MARKET" in said.found
    assert "GB for the United Kingdom" in said.advice


def test_a_refused_question_names_the_campaigns_own_market() -> None:
    said = explained(make_late(last_finding="question_refused", market="FJ"))
    assert "the campaign's market, FJ" in said.found
    assert "SPOTIFY_MARKET" not in said.found + said.advice
    assert "choose another market" in said.advice


@pytest.mark.parametrize(("market", "named"), [("", "US"), ("FJ", "FJ")])
def test_a_release_that_is_not_there_yet_is_missing_in_a_named_market(
    market: str, named: str
) -> None:
    said = explained(make_late(last_finding="not_there_yet", market=market))
    assert f"doesn't show the release yet in the market {named}" in said.found
    assert "only out in other countries" in said.found


def test_a_release_at_local_midnights_is_missing_in_every_market_that_was_asked() -> None:
    late = make_local_campaign(
        release_at=timezone.now() - timedelta(hours=20), last_finding="not_there_yet"
    )
    assert "in any of the markets that Presave checked" in explained(late).found


def test_a_campaign_whose_key_was_never_made_says_so() -> None:
    assert "has seen its page" in explained(make_late(public_key=None)).found


def test_every_pause_is_a_trouble() -> None:
    others = {"late", "other_release", "several_match", "unconfirmed"}
    assert {reason.value for reason in PauseReason if reason} == set(Trouble.values) - others


@pytest.mark.parametrize(("hours", "late"), [(0.9, False), (2.1, False), (2.3, True)])
def test_late_is_counted_from_the_first_markets_midnight(hours: float, late: bool) -> None:
    """New Zealand's day begins two hours after the first one in July."""
    first = midnights.first_midnight(date(2026, 7, 10))
    campaign = factory.make_local_campaign(release_at=first)
    found = standing(campaign, first + timedelta(hours=hours)).trouble
    assert (found is Trouble.LATE) is late


@pytest.mark.parametrize(("finding", "more"), [("confirmed", ""), ("question_refused", "market")])
def test_saves_that_no_look_confirms_for_ten_minutes_are_a_trouble(finding: str, more: str) -> None:
    now = timezone.now()
    campaign = make_campaign(state=CampaignState.RELEASING, last_finding=finding)
    make_presaves(campaign, ["sent"], sent_at=now - UNCONFIRMED_AFTER)
    assert standing(campaign, now - timedelta(seconds=1)).trouble is None
    explained = explanation_of(standing(campaign, now))
    assert explained
    assert explained.title == "Saves have been sent but can't be confirmed"
    assert "more than ten minutes ago" in explained.found
    assert more in explained.found.lower()
    assert explained.advice


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("not_found", "can't find or save this release"),
        ("not_listed", "aren't on this app's list"),
    ],
)
def test_a_pause_says_how_many_were_told_and_what(
    refusal: str, said: str, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=6)
    sandbox.fault("token.refresh", "refusal", refusal="revoked", account="fan-1", times=None)
    sandbox.fault("library", "refusal", refusal=refusal, times=None)
    send()
    explanation = explanation_of(standing(fresh(campaign), timezone.now()))
    assert explanation
    # The pause may come before the last of them were asked.
    told = campaign.presaves.told_something().exclude(reason=Reason.REVOKED).count()
    assert 3 <= told <= 5
    assert f"{told} fans" in explanation.found
    assert said in explanation.found
    assert "no save has worked since" in explanation.found


@pytest.mark.parametrize("reason", [PauseReason.RELEASE_REFUSED, PauseReason.APP_NOT_OPEN])
def test_a_pause_names_no_number_when_none_of_those_who_were_told_still_waits(
    reason: PauseReason,
) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING, paused_reason=reason)
    explanation = explanation_of(standing(campaign, timezone.now()))
    assert explanation
    assert explanation.found.startswith("Every permission is kept, and Presave")
