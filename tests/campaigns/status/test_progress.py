"""How far a release is, and when it ends, in words that are true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries, Settings

from campaigns.gate import closing, rows
from campaigns.models import (
    Campaign,
    CampaignState,
    DailyCount,
    ErrorReason,
    Gate,
    GateName,
    PauseReason,
    PreSaveState,
    Reason,
    Totals,
)
from campaigns.spotify.answers import Scope, SpotifyError, scope_of
from campaigns.status import progress as progress_module
from campaigns.status.progress import (
    Backlog,
    Progress,
    backlog_of,
    clock_of,
    describe,
    progress_of,
    share_of,
)
from tests import factory
from tests.factory import make_campaign, make_presave, make_presaves

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 27, 0, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MINE, OTHER, THIRD = uuid4(), uuid4(), uuid4()


def gate(rate: float = 9.9, name: GateName = GateName.API, **fields: Any) -> Gate:
    return Gate(name=name, rate=rate, free_at=NOW, **fields)


def said(backlog: Backlog, *gates: Gate, zone: str = "UTC") -> str:
    campaign = Campaign(release_at=NOW - 10 * MINUTE, release_zone=zone)
    return describe(campaign, backlog, gates or (gate(),), NOW)


def progress(campaign: Campaign, totals: Totals) -> Progress | None:
    now = timezone.now()
    standing = factory.standing(campaign, now)
    return progress_of(standing, totals, backlog_of(standing, now), now)


@pytest.mark.parametrize(
    ("due", "mine", "others"),
    [
        ({}, 0, 0),
        ({MINE: 10}, 10, 0),
        ({MINE: 10, OTHER: 3, THIRD: 500}, 10, 13),
        ({OTHER: 500}, 0, 0),
    ],
)
def test_campaigns_take_turns(due: dict[UUID, int], mine: int, others: int) -> None:
    assert share_of(due, MINE) == (mine, others)


@pytest.mark.parametrize(
    ("due", "span"),
    [
        (1, "half a minute"),
        (990, "2 minutes"),
        (7128, "12 minutes"),
        (99 * 3600, "10 hours"),
        (400, "a minute"),
    ],
)
def test_the_time_left_is_the_fans_by_the_pace(due: int, span: str) -> None:
    assert said(Backlog(due)) == f"About {span} left at 9.9 saves per second."


def test_the_slower_half_of_spotify_sets_the_pace() -> None:
    gates = gate(8.0), gate(4.0, GateName.ACCOUNTS)
    assert said(Backlog(1200), *gates) == "About 5 minutes left at 4.0 saves per second."


def test_no_pace_is_above_the_operators(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 2 / rows.SHARE_OF_CAP
    assert "at 2.0 saves per second" in said(Backlog(1200))
    settings.SPOTIFY_MAX_RATE = 200 / rows.SHARE_OF_CAP
    assert "at 200 saves per second" in said(Backlog(1200), gate(500.0))


def test_fans_of_other_campaigns_are_counted_in() -> None:
    text = said(Backlog(due=594, of_others=594))
    assert text == "About 2 minutes left at 9.9 saves per second. Other campaigns share this pace."


def test_an_end_after_the_last_day_is_told() -> None:
    text = said(Backlog(due=10 * 86_400 * 9))
    assert "About 9 days left" in text
    assert "on 4 December 2026 Presave stops trying" in text


@pytest.mark.parametrize(("fans", "words"), [(1, "1 fan"), (3, "3 fans")])
def test_fans_who_are_tried_again_are_a_number(fans: int, words: str) -> None:
    assert said(Backlog(tried_again=fans)) == f"Retrying for {words}."


@pytest.mark.parametrize(
    ("saves", "words"),
    [(1, "1 more save has been sent and is"), (120, "120 more saves have been sent and are")],
)
def test_saves_that_were_sent_are_a_number(saves: int, words: str) -> None:
    assert said(Backlog(sent=saves)) == f"{words} being confirmed."


def test_with_nobody_due_there_is_nothing_to_say() -> None:
    assert said(Backlog()) == ""


REASONS = {
    "rate_limited": "We've reached Spotify's rate limit",
    "quota_exceeded": "This app has used up its Spotify quota",
    "outage": "Spotify is failing for most fans",
    "invalid_client": "set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET",
    "premium_lapsed": "renew that subscription",
    "forbidden": "check Spotify's developer dashboard",
    "something new": "Spotify asked this app to wait.",
}


@pytest.mark.parametrize("reason", REASONS)
def test_a_closed_gate_says_since_when_until_when_and_why(reason: str) -> None:
    closed = gate(
        blocked_at=NOW - 6 * MINUTE, blocked_until=NOW + 20 * MINUTE, blocked_reason=reason
    )
    text = said(Backlog(due=1188), closed, gate(name=GateName.ACCOUNTS), zone="Europe/Berlin")
    begins = "Presave has been waiting since 01:04 and tries again at 01:30 (Europe/Berlin)."
    assert text.startswith(begins)
    assert REASONS[reason] in text
    assert text.endswith("After that, about 2 minutes left at 9.9 saves per second.")


def test_every_error_that_closes_a_gate_has_its_sentence() -> None:
    app_wide = {reason.value for reason in ErrorReason if scope_of(reason) is Scope.APP}
    assert app_wide == {*REASONS} - {"something new"}


def test_a_wait_into_another_day_names_it() -> None:
    closed = gate(blocked_until=NOW + timedelta(hours=14), blocked_reason="quota_exceeded")
    assert "tries again at 15:10 on 27 November" not in said(Backlog(), closed)
    later = gate(blocked_until=NOW + timedelta(hours=24), blocked_reason="quota_exceeded")
    assert "tries again at 00:10 on 28 November (UTC)" in said(Backlog(), later)


# What the database knows.


def test_the_progress_is_taken_from_rows_counts_and_gates(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1 / rows.SHARE_OF_CAP
    campaign = make_campaign(state=CampaignState.RELEASING)
    now = timezone.now()
    make_presaves(campaign, ["a"] * 60)
    make_presave(campaign, lease_until=now + MINUTE, attempts=2)
    make_presave(campaign, lease_until=now + MINUTE, refused_at=now, reason=Reason.REVOKED)
    make_presave(campaign, due_at=now + MINUTE)
    for state in (PreSaveState.SAVED, PreSaveState.FAILED, PreSaveState.CANCELLED):
        make_presave(campaign, state=state)
    make_presaves(make_campaign(state=CampaignState.RELEASING), ["b"] * 600)
    waiting = make_campaign(release_at=now)
    paused = make_campaign(state=CampaignState.RELEASING, paused_reason=PauseReason.KEY_MISSING)
    for other in (waiting, paused):
        make_presaves(other, ["c"] * 600)

    backlog = backlog_of(factory.standing(campaign, now), now)
    assert (backlog.tried_again, backlog.refused, backlog.again_at) == (2, 1, now + MINUTE)
    assert progress(campaign, DailyCount.objects.totals_of(campaign.id)) == Progress(
        done=2,
        total=65,
        text="About 2 minutes left at 1.0 saves per second. Other campaigns share this pace. "
        "Retrying for 2 fans.",
    )


def test_a_save_that_was_sent_is_neither_done_nor_due() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    other = make_campaign(state=CampaignState.RELEASING)
    now = timezone.now()
    make_presave(campaign, state=PreSaveState.SAVED)
    make_presave(campaign)
    make_presaves(campaign, ["a"] * 3, sent_at=now, attempts=1)
    make_presaves(other, ["b"] * 9, sent_at=now)

    assert backlog_of(factory.standing(campaign, now), now) == Backlog(due=1, sent=3)
    found = progress(campaign, DailyCount.objects.totals_of(campaign.id))
    assert found
    assert (found.done, found.total) == (1, 5)
    assert "3 more saves have been sent and are being confirmed." in found.text
    assert "Other campaigns" not in found.text


def test_once_every_save_was_sent_no_time_is_left_to_tell() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presaves(campaign, ["a"] * 2, sent_at=timezone.now())
    assert progress(campaign, DailyCount.objects.totals_of(campaign.id)) == Progress(
        0, 2, "2 more saves have been sent and are being confirmed."
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"state": CampaignState.DRAFT},
        {"state": CampaignState.OPEN},
        {"state": CampaignState.FINISHED},
        {"state": CampaignState.RELEASING, "paused_reason": PauseReason.RELEASE_REFUSED},
    ],
)
def test_there_is_no_progress_of(fields: dict[str, Any]) -> None:
    assert progress(make_campaign(**fields), Totals()) is None


def test_a_campaign_that_waits_for_its_release_says_what_keeps_presave_from_looking() -> None:
    campaign = make_campaign(release_at=timezone.now() - MINUTE)
    now = timezone.now()
    assert progress(campaign, Totals(5)) == Progress(0, 0, "")
    closing.close(SpotifyError(ErrorReason.FORBIDDEN), now)
    found = progress(campaign, Totals(5))
    assert found
    assert "Spotify refuses this app without saying why" in found.text


def test_it_asks_the_database_three_times_at_most(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    for other in (campaign, make_campaign(state=CampaignState.RELEASING)):
        make_presaves(other, ["a"] * 20)
    now = timezone.now()
    standing = factory.standing(campaign, now)
    with django_assert_num_queries(3):
        progress_of(standing, Totals(20), backlog_of(standing, now), now)


# Since when the gate has been closed.


def close(reason: ErrorReason, now: datetime, seconds: float | None = None) -> datetime | None:
    error = SpotifyError(reason, retry_after=seconds)
    closing.close(error, now)
    return Gate.objects.get(name=GateName.API).blocked_at


def test_a_gate_that_opens_for_a_try_only_has_been_closed_all_along() -> None:
    assert close(ErrorReason.FORBIDDEN, NOW) == NOW
    assert close(ErrorReason.FORBIDDEN, NOW + 1.1 * MINUTE) == NOW
    assert close(ErrorReason.FORBIDDEN, NOW + 2.2 * MINUTE) == NOW


def test_a_longer_stop_in_the_midst_of_one_began_with_the_first() -> None:
    close(ErrorReason.RATE_LIMITED, NOW, seconds=60)
    assert close(ErrorReason.RATE_LIMITED, NOW + MINUTE / 2, seconds=600) == NOW


def test_a_gate_through_which_something_worked_is_closed_anew() -> None:
    close(ErrorReason.RATE_LIMITED, NOW, seconds=30)
    closing.note_working(GateName.API, NOW + MINUTE)
    assert close(ErrorReason.RATE_LIMITED, NOW + 1.5 * MINUTE, seconds=30) == NOW + 1.5 * MINUTE


def test_a_gate_that_closes_for_another_reason_or_much_later_is_closed_anew() -> None:
    close(ErrorReason.FORBIDDEN, NOW)
    assert close(ErrorReason.PREMIUM_LAPSED, NOW + 2 * MINUTE) == NOW + 2 * MINUTE
    assert close(ErrorReason.PREMIUM_LAPSED, NOW + 60 * MINUTE) == NOW + 60 * MINUTE


def test_a_million_fans_are_told_of_without_counting_them(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(progress_module, "MOST_COUNTED", 5)
    campaign, other = (make_campaign(state=CampaignState.RELEASING) for _ in range(2))
    make_presaves(campaign, ["a"] * 10)
    make_presaves(campaign, ["a"] * 2, sent_at=timezone.now())
    make_presaves(other, ["a"] * 3)
    now = timezone.now()
    standing = factory.standing(campaign, now)
    with django_assert_num_queries(2):
        assert backlog_of(standing, now) == Backlog(due=10, of_others=3, sent=2)


def test_of_many_fans_those_whose_midnight_is_to_come_are_not_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress_module, "MOST_COUNTED", 5)
    begun = timezone.now() - timedelta(hours=3)
    campaign = factory.make_local_campaign(release_at=begun, state=CampaignState.RELEASING)
    make_presaves(campaign, ["a"] * 2)
    make_presaves(campaign, ["a"] * 9, due_at=timezone.now() + timedelta(hours=3))
    now = timezone.now()
    assert backlog_of(factory.standing(campaign, now), now).due == 2


def test_a_time_of_another_day_is_written_as_the_readers_language_has_it() -> None:
    campaign = Campaign(release_zone="UTC")
    assert clock_of(campaign, NOW, NOW) == "00:10"
    assert clock_of(campaign, NOW, NOW - timedelta(days=1)) == "00:10 on 27 November"
    with translation.override("de"):
        assert clock_of(campaign, NOW, NOW - timedelta(days=1)) == "27. November um 00:10"
