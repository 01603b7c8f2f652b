"""What everybody may know: the numbers are right, and none tells how many fans a campaign had."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from campaigns.fan import transparency_report
from campaigns.models import Campaign, CampaignState, PreSave, PreSaveState, Reason
from campaigns.planning.transitions import cancel_campaign
from campaigns.retention import figures, keys
from tests.factory import make_campaign, make_local_campaign, make_presave, make_presaves
from tests.nights.night import make_night, work
from tests.sandbox_process import SAVE_SCOPE, Sandbox

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_campaigns_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transparency_report, "FEWEST_FANS", 1)


def make_finished(saved: int, lost: int, **fields: object) -> Campaign:
    campaign = make_campaign(state=CampaignState.FINISHED, **fields)
    make_presaves(campaign, ["gone"] * saved, state=PreSaveState.SAVED)
    make_presaves(campaign, ["gone"] * lost, state=PreSaveState.FAILED, reason=Reason.REVOKED)
    return campaign


def release_of(p50: int | None, p95: int | None, percent: int) -> dict[str, object]:
    day = date(2026, 11, 27)
    return {"day": day, "delay_p50": p50, "delay_p95": p95, "saved_percent": percent}


def test_a_fresh_instance_has_nothing(settings: Settings) -> None:
    settings.COMMIT = "c" * 40
    make_campaign(state=CampaignState.DRAFT)
    assert transparency_report.report(NOW) == {
        "counted_at": NOW,
        "version": settings.VERSION,
        "commit": "c" * 40,
        "scope": SAVE_SCOPE,
        "held": {"number": 0, "oldest_day": None, "oldest_age_days": None},
        "destroyed": {"number": 0, "saved": 0, "failed": 0, "cancelled": 0, "expired": 0},
        "failures_of_ended_campaigns": {},
        "keys": {"alive": 0, "destroyed": 0},
        "fewest_fans_of_a_release": 1,
        "releases": [],
    }


def test_what_is_held_is_counted_and_of_the_oldest_the_day_is_told() -> None:
    one, other = make_campaign(), make_local_campaign()
    make_presave(one, consented_at=NOW)
    make_presave(other, consented_at=NOW - timedelta(days=3, hours=11))
    make_presave(one, state=PreSaveState.SAVED, consented_at=NOW - timedelta(days=99))
    assert transparency_report.report(NOW)["held"] == {
        "number": 2,
        "oldest_day": date(2026, 11, 24),
        "oldest_age_days": 3,
    }


@pytest.mark.django_db(transaction=True)
def test_what_is_held_is_counted_in_an_index() -> None:
    make_presaves(make_campaign(), ["a"] * 100)
    with CaptureQueriesContext(connection) as queries:
        transparency_report.report(NOW)
    (held,) = [query["sql"] for query in queries if "MIN(" in query["sql"]]
    with connection.cursor() as cursor:
        # Only what was vacuumed can be counted in an index alone.
        cursor.execute("VACUUM ANALYZE campaigns_presave")
        with transaction.atomic():
            for other_way in ("seqscan", "bitmapscan"):
                cursor.execute(f"SET LOCAL enable_{other_way} = off")
            cursor.execute(f"EXPLAIN {held}")
            plan = str(cursor.fetchall())
    assert "Index Only Scan using presave_oldest" in plan


def test_whatever_ended_counts_as_destroyed_and_rows_may_be_gone() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    numbers = {
        PreSaveState.SAVED: 4,
        PreSaveState.FAILED: 3,
        PreSaveState.CANCELLED: 2,
        PreSaveState.EXPIRED: 1,
        PreSaveState.PENDING: 5,
    }
    for state, number in numbers.items():
        make_presaves(campaign, ["a"] * number, state=state)
    make_presave(make_campaign(), state=PreSaveState.CANCELLED)
    PreSave.objects.exclude(state=PreSaveState.PENDING).delete()
    expected = {"number": 11, "saved": 4, "failed": 3, "cancelled": 3, "expired": 1}
    assert transparency_report.report(NOW)["destroyed"] == expected


def test_keys_are_alive_until_they_are_destroyed() -> None:
    make_campaign()
    make_campaign(state=CampaignState.RELEASING)
    make_campaign(public_key=None)
    make_campaign(state=CampaignState.DRAFT)
    cancel_campaign(make_campaign(public_key=None), timezone.now())
    make_campaign(state=CampaignState.FINISHED)
    assert transparency_report.report(NOW)["keys"] == {"alive": 3, "destroyed": 0}
    assert keys.shred_ended(NOW) == 2
    assert transparency_report.report(NOW)["keys"] == {"alive": 2, "destroyed": 1}


def test_reasons_are_summed_over_all_campaigns() -> None:
    make_finished(saved=1, lost=2)
    make_presave(make_finished(0, 1), state=PreSaveState.EXPIRED, reason=Reason.HARD_STOP)
    figures.write_down(timezone.now())
    assert transparency_report.report(NOW)["failures_of_ended_campaigns"] == {
        "revoked": 3,
        "hard_stop": 1,
    }


def test_a_release_tells_shares_and_delays_and_its_day_where_the_artist_is() -> None:
    at = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    campaign = make_finished(2, 1, release_at=at, release_zone="Europe/Berlin")
    Campaign.objects.filter(id=campaign.id).update(delivery_p50=3, delivery_p95=8, failures={})
    assert transparency_report.report(NOW)["releases"] == [release_of(3, 8, 66)]


def test_a_release_at_local_midnights_tells_the_day_that_the_artist_gave() -> None:
    campaign = make_local_campaign(date(2026, 11, 27), state=CampaignState.FINISHED)
    make_presave(campaign, state=PreSaveState.SAVED)
    assert transparency_report.report(NOW)["releases"] == [release_of(None, None, 100)]


def test_all_were_saved_only_if_all_were() -> None:
    make_finished(saved=199, lost=1)
    assert [
        release["saved_percent"] for release in transparency_report.report(NOW)["releases"]
    ] == [99]


def test_only_finished_campaigns_that_somebody_pre_saved_are_listed() -> None:
    make_campaign(state=CampaignState.FINISHED)
    make_campaign(state=CampaignState.DRAFT)
    for state in (CampaignState.OPEN, CampaignState.RELEASING, CampaignState.CANCELLED):
        make_presave(make_campaign(state=state), state=PreSaveState.SAVED)
    assert transparency_report.report(NOW)["releases"] == []


def test_the_newest_twenty_are_listed() -> None:
    for age in range(22):
        make_finished(1, 0, release_at=NOW - timedelta(days=age), release_zone="UTC")
    days = [release["day"] for release in transparency_report.report(NOW)["releases"]]
    assert days == [NOW.date() - timedelta(days=age) for age in range(20)]


def test_a_release_of_many_fans_reads_like_one_of_few() -> None:
    small = make_finished(saved=1, lost=1)
    alone = transparency_report.report(NOW)["releases"]
    make_presaves(small, ["gone"] * 40, state=PreSaveState.SAVED)
    make_presaves(small, ["gone"] * 40, state=PreSaveState.FAILED, reason=Reason.REVOKED)
    assert transparency_report.report(NOW)["releases"] == alone


def test_it_takes_six_queries_however_many_campaigns_there_are(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(4):
        make_finished(1, 1)
    figures.write_down(timezone.now())
    with django_assert_num_queries(6):
        transparency_report.report(NOW)


def test_a_night_from_beginning_to_end(sandbox: Sandbox) -> None:
    make_night(sandbox, fans=5)
    before = transparency_report.report(timezone.now())
    assert (before["held"]["number"], before["destroyed"]["number"]) == (5, 0)
    assert before["keys"] == {"alive": 1, "destroyed": 0}
    work()
    after = transparency_report.report(timezone.now())
    assert (after["held"]["number"], after["destroyed"]["saved"]) == (0, 5)
    assert after["keys"] == {"alive": 0, "destroyed": 1}
    (release,) = after["releases"]
    assert release["saved_percent"] == 100
    # The release was due a minute ago.
    assert 60 <= (release["delay_p50"] or 0) <= (release["delay_p95"] or 0) <= 120


def test_a_release_of_so_few_fans_that_figures_would_be_about_one_is_not_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    campaign = make_campaign(state=CampaignState.FINISHED)
    make_presaves(campaign, [""] * 9, state=PreSaveState.SAVED)
    assert transparency_report.report(NOW)["releases"] == []
    make_presave(campaign, state=PreSaveState.SAVED)
    assert len(transparency_report.report(NOW)["releases"]) == 1
