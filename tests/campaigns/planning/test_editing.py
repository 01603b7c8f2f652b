"""Storing what an artist wrote: all of it with its artwork, or nothing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, transaction

from campaigns.consent import starting
from campaigns.consent.refusal import ConsentError, Refusal
from campaigns.models import Accent, Campaign, CampaignState
from campaigns.planning import editing, same_release
from campaigns.planning.obstacles import Obstacle, PlanningError
from tests import factory
from tools.pictures import picture

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
VALUES = {
    "title": "Night Bus",
    "artist": "Demo Artist",
    "slug": "night-bus",
    "spotify_uri": "spotify:album:4aawyAB9vmqN3uQ7FjRGTy",
    "upc": "",
    "isrc": "",
    "release_at": NOW + timedelta(days=90),
    "release_zone": "Europe/Paris",
    "artwork_alt": "",
}


@pytest.fixture(autouse=True)
def artwork_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    settings.ARTWORK_DIR.mkdir()
    return tmp_path / "artwork"


def make_draft(**values: Any) -> Campaign:
    return editing.create(factory.make_label(), VALUES | values, None)


def names_in(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_a_new_campaign_is_a_draft_with_its_artwork(artwork_dir: Path) -> None:
    campaign = editing.create(factory.make_label(), VALUES, picture(640, 480))

    stored = Campaign.objects.get()
    assert stored == campaign
    assert stored.state == CampaignState.DRAFT
    assert (stored.artwork_width, stored.artwork_height) == (480, 480)
    assert stored.artwork_accent == Accent.GREEN
    assert names_in(artwork_dir) == {stored.artwork}


def test_an_address_taken_meanwhile_is_told_and_leaves_no_file(artwork_dir: Path) -> None:
    make_draft()

    with pytest.raises(PlanningError, match=Obstacle.ADDRESS_TAKEN):
        editing.create(factory.make_label(), VALUES, picture(400, 400))

    assert Campaign.objects.count() == 1
    assert names_in(artwork_dir) == set()


def test_another_broken_constraint_is_not_mistaken_for_a_taken_address() -> None:
    with pytest.raises(IntegrityError):
        make_draft(spotify_uri="spotify:artist:x", slug="other")


def test_new_artwork_replaces_the_old_once_it_is_certain(
    artwork_dir: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    campaign = editing.create(factory.make_label(), VALUES, picture(640, 480))
    old = campaign.artwork

    with django_capture_on_commit_callbacks() as after_commit:
        blue = picture(400, 400, color="#1e90ff")
        changed = editing.change(campaign, VALUES, blue, NOW)

    assert names_in(artwork_dir) == {old, changed.artwork}
    for callback in after_commit:
        callback()
    assert names_in(artwork_dir) == {changed.artwork}
    assert (changed.artwork_width, changed.artwork_height) == (400, 400)
    assert changed.artwork_accent == Accent.BLUE
    assert {"320.avif", "400.avif"} < set(changed.artwork_weights)
    assert "640.avif" not in changed.artwork_weights


def test_a_change_without_a_file_keeps_the_artwork(artwork_dir: Path) -> None:
    campaign = editing.create(factory.make_label(), VALUES, picture(640, 480))

    changed = editing.change(campaign, VALUES | {"title": "Other"}, None, NOW)

    assert (changed.title, changed.artwork) == ("Other", campaign.artwork)
    assert names_in(artwork_dir) == {campaign.artwork}


def test_what_fans_said_yes_to_is_not_changed_by_a_form_that_was_open_longer(
    artwork_dir: Path,
) -> None:
    campaign = factory.make_campaign(title="As It Was")
    kept = {name: getattr(campaign, name) for name in VALUES if name != "slug"}
    factory.make_presave(campaign)

    for text, obstacle in same_release.TEXTS.items():
        with pytest.raises(PlanningError, match=obstacle):
            editing.change(campaign, kept | {text: "Bait"}, picture(400, 400), NOW)
    with pytest.raises(PlanningError, match=Obstacle.ADDRESS_STAYS):
        editing.change(campaign, kept | {"slug": "other"}, None, NOW)

    assert Campaign.objects.get().title == "As It Was"
    assert names_in(artwork_dir) == set()
    assert editing.change(campaign, kept | {"artwork_alt": "Grey"}, None, NOW).artwork_alt == "Grey"


def test_a_refused_move_changes_nothing_else(artwork_dir: Path) -> None:
    campaign = factory.make_campaign(title="As It Was")
    kept = {name: getattr(campaign, name) for name in VALUES if name != "slug"}
    too_late = kept["release_at"] + timedelta(days=400)

    with pytest.raises(PlanningError, match=Obstacle.TOO_FAR_AHEAD):
        editing.change(
            campaign, kept | {"title": "New", "release_at": too_late}, picture(400, 400), NOW
        )

    stored = Campaign.objects.get()
    assert (stored.title, stored.release_at) == ("As It Was", campaign.release_at)
    assert names_in(artwork_dir) == set()


@pytest.mark.parametrize("state", [CampaignState.FINISHED, CampaignState.CANCELLED])
def test_what_has_ended_is_not_changed(state: CampaignState) -> None:
    campaign = factory.make_campaign(state=state)

    with pytest.raises(PlanningError, match=Obstacle.ENDED):
        editing.change(campaign, VALUES, None, NOW)


@pytest.mark.django_db(transaction=True)
def test_a_change_waits_for_the_consent_that_freezes_it() -> None:
    campaign = factory.make_campaign(title="As It Was")
    kept = {name: getattr(campaign, name) for name in VALUES if name != "slug"}
    outcomes: list[Obstacle] = []

    def change_title() -> None:
        try:
            editing.change(campaign, kept | {"title": "Bait"}, None, NOW)
        except PlanningError as error:
            outcomes.append(error.obstacle)
        finally:
            connection.close()

    changing = threading.Thread(target=change_title)
    with transaction.atomic():
        Campaign.objects.select_for_update().get()  # as a consent does it
        factory.make_presave(campaign)
        changing.start()
        while changing.is_alive() and not somebody_waits_for_a_lock():
            pass
    changing.join()

    assert outcomes == [Obstacle.TITLE_STAYS]
    assert Campaign.objects.get().title == "As It Was"


@pytest.mark.django_db(transaction=True)
def test_a_change_waits_for_the_tap_that_freezes_it() -> None:
    campaign = factory.make_campaign(title="As It Was")
    kept = {name: getattr(campaign, name) for name in VALUES if name != "slug"}
    outcomes: list[Obstacle] = []

    def change_title() -> None:
        try:
            editing.change(campaign, kept | {"title": "Bait"}, None, NOW)
        except PlanningError as error:
            outcomes.append(error.obstacle)
        finally:
            connection.close()

    changing = threading.Thread(target=change_title)
    with transaction.atomic():
        starting.start_authorization(campaign, NOW)
        changing.start()
        while changing.is_alive() and not somebody_waits_for_a_lock():
            pass
    changing.join()

    assert outcomes == [Obstacle.TITLE_STAYS]
    stored = Campaign.objects.get()
    assert (stored.title, stored.agreed_title) == ("As It Was", "As It Was")


@pytest.mark.django_db(transaction=True)
def test_a_tap_waits_for_the_change_under_way_and_settles_nothing_that_it_did_not_show() -> None:
    campaign = factory.make_campaign(title="As It Was")
    kept = {name: getattr(campaign, name) for name in VALUES if name != "slug"}
    refusals: list[Refusal] = []

    def tap() -> None:
        try:
            starting.start_authorization(campaign, NOW)
        except ConsentError as error:
            refusals.append(error.refusal)
        finally:
            connection.close()

    tapping = threading.Thread(target=tap)
    with transaction.atomic():
        editing.change(Campaign.objects.get(), kept | {"title": "Bait"}, None, NOW)
        tapping.start()
        while tapping.is_alive() and not somebody_waits_for_a_lock():
            pass
    tapping.join()

    assert refusals == [Refusal.RELEASE_CHANGED]
    stored = Campaign.objects.get()
    assert (stored.title, stored.agreed_title) == ("Bait", "")


@pytest.mark.django_db(transaction=True)
def test_of_two_forms_sent_at_once_one_is_stored() -> None:
    campaign = make_draft()
    outcomes: list[Obstacle] = []

    def change_title() -> None:
        try:
            editing.change(campaign, VALUES | {"title": "Second"}, None, NOW, version=0)
        except PlanningError as error:
            outcomes.append(error.obstacle)
        finally:
            connection.close()

    changing = threading.Thread(target=change_title)
    with transaction.atomic():
        editing.change(campaign, VALUES | {"title": "First"}, None, NOW, version=0)
        changing.start()
        while changing.is_alive() and not somebody_waits_for_a_lock():
            pass
    changing.join()

    assert outcomes == [Obstacle.CHANGED]
    stored = Campaign.objects.get()
    assert (stored.title, stored.version) == ("First", 1)


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
