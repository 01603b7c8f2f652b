"""The report: from counts and figures alone, and the sums are right."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from campaigns.models import (
    ROW_LIFETIME,
    Campaign,
    CampaignState,
    Counted,
    DailyCount,
    FinalFigures,
    Funnel,
    PreSave,
    PreSaveState,
    Reason,
    SourceCount,
    Step,
)
from campaigns.retention import deleting, figures
from campaigns.status import report
from tests.factory import make_campaign, make_presave

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """Finished: three saved, one failed, one expired, one cancelled by the fan."""
    campaign = make_campaign(state=CampaignState.FINISHED)
    for seconds in (1, 1, 4):
        at = campaign.release_at + timedelta(seconds=seconds)
        make_presave(campaign, state=PreSaveState.SAVED, settled_at=at)
    for state, reason in (
        (PreSaveState.FAILED, Reason.REVOKED),
        (PreSaveState.EXPIRED, Reason.HARD_STOP),
        (PreSaveState.CANCELLED, Reason.BY_FAN),
    ):
        make_presave(campaign, state=state, reason=reason)
    figures.write_down(timezone.now())
    campaign.refresh_from_db()
    return campaign


def outcomes(found: report.Report) -> dict[tuple[str, str], int]:
    return {(one.state.value, one.reason): one.number for one in found.outcomes}


def test_every_presave_is_in_it_with_its_outcome(campaign: Campaign) -> None:
    found = report.report_of(campaign, timezone.now())
    assert outcomes(found) == {
        ("failed", "revoked"): 1,
        ("expired", "hard_stop"): 1,
        ("cancelled", "by_fan"): 1,
    }
    totals = found.totals
    assert totals.presaves == totals.saved + sum(outcomes(found).values()) == 6
    assert sum(number for _, number in found.destroyed) == totals.settled == 6
    assert (found.half, found.most, found.latest) == ("1 second", "4 seconds", "4 seconds")


def test_it_is_the_same_when_the_rows_are_gone(campaign: Campaign) -> None:
    before = report.as_json(report.report_of(campaign, timezone.now()))
    assert deleting.delete_old_rows(campaign.release_at + ROW_LIFETIME) == 6
    assert not PreSave.objects.exists()
    campaign.refresh_from_db()
    assert report.as_json(report.report_of(campaign, timezone.now())) == before


def test_every_reason_has_words() -> None:
    states = {Reason.BY_FAN: "cancelled", Reason.CAMPAIGN_CANCELLED: "cancelled"}
    campaign = make_campaign(state=CampaignState.CANCELLED)
    reasons = [reason for reason in Reason if reason]
    campaign.failures = {reason.value: 1 for reason in reasons if reason not in states}
    FinalFigures.objects.create(
        campaign=campaign, cancellations={reason.value: 1 for reason in states}
    )
    found = report.report_of(campaign, timezone.now()).outcomes
    assert {one.reason for one in found} == {reason.value for reason in reasons}
    assert all(str(one.words) for one in found)


def test_days_without_anything_are_there_too(campaign: Campaign) -> None:
    DailyCount.objects.all().delete()
    for day, presaves in ((1, 5), (4, 7)):
        DailyCount.objects.create(campaign=campaign, day=date(2026, 11, day), presaves=presaves)
    days = report.report_of(campaign, timezone.now()).days
    assert [(day.day, totals.presaves) for day, totals in days] == [(1, 5), (2, 0), (3, 0), (4, 7)]


def at(hour: int, day: int = 4) -> str:
    return datetime(2026, 12, day, hour, tzinfo=UTC).isoformat()


def drawn(campaign: Campaign, by_hour: list[list[object]]) -> report.Report:
    FinalFigures.objects.filter(campaign=campaign).update(destroyed_by_hour=by_hour)
    return report.report_of(campaign, timezone.now())


def test_hours_are_drawn_without_gaps(campaign: Campaign) -> None:
    found = drawn(campaign, [[at(20), 2], [at(23), 60]])
    assert [number for _, number in found.destroyed_to_draw] == [2, 0, 0, 60]
    assert not found.is_by_day


def test_many_hours_are_drawn_by_day(campaign: Campaign) -> None:
    found = drawn(campaign, [[at(3, 1), 2], [at(20, 1), 3], [at(23), 60]])
    assert [number for _, number in found.destroyed_to_draw] == [5, 0, 0, 60]
    assert found.is_by_day


def test_a_campaign_of_before_has_a_report_without_figures() -> None:
    campaign = make_campaign(state=CampaignState.FINISHED)
    found = report.report_of(campaign, timezone.now())
    assert found.figures is None
    assert found.destroyed_to_draw == []
    assert report.as_json(found)["permissions_destroyed"]["by_hour"] == []


@pytest.mark.parametrize("state", [*CampaignState])
def test_only_what_has_ended_has_a_report(state: CampaignState) -> None:
    campaign = make_campaign(state=state)
    has_one = state in (CampaignState.FINISHED, CampaignState.CANCELLED)
    assert report.has_report(campaign) is has_one
    assert report.with_report().exists() is has_one


def test_what_was_cancelled_before_it_opened_has_none() -> None:
    campaign = make_campaign(state=CampaignState.CANCELLED, opened_at=None, scheduled_at=None)
    assert not report.has_report(campaign)
    assert not report.with_report().exists()


def test_where_pre_saves_came_from_is_in_it(campaign: Campaign) -> None:
    visit = Counted(campaign.id, timezone.now().date(), "poster", Step.VISIT)
    SourceCount.objects.add({visit: 9, replace(visit, kind=Step.PRESAVE): 4})
    found = report.report_of(campaign, timezone.now())
    assert found.sources == {"poster": Funnel(visits=9, presaves=4)}
    assert found.without_source == 2
    rows = {(section, item): value for section, item, value in report.as_rows(found)}
    assert (rows["visits_by_source", "poster"], rows["presaves_by_source", "poster"]) == (9, 4)
    assert report.as_json(found)["by_source"] == [
        {"source": "poster", "visits": 9, "taps": 0, "presaves": 4}
    ]


def test_rows_and_json_say_the_same(campaign: Campaign) -> None:
    found = report.report_of(campaign, timezone.now())
    rows = {(section, item): value for section, item, value in report.as_rows(found)}
    content = json.loads(json.dumps(report.as_json(found), cls=DjangoJSONEncoder))
    assert rows["totals", "saved"] == content["totals"]["saved"] == 3
    assert rows["seconds_to_save", "p95"] == content["seconds_to_save"]["p95"] == 4
    assert rows["outcomes", "failed: revoked"] == 1
    day = content["by_day"][0]
    assert rows["presaves_by_day", day["day"]] == day["presaves"] == 6
    hour = content["permissions_destroyed"]["by_hour"][0]
    by_hour = [value for (section, _), value in rows.items() if section.endswith("_by_hour")]
    assert by_hour[0] == hour["number"]
    assert len(by_hour) == len(content["permissions_destroyed"]["by_hour"])
