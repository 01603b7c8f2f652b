"""A label's history is written by the acts themselves, and says no more than it should."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, Event, HistoryEntry, Label, PauseReason, User
from campaigns.planning import archiving, copying, editing, moving, transitions
from campaigns.planning.history import record, record_failed_sign_in, record_sign_in
from campaigns.planning.obstacles import PlanningError
from tests import factory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, 10, 59, tzinfo=UTC)
NOTE = "only for the team"


def events(label: Label) -> list[str]:
    """Oldest first."""
    return [entry.event for entry in reversed(label.history.all())]


def values_of(campaign: Campaign, **changed: Any) -> dict[str, Any]:
    kept = ("title", "artist", "slug", "spotify_uri", "release_at", "release_zone", "links")
    return {name: getattr(campaign, name) for name in kept} | changed


def test_a_campaigns_acts_stand_in_the_history_with_who_did_them(
    label: Label, artist: User
) -> None:
    draft = factory.make_campaign(label=label, state=CampaignState.DRAFT)
    values = values_of(draft, slug="another", upc="", isrc="")
    campaign = editing.create(label, values, None, by=artist)
    transitions.open_campaign(campaign, timezone.now(), artist)
    Campaign.objects.update(paused_reason=PauseReason.RELEASE_REFUSED)
    transitions.resume(campaign, artist)
    transitions.cancel_campaign(campaign, timezone.now(), artist)

    assert events(label) == ["created", "opened", "resumed", "cancelled"]
    assert {entry.by for entry in label.history.all()} == {artist}
    assert {entry.campaign_id for entry in label.history.all()} == {campaign.id}


def test_what_is_put_aside_stands_in_the_history_too(label: Label, artist: User) -> None:
    draft = factory.make_campaign(label=label, state=CampaignState.DRAFT)
    copy = copying.duplicate(draft, timezone.now(), artist)
    archiving.archive(draft, timezone.now(), artist)
    archiving.unarchive(draft, artist)
    archiving.delete_draft(copy, artist)

    assert events(label) == ["duplicated", "archived", "unarchived", "deleted"]
    assert {entry.by for entry in label.history.all()} == {artist}
    assert label.history.all()[0].details == {"campaign": "Night Bus"}


def test_an_edit_names_its_fields_and_never_what_was_written(label: Label, artist: User) -> None:
    campaign = factory.make_campaign(label=label, state=CampaignState.DRAFT)
    links = ["https://example.com/private-link"]
    values = values_of(campaign, title=NOTE, links=links)

    editing.change(campaign, values, None, timezone.now(), by=artist)

    (entry,) = label.history.all()
    assert (entry.event, entry.details["fields"]) == (Event.EDITED, ["title", "links"])
    assert "private-link" not in json.dumps(entry.details)


def test_a_form_that_is_sent_unchanged_is_no_edit(label: Label, artist: User) -> None:
    campaign = factory.make_campaign(label=label, state=CampaignState.DRAFT)

    editing.change(campaign, values_of(campaign), None, timezone.now(), by=artist)

    assert events(label) == []


def test_a_move_tells_from_when_to_when(label: Label, artist: User) -> None:
    start = datetime(2026, 12, 4, tzinfo=UTC)
    campaign = factory.make_campaign(
        label=label, state=CampaignState.DRAFT, release_at=start, release_zone="UTC"
    )
    values = values_of(campaign, release_at=start + timedelta(days=1))

    editing.change(campaign, values, None, NOW, by=artist)

    (entry,) = label.history.all()
    assert (entry.event, entry.by) == (Event.MOVED, artist)
    assert entry.details["before"] == "2026-12-04T00:00:00+00:00"
    assert entry.details["after"] == "2026-12-05T00:00:00+00:00"


def test_what_is_refused_leaves_no_entry(label: Label, artist: User) -> None:
    campaign = factory.make_campaign(label=label, state=CampaignState.FINISHED)
    for act in (transitions.cancel_campaign, transitions.open_campaign):
        with pytest.raises(PlanningError):
            act(campaign, timezone.now(), artist)
    with pytest.raises(PlanningError):
        transitions.resume(campaign, artist)
    with pytest.raises(PlanningError):
        moving.move_release(campaign, NOW, "UTC", NOW, by=artist)

    assert events(label) == []


def test_an_entry_goes_with_an_act_that_fails(label: Label, artist: User) -> None:
    with transaction.atomic():
        record(label, Event.LEFT, artist)
        transaction.set_rollback(True)

    assert events(label) == []


def test_a_sign_in_is_told_to_each_of_the_persons_labels(label: Label, artist: User) -> None:
    other = factory.make_label(owner=artist)
    factory.make_label(owner=factory.make_user())

    record_sign_in(artist, Event.NEW_BROWSER)

    entries = HistoryEntry.objects.all()
    assert {(entry.label, entry.by) for entry in entries} == {(label, artist), (other, artist)}


def test_a_flood_of_failed_sign_ins_is_one_entry_an_hour(label: Label, artist: User) -> None:
    for _ in range(50):
        record_failed_sign_in(artist.email.upper(), NOW)
    record_failed_sign_in(artist.email, NOW + timedelta(minutes=2))

    assert [(entry.by, entry.times) for entry in label.history.all()] == [
        (artist, 1),
        (artist, 50),
    ]


def test_unknown_addresses_cost_the_same_queries_and_fill_nothing(
    label: Label, artist: User, django_assert_num_queries: Any
) -> None:
    busy = factory.make_user()
    for _ in range(12):
        factory.make_label(owner=busy)
    for email in (artist.email, busy.email, "nobody@example.com", "another@example.com"):
        with django_assert_num_queries(5):  # with savepoint and release of the test's own
            record_failed_sign_in(email, NOW)

    assert label.history.count() == 1
    assert HistoryEntry.objects.get(label=None).times == 2
    assert [entry.times for entry in HistoryEntry.objects.filter(by=busy)] == [1] * 12


def test_a_wrong_password_at_the_log_in_is_told(label: Label, artist: User) -> None:
    answer = Client().post("/accounts/login/", {"login": artist.email, "password": "wrong"})

    assert answer.status_code == 200
    assert events(label) == [Event.SIGN_IN_FAILED]
    assert (
        Client()
        .post("/accounts/login/", {"login": artist.email, "password": factory.PASSWORD})
        .headers["Location"]
    )
    assert events(label) == [Event.SIGN_IN_FAILED]
