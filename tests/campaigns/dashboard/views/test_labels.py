"""Labels' pages: creating, renaming, and moving a campaign from one to another."""

from __future__ import annotations

import pytest
from django.test import Client

from campaigns.models import Campaign, Label, Role, User
from tests import factory
from tests.fans import text_of
from tests.log_ins import logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(artist: User, label: Label) -> Client:
    """The label's owner, who has just confirmed the password."""
    return logged_in(artist)


@pytest.mark.parametrize("name", ["Demo Label", "demo  LABEL", " Demo Label "])
def test_nobody_has_two_labels_of_one_name(browser: Client, label: Label, name: str) -> None:
    page = text_of(browser.post("/dashboard/label", {"name": name}))

    assert "You already have a label with this name. Choose another." in page
    assert Label.objects.count() == 1


def test_a_strangers_label_may_have_the_name_and_nobody_learns_of_it(
    browser: Client, label: Label
) -> None:
    factory.make_label(owner=factory.make_user(), name="Night Desk")

    answer = browser.post("/dashboard/label", {"name": "night desk"})

    assert answer.status_code == 302
    assert label.members.get().labels.count() == 2


def test_an_owner_renames_a_label(browser: Client, label: Label) -> None:
    address = f"/dashboard/labels/{label.id}/rename"
    assert 'value="Demo Label"' in text_of(browser.get(address))

    page = text_of(browser.post(address, {"name": "Night Desk"}, follow=True))

    assert "Label renamed." in page
    assert "Renamed the label from Demo Label to Night Desk." in page
    label.refresh_from_db()
    assert label.name == "Night Desk"


def test_case_alone_may_be_changed_and_another_own_labels_name_not_taken(
    browser: Client, label: Label, artist: User
) -> None:
    factory.make_label(owner=artist, name="Night Desk")
    address = f"/dashboard/labels/{label.id}/rename"

    assert "You already have" in text_of(browser.post(address, {"name": "NIGHT DESK"}))
    assert "Error:" in text_of(browser.post(address, {"name": " "}))
    assert browser.post(address, {"name": "DEMO LABEL"}).status_code == 302

    label.refresh_from_db()
    assert label.name == "DEMO LABEL"


def test_a_renaming_that_changes_nothing_is_not_told(browser: Client, label: Label) -> None:
    browser.post(f"/dashboard/labels/{label.id}/rename", {"name": "Demo Label"})

    assert not label.history.exists()


def test_a_campaign_moves_to_another_label(browser: Client, label: Label, artist: User) -> None:
    campaign = factory.make_campaign(label=label)
    other = factory.make_label(owner=artist, name="Night Desk")
    address = f"/dashboard/campaigns/{campaign.slug}/label"
    assert f'href="{address}"' in text_of(browser.get(f"/dashboard/campaigns/{campaign.slug}"))

    form = {"campaign": campaign.id, "label": other.id}
    page = text_of(browser.post(address, form, follow=True))

    assert "Campaign moved to Night Desk." in page
    assert Campaign.objects.get().label == other


@pytest.mark.parametrize("role", [None, Role.VIEWER])
def test_a_campaign_moves_to_no_label_that_its_editor_does_not_edit(
    browser: Client, label: Label, artist: User, role: Role | None
) -> None:
    campaign, other = factory.make_campaign(label=label), factory.make_label(name="Night Desk")
    if role:
        factory.make_member(other, artist, role)
    address = f"/dashboard/campaigns/{campaign.slug}/label"

    assert "Night Desk" not in text_of(browser.get(address))
    browser.post(address, {"campaign": campaign.id, "label": other.id})

    assert Campaign.objects.get().label == label


def test_without_another_label_the_page_says_what_to_do(browser: Client, label: Label) -> None:
    campaign = factory.make_campaign(label=label)
    page = text_of(browser.get(f"/dashboard/campaigns/{campaign.slug}/label"))
    assert "and you have none" in page
    assert 'href="/dashboard/label">New label</a>' in page
