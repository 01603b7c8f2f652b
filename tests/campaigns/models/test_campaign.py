"""What the database itself refuses of a campaign, and what a campaign says of itself."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from campaigns import keyring
from campaigns.models import (
    LONGEST_LEAD,
    Campaign,
    CampaignState,
    DailyCount,
    Gate,
    Heartbeat,
    PauseReason,
    PreSave,
    PreSaveState,
    ReleaseMode,
)
from campaigns.release.claims import as_agreed, claim_block
from tests.factory import make_campaign, make_label, make_presave

pytestmark = pytest.mark.django_db


def refused(constraint: str) -> Any:
    """As pytest.raises, in a transaction of its own so that the test can go on."""
    return pytest.raises(IntegrityError, match=constraint)


def change(rows: Any, **fields: Any) -> None:
    with transaction.atomic():
        rows.update(**fields)


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


def test_a_campaign_that_names_no_release_has_no_key() -> None:
    campaign = make_campaign(spotify_uri="", public_key=None)
    assert not campaign.is_opening
    with refused("campaign_names_a_release"):
        change(Campaign.objects.filter(id=campaign.id), public_key=bytes(32))


@pytest.mark.parametrize("missing", ["agreed_title", "agreed_artist"])
def test_a_title_that_fans_agreed_to_without_its_artist_is_refused(missing: str) -> None:
    campaign = make_campaign(agreed_title="Night Bus", agreed_artist="Demo Artist")
    with refused("campaign_agreed_to_both"):
        change(Campaign.objects.filter(id=campaign.id), **{missing: ""})


def test_a_campaign_that_shows_something_else_than_fans_agreed_to_has_no_digest() -> None:
    campaign = make_campaign(title="Night Bus", artist="Demo Artist")
    digest = campaign.agreed_digest
    campaign.agreed_title, campaign.agreed_artist = "Night Bus", "Demo Artist"
    campaign.title, campaign.artist = "NIGHT BUS!", "Demo Artist feat. Mara"
    assert campaign.agreed_digest == digest
    campaign.title = "Spam EP"
    assert campaign.agreed_digest is None
    campaign.title, campaign.artist = "Night Bus", "Somebody Else"
    assert campaign.agreed_digest is None


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


# An upgrade while the previous version still runs.


@pytest.mark.parametrize(
    "schema",
    ["0001_initial", "0004_artwork_alt_language", "0005_the_house", "0008_the_right_release"],
)
def test_the_previous_version_can_still_write_its_rows(schema: str) -> None:
    """Its models write the columns that they know, and leave out what came later."""
    previous = MigrationLoader(connection).project_state(("campaigns", schema)).apps
    now = timezone.now()
    campaign = previous.get_model("campaigns", "Campaign").objects.create(
        label_id=make_label().id,
        slug="night-bus",
        title="Night Bus",
        artist="Demo Artist",
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
    assert previous.get_model("campaigns", "Campaign").objects.get().slug == row.slug
    assert (gate.recent, gate.increases, gate.outages) == ([], 0, 0)
    assert (row.codes_added_after_consent, row.release_mode) == ([], ReleaseMode.ONE_INSTANT)
    assert (row.agreed_title, row.agreed_artist) == ("", "")
    claim = claim_block(row, 1, campaign.release_at)
    assert claim
    assert as_agreed(claim) == claim.rows
    # It ends a row, too, without the column that came later.
    type(presave).objects.update(
        state="saved", sealed=None, lease=None, lease_until=None, settled_at=now
    )
    assert PreSave.objects.get().state == PreSaveState.SAVED


@pytest.mark.release_core
def test_the_previous_version_erases_no_permission_that_it_cannot_open() -> None:
    """Its worker knows version 1 of the sealing alone, and ends a row that does not open."""
    campaign = make_campaign(state=CampaignState.RELEASING)
    row = make_presave(campaign, "the-token")
    claim = claim_block(campaign, 1, timezone.now())
    assert claim
    before = PreSave.objects.values().get()
    previous = MigrationLoader(connection).project_state(("campaigns", "0005_the_house")).apps
    pending = previous.get_model("campaigns", "PreSave").objects.filter(state="pending")
    rows = pending.filter(id__in=[row.id], lease__in=[claim.fence])
    ended = {"sealed": None, "lease": None, "lease_until": None, "refused_at": None}
    with refused("presave_bound_is_not_unreadable"):
        change(rows, state="failed", reason="unreadable", settled_at=timezone.now(), **ended)

    assert PreSave.objects.values().get() == before
    key = keyring.from_settings().open(campaign.id)
    assert (
        key.open(bytes(before["sealed"] or b""), row.id, campaign.agreed_digest).reveal()
        == "the-token"
    )
    # What it may end, it ends.
    assert rows.update(state="cancelled", reason="by_fan", settled_at=timezone.now(), **ended) == 1


def test_the_previous_version_can_still_count_and_beat() -> None:
    previous = MigrationLoader(connection).project_state(("campaigns", "0004_artwork_alt_language"))
    campaign, now = make_campaign(), timezone.now()
    counts = previous.apps.get_model("campaigns", "DailyCount").objects
    counts.create(campaign_id=campaign.id, day=now.date(), consented=1)
    previous.apps.get_model("campaigns", "Pulse").objects.create(given_at=now)

    assert DailyCount.objects.totals_of(campaign.id).presaves == 1
    assert Heartbeat.objects.get().beat_at == now


@pytest.mark.parametrize(
    ("migration", "trouble"),
    [("0008_the_right_release", "other_release"), ("0010_candidates", "several_match")],
)
def test_the_way_back_forgets_alarms_that_the_version_before_does_not_know(
    migration: str, trouble: str
) -> None:
    """First of all: its constraint refuses them."""
    campaign = make_campaign()
    for known in ("late", trouble):
        campaign.alarms.create(
            trouble=known, release_at=campaign.release_at, raised_at=timezone.now()
        )
    last = import_module(f"campaigns.migrations.{migration}").Migration.operations[-1]
    last.reverse_code(apps, None)
    assert [alarm.trouble for alarm in campaign.alarms.all()] == ["late"]
