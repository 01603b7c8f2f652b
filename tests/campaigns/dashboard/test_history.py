"""A history as people read it: a sentence for each event, fifty a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from campaigns.dashboard import history
from campaigns.dashboard.forms import CampaignForm
from campaigns.models import Campaign, Event, HistoryEntry, Label, User
from campaigns.planning.history import record
from tests import factory
from tests.fans import text_of

pytestmark = pytest.mark.django_db

MOVED: dict[str, Any] = {
    "before": "2026-12-04T00:00:00+01:00",
    "after": "2026-12-11T00:00:00+01:00",
}


def told(event: str, times: int = 1, **details: object) -> str:
    return history.text_of(HistoryEntry(event=event, times=times, details=details))


def test_every_event_has_a_sentence_of_its_own() -> None:
    sentences = {told(event, **MOVED) for event in Event}
    assert len(sentences) == len(Event)
    assert all(sentence.endswith(".") for sentence in sentences)


def test_an_edit_names_the_fields_as_the_form_calls_them() -> None:
    text = told("edited", campaign="Night Bus", fields=["artwork", "upc", "something_new"])
    assert text == "Edited “Night Bus”: cover, UPC, something_new."


def test_each_field_of_the_form_has_a_name() -> None:
    told_otherwise = {"release_at", "release_zone", "label", "version"}
    stored = {field.name for field in Campaign._meta.fields} - told_otherwise
    assert CampaignForm.base_fields.keys() & stored <= history.FIELDS.keys()


def test_a_move_is_told_in_the_releases_own_zone() -> None:
    assert told("moved", campaign="Night Bus", **MOVED) == (
        "Moved the release of “Night Bus” from 4 December 2026, 00:00 (UTC+0100) "
        "to 11 December 2026, 00:00 (UTC+0100)."
    )


def test_its_times_are_written_as_the_readers_language_has_them() -> None:
    with translation.override("de"):
        text = told("moved", campaign="Night Bus", **MOVED)
    assert "4.\N{NO-BREAK SPACE}Dezember 2026, 00:00 (UTC+0100)" in text


def test_a_role_and_a_number_are_told_in_words() -> None:
    email = "guest@example.com"
    assert told("role_changed", email=email, before="owner", role="viewer") == (
        "Changed the role of guest@example.com from Owner to Viewer."
    )
    assert told("sign_in_failed", times=1) == "1 failed log-in in this hour."
    assert told("sign_in_failed", times=7) == "7 failed log-ins in this hour."


def test_a_sentence_is_escaped_once(dashboard: Client, label: Label, artist: User) -> None:
    campaign = factory.make_campaign(label=label, title="A & B <C>")
    record(label, Event.OPENED, artist, campaign)

    page = dashboard.get(f"/dashboard/labels/{label.id}/history").content.decode()

    assert "Opened “A &amp; B &lt;C&gt;”." in page


def test_fifty_entries_are_a_page(dashboard: Client, label: Label, artist: User) -> None:
    for number in range(51):
        record(label, Event.RENAMED, artist, before=f"Name {number}.", after="Demo Label")
    address = f"/dashboard/labels/{label.id}/history"

    first, second = text_of(dashboard.get(address)), text_of(dashboard.get(f"{address}?page=2"))

    assert "Name 50." in first
    assert "Name 0." not in first
    assert "Page 1 of 2" in first
    assert "Name 0." in second
    assert "Name 1." not in second
    assert "Page 1 of 2" in text_of(dashboard.get(f"{address}?page=nonsense"))


def test_a_campaigns_own_history_is_a_tab_of_its_page(
    dashboard: Client, label: Label, artist: User
) -> None:
    campaign = factory.make_campaign(label=label)
    record(label, Event.OPENED, artist, campaign)
    record(label, Event.RENAMED, artist, before="Old Name", after="Demo Label")
    address = f"/dashboard/campaigns/{campaign.slug}/history"

    assert f'href="{address}"' in text_of(dashboard.get(f"/dashboard/campaigns/{campaign.slug}"))
    page = text_of(dashboard.get(address))
    assert "Opened “Night Bus”." in page
    assert artist.email in page
    assert "Old Name" not in page


@pytest.mark.parametrize("entries", [1, 50])
def test_a_history_costs_the_same_queries_however_long_it_is(
    dashboard: Client, label: Label, django_assert_max_num_queries: object, entries: int
) -> None:
    campaign = factory.make_campaign(label=label)
    for _ in range(entries):
        record(label, Event.OPENED, factory.make_user(), campaign)

    for address in (f"labels/{label.id}/history", f"campaigns/{campaign.slug}/history"):
        with django_assert_max_num_queries(12):  # type: ignore[operator]
            dashboard.get(f"/dashboard/{address}")
