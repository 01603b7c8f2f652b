"""What Prometheus is told, who may read it, and that many fans make it ask no more."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from campaigns.clock import database_now
from campaigns.doctor import metrics, report
from campaigns.models import (
    Alarm,
    CampaignState,
    ErrorReason,
    FinalFigures,
    Gate,
    GateName,
    Heartbeat,
    PreSave,
    PreSaveState,
    Reason,
    Trouble,
)
from tests.factory import make_campaign, make_presave, make_presaves

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def told() -> dict[str, float]:
    """Each sample by its name and labels, as Prometheus would read it."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        ",".join([sample.name, *(f"{key}={value}" for key, value in sample.labels.items())]): (
            sample.value
        )
        for family in families
        for sample in family.samples
    }


def ended(presave: PreSave, state: PreSaveState, **fields: Any) -> None:
    PreSave.objects.filter(id=presave.id).update(
        state=state, sealed=None, settled_at=database_now(), **fields
    )


def test_saves_and_permissions_are_counted_from_the_days_sums() -> None:
    campaign = make_campaign()
    make_presaves(campaign, ["a", "b", "c"])
    make_presave(campaign, state=PreSaveState.SAVED)
    make_presave(campaign, state=PreSaveState.FAILED, reason=Reason.REVOKED)
    found = told()
    assert found["presave_presaves_total"] == 5
    assert found["presave_outcomes_total,outcome=saved"] == 1
    assert found["presave_outcomes_total,outcome=failed"] == 1
    assert found["presave_permissions_held"] == 3


def test_reasons_are_counted_before_and_after_the_rows_are_gone() -> None:
    make_presave(make_campaign(), state=PreSaveState.FAILED, reason=Reason.REVOKED)
    written = make_campaign(state=CampaignState.FINISHED, failures={"revoked": 4, "hard_stop": 1})
    FinalFigures.objects.create(campaign=written, cancellations={"by_fan": 2})
    found = told()
    assert found["presave_outcomes_without_save_total,reason=revoked"] == 5
    assert found["presave_outcomes_without_save_total,reason=hard_stop"] == 1
    assert found["presave_outcomes_without_save_total,reason=by_fan"] == 2


def test_lateness_is_a_histogram_of_this_weeks_nights() -> None:
    now = database_now()
    campaign = make_campaign(state=CampaignState.RELEASING)
    for late in (0.5, 4, 40):
        presave = make_presave(campaign, due_at=now - 60 * SECOND)
        ended(presave, PreSaveState.SAVED, sent_at=presave.due_at + late * SECOND)
    PreSave.objects.update(consented_at=now - timedelta(days=3))
    found = told()
    assert found["presave_lateness_seconds_bucket,le=1"] == 1
    assert found["presave_lateness_seconds_bucket,le=5"] == 2
    assert found["presave_lateness_seconds_bucket,le=60"] == 3
    assert found["presave_lateness_seconds_bucket,le=+Inf"] == 3
    assert found["presave_lateness_seconds_gsum"] == pytest.approx(44.5)


def test_due_fans_and_the_first_of_them() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign, due_at=database_now() - 120 * SECOND)
    make_presave(campaign, due_at=database_now() + 3600 * SECOND)
    found = told()
    assert found["presave_due"] == 1
    assert 120 <= found["presave_due_oldest_seconds"] < 180


def test_pace_limit_and_a_closed_gate(settings: Settings) -> None:
    now = database_now()
    Gate.objects.create(
        name=GateName.API,
        rate=7,
        free_at=now,
        blocked_until=now + 600 * SECOND,
        blocked_reason=ErrorReason.RATE_LIMITED,
        recent=[[now.timestamp() - 5, 30], [now.timestamp() - 90, 500]],
    )
    found = told()
    assert found["presave_pace,half=api"] == 7
    assert found["presave_pace_limit"] == settings.SPOTIFY_MAX_RATE
    assert found["presave_calls_last_minute,half=api"] == 30
    assert 540 < found["presave_gate_closed_seconds,half=api,reason=rate_limited"] <= 600
    assert found["presave_gate_closed_seconds,half=accounts,reason=none"] == 0


def test_keys_alarms_and_campaigns() -> None:
    campaign = make_campaign()
    make_campaign(state=CampaignState.CANCELLED, key_destroyed_at=database_now())
    alarm = {"campaign": campaign, "release_at": campaign.release_at, "raised_at": database_now()}
    Alarm.objects.create(trouble=Trouble.LATE, **alarm)
    Alarm.objects.create(trouble=Trouble.UNCONFIRMED, resolved_at=database_now(), **alarm)
    found = told()
    assert found["presave_campaigns,state=open"] == 1
    assert found["presave_keys,state=live"] == 1
    assert found["presave_keys,state=destroyed"] == 1
    assert found["presave_alarms,trouble=late"] == 1
    assert found["presave_alarms,trouble=unconfirmed"] == 0


def test_heartbeats_and_what_the_worker_told_of_itself() -> None:
    now = database_now()
    assert "presave_worker_heartbeat_age_seconds" not in told()  # never is not zero
    Heartbeat.objects.create(beat_at=now - 20 * SECOND, rung_at=now - 30 * SECOND)
    report.make(now)
    found = told()
    assert 20 <= found["presave_worker_heartbeat_age_seconds"] < 80
    assert 30 <= found["presave_beat_age_seconds"] < 90
    assert found["presave_wrapping_key_age_seconds"] >= 0
    assert found["presave_check_failed,check=backups"] == 1
    assert found["presave_check_failed,check=database"] == 0
    assert "presave_backup_age_seconds" not in found


@pytest.mark.parametrize(
    ("broken", "part", "missing"),
    [
        ("campaigns_gate", "gates", "presave_pace_limit"),
        ("campaigns_alarm", "work", "presave_due"),
        ("campaigns_finalfigures", "outcomes", "presave_presaves_total"),
    ],
)
def test_a_table_that_cannot_be_read_spoils_no_numbers_but_its_own(
    broken: str, part: str, missing: str
) -> None:
    report.make(database_now())
    whole = told()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {broken} RENAME TO gone")
    found = told()
    failed = {name for name in found if name.startswith("presave_scrape_failed") and found[name]}
    assert failed == {f"presave_scrape_failed,part={part}"}
    lost = {name.partition(",")[0] for name in whole.keys() - found.keys()}
    assert missing in lost
    assert not lost & {"presave_campaigns", "presave_lateness_seconds_bucket"}
    # What the doctor could not see is not told to be well, and the rest of it is told.
    checks = {name for name in found if name.startswith("presave_check_failed")}
    assert "presave_check_failed,check=messages" in checks
    assert ("presave_check_failed,check=gate" in checks) == (part != "gates")


def test_more_campaigns_and_fans_ask_the_database_no_more() -> None:
    Heartbeat.objects.create(beat_at=database_now())
    report.make(database_now())

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            metrics.exposition()
        return len(asked)

    before = queries()
    for _ in range(3):
        make_presaves(make_campaign(state=CampaignState.RELEASING), ["a", "b", "c", "d"])
    assert queries() == before


def test_no_label_names_a_fan_a_campaign_or_a_person() -> None:
    campaign = make_campaign(title="Night Bus", artist="Demo Artist")
    presave = make_presave(campaign)
    shown = metrics.exposition().decode()
    for private in (campaign.slug, "Night Bus", "Demo Artist", str(campaign.id), str(presave.id)):
        assert private not in shown
    labels = {name for sample in told() for name in re.findall(r",(\w+)=", sample)}
    assert labels <= {
        *("version", "commit", "state", "outcome", "reason", "le", "trouble", "kind", "half"),
        *("check", "part"),
    }


def test_nobody_sees_it_without_the_token(client: Client, capsys: Any) -> None:
    call_command("metrics_token")
    token = capsys.readouterr().out.strip()
    assert client.get("/metrics").status_code == 404
    wrong = {"Authorization": f"Bearer {token[::-1]}"}
    assert client.get("/metrics", headers=wrong).status_code == 404
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "no-store" in answer["Cache-Control"]
    assert b"presave_info{" in answer.content


def test_another_secret_key_has_another_token(settings: Settings) -> None:
    before = metrics.token()
    settings.SECRET_KEY = "x" * 50
    assert metrics.token() != before
