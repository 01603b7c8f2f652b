"""What the database itself refuses, and what is kept about a fan."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from campaigns.fan.disclosure import FIELDS
from campaigns.models import (
    LONGEST_LEAD,
    Campaign,
    CampaignState,
    Gate,
    GateName,
    Membership,
    PauseReason,
    PreSave,
    PreSaveState,
    Reason,
    ReleaseMode,
    Role,
    User,
)
from campaigns.release.claims import claim_block
from tests.factory import make_campaign, make_label, make_member, make_presave, make_user

pytestmark = pytest.mark.django_db

SETTLED = [state for state in PreSaveState if state != PreSaveState.PENDING]


def refused(constraint: str) -> Any:
    """As pytest.raises, in a transaction of its own so that the test can go on."""
    return pytest.raises(IntegrityError, match=constraint)


def change(rows: Any, **fields: Any) -> None:
    with transaction.atomic():
        rows.update(**fields)


def test_these_columns_are_all_that_is_kept_about_a_fan() -> None:
    with connection.cursor() as cursor:
        table = connection.introspection.get_table_description(cursor, "campaigns_presave")
    assert sorted(column.name for column in table) == sorted(field.column for field in FIELDS)


def test_no_other_table_points_at_a_fans_row() -> None:
    assert PreSave._meta.related_objects == ()


@pytest.mark.release_core
@pytest.mark.parametrize("state", SETTLED)
def test_a_settled_row_with_a_permission_is_refused(state: PreSaveState) -> None:
    row = PreSave.objects.filter(id=make_presave(make_campaign()).id)
    settled = {"state": state, "reason": Reason.REVOKED, "settled_at": timezone.now()}
    with refused("presave_settled_holds_nothing"):
        change(row, **settled)
    change(row, **settled, sealed=None)


@pytest.mark.release_core
def test_a_pending_row_without_a_permission_is_refused() -> None:
    row = PreSave.objects.filter(id=make_presave(make_campaign()).id)
    with refused("presave_settled_holds_nothing"):
        change(row, sealed=None)


@pytest.mark.parametrize(
    "left_over",
    [
        {"lease": uuid.uuid4()},
        {"lease_until": timezone.now()},
        {"settled_at": None},
    ],
)
def test_a_settled_row_with_a_lease_or_without_its_time_is_refused(
    left_over: dict[str, Any],
) -> None:
    row = PreSave.objects.filter(id=make_presave(make_campaign()).id)
    settled = {"state": PreSaveState.SAVED, "sealed": None, "settled_at": timezone.now()}
    with refused("presave_settled_holds_nothing"):
        change(row, **{**settled, **left_over})


def test_a_pending_row_that_says_it_was_settled_is_refused() -> None:
    row = PreSave.objects.filter(id=make_presave(make_campaign()).id)
    with refused("presave_settled_holds_nothing"):
        change(row, settled_at=timezone.now())


def test_a_failed_row_without_a_reason_is_refused() -> None:
    row = PreSave.objects.filter(id=make_presave(make_campaign()).id)
    with refused("presave_failed_says_why"):
        change(row, state=PreSaveState.FAILED, sealed=None, settled_at=timezone.now())


def test_an_unknown_state_of_a_presave_is_refused() -> None:
    presave = make_presave(make_campaign(), state=PreSaveState.SAVED)
    with refused("presave_state_known"):
        change(PreSave.objects.filter(id=presave.id), state="lost")


def test_two_receipts_never_share_an_address() -> None:
    campaign = make_campaign()
    make_presave(campaign, receipt="the-same")
    with refused("receipt_hash"):
        make_presave(campaign, receipt="the-same")


def test_the_receipt_itself_is_not_stored() -> None:
    presave = make_presave(make_campaign(), receipt="the-receipt")
    presave.refresh_from_db()
    assert bytes(presave.receipt_hash) == hashlib.sha256(b"the-receipt").digest()


@pytest.mark.parametrize(
    "slug",
    ["", "Night-Bus", "night--bus", "-night", "night-", "night bus", "nightbüs", "a/b", "a\n"],
)
def test_a_slug_of_another_form_is_refused(slug: str) -> None:
    campaign = Campaign.objects.filter(id=make_campaign(state=CampaignState.DRAFT).id)
    with refused("campaign_slug_form"):
        change(campaign, slug=slug)


@pytest.mark.parametrize("slug", ["a", "2026", "night-bus-2"])
def test_a_slug_of_the_form_is_taken_once(slug: str) -> None:
    make_campaign(slug=slug)
    with refused("slug"):
        make_campaign(slug=slug)


def test_an_unknown_state_of_a_campaign_is_refused() -> None:
    with refused("campaign_state_known"):
        change(Campaign.objects.filter(id=make_campaign().id), state="paused")


def test_a_campaign_that_names_no_release_is_refused() -> None:
    with refused("campaign_names_a_release"):
        make_campaign(spotify_uri="", upc="", isrc="")


@pytest.mark.parametrize("code", [{"upc": "609008295069"}, {"isrc": "QZAAA2600001"}])
def test_a_code_is_name_enough(code: dict[str, str]) -> None:
    assert make_campaign(**code).spotify_uri == ""


@pytest.mark.parametrize(
    "offset", [-timedelta(seconds=1), LONGEST_LEAD + timedelta(seconds=1)], ids=["past", "too far"]
)
def test_a_release_outside_175_days_from_its_promise_is_refused(offset: timedelta) -> None:
    campaign = make_campaign()
    assert campaign.scheduled_at
    with refused("campaign_release_within_175_days"):
        change(Campaign.objects.filter(id=campaign.id), release_at=campaign.scheduled_at + offset)


@pytest.mark.parametrize("offset", [timedelta(0), LONGEST_LEAD], ids=["at once", "last day"])
def test_a_release_within_175_days_is_taken(offset: timedelta) -> None:
    campaign = make_campaign()
    assert campaign.scheduled_at
    change(Campaign.objects.filter(id=campaign.id), release_at=campaign.scheduled_at + offset)


def test_a_draft_may_be_dated_freely() -> None:
    far = timezone.now() + timedelta(days=900)
    assert make_campaign(state=CampaignState.DRAFT, release_at=far).scheduled_at is None


@pytest.mark.parametrize("missing", ["opened_at", "scheduled_at"])
def test_an_open_campaign_without_its_dates_is_refused(missing: str) -> None:
    with refused("campaign_opening_dated"):
        change(Campaign.objects.filter(id=make_campaign().id), **{missing: None})


@pytest.mark.parametrize("missing", [{"confirmed_at": None}, {"confirmed_uri": ""}])
def test_releasing_what_nobody_confirmed_is_refused(missing: dict[str, Any]) -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    with refused("campaign_releases_what_was_confirmed"):
        change(Campaign.objects.filter(id=campaign.id), **missing)


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_a_key_destroyed_before_the_campaigns_end_is_refused(state: CampaignState) -> None:
    campaign = make_campaign(state=state)
    with refused("campaign_key_outlives_its_end"):
        change(Campaign.objects.filter(id=campaign.id), key_destroyed_at=timezone.now())


def test_an_address_of_mail_is_taken_once_in_any_case() -> None:
    make_user(email="artist@example.com")
    other = make_user(email="other@example.com")
    with refused("user_email_any_case"):
        change(User.objects.filter(id=other.id), email="Artist@Example.com")


def test_users_are_stored_in_lower_case_and_found_in_any_case() -> None:
    user = make_user(email="Artist@Example.COM")
    assert user.email == "artist@example.com"
    assert User.objects.get_by_natural_key("ARTIST@example.com") == user


def test_a_superuser_needs_only_mail_and_password() -> None:
    user = User.objects.create_superuser("boss@example.com", "correct horse battery")
    assert user.is_staff
    assert user.is_superuser
    assert user.check_password("correct horse battery")


def test_a_user_is_a_member_of_a_label_once() -> None:
    label = make_label()
    user = make_member(label)
    with refused("membership_once_per_label"):
        make_member(label, user, Role.VIEWER)


def test_an_unknown_role_is_refused() -> None:
    label = make_label(make_user())
    with refused("membership_role_known"):
        change(Membership.objects.filter(label=label), role="admin")


def test_a_gate_without_a_pace_is_refused() -> None:
    with refused("gate_rate_positive"):
        Gate.objects.create(name=GateName.API, rate=0, free_at=timezone.now())


def test_a_campaign_is_public_once_it_was_opened_and_takes_consents_with_its_key() -> None:
    live = make_campaign()
    make_campaign(state=CampaignState.DRAFT)
    opening = make_campaign(public_key=None)
    assert set(Campaign.objects.public()) == {live, opening}
    assert list(Campaign.objects.accepting_consents()) == [live]
    assert list(Campaign.objects.awaiting_key()) == [opening]


def test_consents_are_taken_until_the_end() -> None:
    open_one = make_campaign()
    releasing = make_campaign(state=CampaignState.RELEASING)
    make_campaign(state=CampaignState.FINISHED)
    make_campaign(state=CampaignState.CANCELLED)
    make_campaign(public_key=None)
    assert set(Campaign.objects.accepting_consents()) == {open_one, releasing}


@pytest.mark.parametrize("reason", [PauseReason.KEY_MISSING, PauseReason.RELEASE_REFUSED])
def test_a_paused_campaign_is_not_released(reason: PauseReason) -> None:
    going_on = make_campaign(state=CampaignState.RELEASING)
    make_campaign(state=CampaignState.RELEASING, paused_reason=reason)
    assert list(Campaign.objects.releasing()) == [going_on]


@pytest.mark.parametrize(
    ("fields", "saves_a_track"),
    [
        ({"spotify_uri": "spotify:album:4aawyAB9vmqN3uQ7FjRGTy"}, False),
        ({"spotify_uri": "spotify:track:7a3LWj5xSFhFRYmztS8wgK"}, True),
        ({"upc": "609008295069"}, False),
        ({"isrc": "QZAAA2600001"}, True),
        ({"isrc": "QZAAA2600001", "upc": "609008295069"}, False),
    ],
)
def test_a_campaign_knows_what_it_will_save(fields: dict[str, str], saves_a_track: bool) -> None:
    assert make_campaign(**fields).saves_a_track is saves_a_track


def test_the_last_day_of_a_permission_is_the_earlier_of_its_two_ends() -> None:
    campaign = make_campaign()
    early = make_presave(campaign, consented_at=campaign.release_at - timedelta(days=179))
    assert early.permission_ends_at == campaign.release_at + timedelta(days=1)
    assert make_presave(campaign).permission_ends_at == campaign.release_at + timedelta(days=7)


@pytest.mark.parametrize("bound", [None, timezone.now() - timedelta(hours=1)])
def test_on_postgres_the_claim_reads_the_index_of_due_rows(bound: datetime | None) -> None:
    """And of fans who wait for their market not even that: they may be many."""
    campaign = make_campaign(state=CampaignState.RELEASING, confirmed_until=bound)
    _many_rows(campaign, saved=20_000, pending=2_000)
    _many_rows(make_campaign(), saved=0, pending=5_000)
    plan = (
        PreSave.objects.filter(campaign=campaign)
        .due(timezone.now())
        .servable_until(bound)
        .order_by("due_at")
        .values_list("id", flat=True)[:200]
        .explain(analyze=True)
    )
    assert "Index Scan using presave_due" in plan
    assert "Seq Scan" not in plan
    assert bound is None or "Rows Removed by Filter" not in plan
    assert (claim_block(campaign, 200, timezone.now()) is None) is (bound is not None)


def _many_rows(campaign: Campaign, saved: int, pending: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO campaigns_presave (id, campaign_id, state, reason, due_at, attempts,
                sealed, consented_at, settled_at, receipt_hash)
            SELECT gen_random_uuid(), %(campaign)s,
                CASE WHEN n <= %(saved)s THEN 'saved' ELSE 'pending' END, '',
                now() - interval '1 minute', 0,
                CASE WHEN n <= %(saved)s THEN NULL ELSE '\\x00'::bytea END, now(),
                CASE WHEN n <= %(saved)s THEN now() END,
                sha256(%(campaign)s::text::bytea || n::text::bytea)
            FROM generate_series(1, %(rows)s) AS n
            """,
            {"campaign": campaign.id, "saved": saved, "rows": saved + pending},
        )
        cursor.execute("ANALYZE campaigns_presave")


# An upgrade while the previous version still runs.


def test_the_previous_version_can_still_write_its_rows() -> None:
    """Its models write the columns that they know, and leave out what came later."""
    previous = MigrationLoader(connection).project_state(("campaigns", "0001_initial")).apps
    now = timezone.now()
    campaign = previous.get_model("campaigns", "Campaign").objects.create(
        label_id=make_label().id,
        slug="night-bus",
        spotify_uri="spotify:album:4aawyAB9vmqN3uQ7FjRGTy",
        release_at=now + timedelta(days=1),
        release_zone="UTC",
        state="open",
        opened_at=now,
        scheduled_at=now,
    )
    previous.get_model("campaigns", "Gate").objects.create(name="api", rate=9.9, free_at=now)
    presave = previous.get_model("campaigns", "PreSave").objects.create(
        campaign=campaign,
        due_at=campaign.release_at,
        sealed=b"sealed",
        consented_at=now,
        receipt_hash=bytes(32),
    )

    gate, row = Gate.objects.get(), Campaign.objects.get()
    assert (gate.recent, gate.increases, gate.outages) == ([], 0, 0)
    assert (row.codes_added_after_consent, row.release_mode) == ([], ReleaseMode.ONE_INSTANT)
    assert claim_block(row, 1, campaign.release_at)
    # It ends a row, too, without the column that came later.
    type(presave).objects.update(
        state="saved", sealed=None, lease=None, lease_until=None, settled_at=now
    )
    assert PreSave.objects.get().state == PreSaveState.SAVED
