"""Thirty days after the release a fan's row goes; the numbers stay."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaigns.models import (
    ROW_LIFETIME,
    Campaign,
    CampaignState,
    DailyCount,
    Event,
    PreSave,
    PreSaveState,
    Role,
    Totals,
)
from campaigns.models.limits import HISTORY_LIFETIME, INVITATION_LIFETIME
from campaigns.planning.invitations import invite
from campaigns.retention import deleting, erasing, expiring
from tests import factory
from tests.factory import make_campaign, make_presave, make_presaves
from tests.fans import text_of
from tests.nights.night import in_threads, work

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

SECOND = timedelta(seconds=1)
ENDINGS = [state for state in PreSaveState if state != PreSaveState.PENDING]


def make_ended(state: CampaignState = CampaignState.FINISHED, rows: int = 1) -> Campaign:
    """An ended campaign whose release was 30 days ago, with so many rows of each ending."""
    campaign = make_campaign(state=state, release_at=timezone.now() - ROW_LIFETIME)
    for ending in ENDINGS:
        make_presaves(campaign, ["gone"] * rows, state=ending)
    return campaign


def rows_of(campaign: Campaign) -> int:
    return PreSave.objects.filter(campaign=campaign).count()


@pytest.mark.parametrize("state", [CampaignState.FINISHED, CampaignState.CANCELLED])
def test_rows_are_deleted_30_days_after_the_release(state: CampaignState) -> None:
    campaign = make_ended(state)
    due = campaign.release_at + ROW_LIFETIME
    assert deleting.delete_old_rows(due - SECOND) == 0
    assert deleting.delete_old_rows(due) == 4
    assert rows_of(campaign) == 0
    campaign.refresh_from_db()
    assert campaign.rows_deleted_at == due
    assert deleting.delete_old_rows(due) == 0


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_the_rows_of_a_campaign_that_has_not_ended_stay(state: CampaignState) -> None:
    campaign = make_campaign(state=state, release_at=timezone.now() - ROW_LIFETIME)
    make_presave(campaign)
    assert deleting.delete_old_rows(timezone.now()) == 0
    assert rows_of(campaign) == 1


def test_a_deletion_comes_in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deleting, "ROWS_DELETED_AT_ONCE", 5)
    campaign, now = make_ended(rows=3), timezone.now()
    assert [deleting.delete_old_rows(now) for _ in range(4)] == [5, 5, 2, 0]
    campaign.refresh_from_db()
    assert campaign.rows_deleted_at == now


@pytest.mark.django_db(transaction=True)
def test_workers_that_delete_at_once_do_not_mind_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deleting, "ROWS_DELETED_AT_ONCE", 7)
    campaigns = [make_ended(rows=5) for _ in range(3)]
    young = make_campaign(state=CampaignState.FINISHED)
    make_presave(young, state=PreSaveState.SAVED)

    def act(_: int) -> int:
        return sum(deleting.delete_old_rows(timezone.now()) for _ in range(15))

    assert sum(in_threads(4, act)) == 3 * 20
    assert [rows_of(campaign) for campaign in [*campaigns, young]] == [0, 0, 0, 1]
    assert not Campaign.objects.exclude(id=young.id).filter(rows_deleted_at=None).exists()


def test_a_worker_deletes_them_and_the_numbers_still_add_up(client: Client) -> None:
    campaign = make_ended(rows=3)
    before = DailyCount.objects.totals_of(campaign.id)
    artist = factory.make_member(campaign.label)
    client.force_login(artist)

    work()

    assert rows_of(campaign) == 0
    assert DailyCount.objects.totals_of(campaign.id) == before == Totals(12, 3, 3, 3, 3)
    page = text_of(client.get(f"/dashboard/campaigns/{campaign.slug}"))
    page = re.sub(r"<dt>([\w-]+)</dt><dd>(\d+)</dd>", r"\1 \2", page)
    numbers = [
        *("Pre-saves 12", "Saved 3"),
        *("Failed 3", "Cancelled 3", "Expired 3"),
    ]
    for number in numbers:
        assert number in page
    assert "UTC. The counts stay." in page


def test_the_dashboard_says_until_when_receipts_can_be_seen(client: Client) -> None:
    released = timezone.now().replace(2026, 11, 4, 12, 0)
    campaign = make_campaign(state=CampaignState.FINISHED, release_at=released)
    client.force_login(factory.make_member(campaign.label))
    page = text_of(client.get(f"/dashboard/campaigns/{campaign.slug}"))
    assert "Fans can see theirs until 4 December 2026." in page


def test_sessions_and_counts_of_attempts_are_deleted_when_they_have_run_out() -> None:
    now = timezone.now()
    session = SessionStore()
    session.create()
    user = factory.make_user()
    UserSession.objects.create(user=user, session_key=session.session_key, ip="::")
    cache.set("attempts:192.0.2.1", 3, timeout=300)
    deleting.forget_log_ins(now + timedelta(minutes=4))
    assert count_of_attempts() == 1
    deleting.forget_log_ins(now + timedelta(minutes=6))
    assert count_of_attempts() == 0
    assert Session.objects.filter(pk=session.session_key).exists()
    assert UserSession.objects.exists()
    deleting.forget_log_ins(now + timedelta(days=15))
    assert not Session.objects.exists()
    assert not UserSession.objects.exists()


def test_a_history_is_kept_for_a_year_and_an_invitation_until_it_expires() -> None:
    owner = factory.make_user()
    label = factory.make_label(owner=owner)
    now = timezone.now()
    # The invitation's own entry in the history is the other one.
    invite(label, "guest@example.com", Role.VIEWER, owner, now)
    label.history.create(event=Event.LABEL_CREATED, by=owner, at=now + timedelta(days=2))

    deleting.forget_history(now + INVITATION_LIFETIME - timedelta(seconds=1))
    assert (label.invitations.count(), label.history.count()) == (1, 2)
    deleting.forget_history(now + INVITATION_LIFETIME)
    assert (label.invitations.count(), label.history.count()) == (0, 2)
    deleting.forget_history(now + HISTORY_LIFETIME + timedelta(days=1))
    assert label.history.get().event == Event.LABEL_CREATED


def test_the_workers_maintenance_forgets_histories() -> None:
    label = factory.make_label()
    label.history.create(event=Event.LABEL_CREATED, at=timezone.now() - HISTORY_LIFETIME)

    work()

    assert not label.history.exists()


def count_of_attempts() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM presave_cache")
        return int(cursor.fetchone()[0])


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "ROWS_ERASED_AT_ONCE", 4)


def test_a_row_that_has_not_ended_is_not_deleted_for_its_age() -> None:
    campaign = make_campaign(
        state=CampaignState.CANCELLED, release_at=timezone.now() - ROW_LIFETIME
    )
    make_presaves(campaign, ["a-token"] * 5)
    now = timezone.now() + timedelta(seconds=1)

    assert deleting.delete_old_rows(now) == 0
    assert [expiring.expire(now) for _ in range(2)] == [4, 1]
    assert deleting.delete_old_rows(now) == 5
    assert DailyCount.objects.totals_of(campaign.id) == Totals(presaves=5, cancelled=5)
