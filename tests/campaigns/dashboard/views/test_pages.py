"""Switching an artist's page on and off, on the label's page."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from campaigns.models import ArtistPage, Label, Role
from campaigns.models.limits import ARTIST_PAGES_OF_SELF_MADE
from tests import factory
from tests.fans import text_of
from tests.log_ins import logged_in

pytestmark = pytest.mark.django_db


def address_of(label: Label) -> str:
    return reverse("dashboard-label", args=[label.id])


def new(label: Label) -> str:
    return f"{address_of(label)}/pages/new"


def switch(client: Client, page: ArtistPage, on: str) -> str:
    path = f"{address_of(page.label)}/pages/{page.id}/switch"
    return text_of(client.post(path, {"on": on}, follow=True))


def test_it_is_off_until_the_label_switches_it_on(dashboard: Client, label: Label) -> None:
    factory.make_campaign(label=label)
    assert Client().get("/@demo-artist").status_code == 404

    answer = dashboard.post(new(label), {"artist": "Demo Artist", "handle": ""}, follow=True)

    assert "The page for Demo Artist is on." in text_of(answer)
    assert f'href="{settings.PUBLIC_URL}/@demo-artist"' in text_of(answer)
    assert Client().get("/@demo-artist").status_code == 200


def test_switched_off_it_is_gone_and_keeps_its_address(dashboard: Client, label: Label) -> None:
    page = factory.make_artist_page(label)
    assert "The page for Demo Artist is off." in switch(dashboard, page, "0")
    for path in ("", "/feed.atom", "/calendar.ics"):
        assert Client().get(f"/@demo-artist{path}").status_code == 404
    assert "@demo-artist stays reserved" in text_of(dashboard.get(address_of(label)))
    assert "The page for Demo Artist is on." in switch(dashboard, page, "1")
    assert Client().get("/@demo-artist").status_code == 200


@pytest.mark.parametrize(
    ("handle", "becomes"),
    [("@Demo", "demo"), (" demo\u200b", "demo"), ("", "demo-artist-2"), ("x" * 60, "x" * 60)],
)
def test_an_address_may_be_typed(
    dashboard: Client, label: Label, handle: str, becomes: str
) -> None:
    factory.make_campaign(label=label)
    factory.make_artist_page(factory.make_label())
    dashboard.post(new(label), {"artist": "Demo Artist", "handle": handle})
    assert label.artist_pages.get().handle == becomes


@pytest.mark.parametrize(
    ("name", "handle", "told"),
    [
        ("Demo Artist", "taken", "This address is taken."),
        ("Demo Artist", "demo artist", "Use lower-case letters"),
        ("Demo Artist", "x" * 61, "at most 60 characters"),
        ("宇多田", "", "has no letters that an address can use"),
        ("Another Label's", "", "Select a valid choice"),
        ("", "", "This field is required."),
    ],
)
def test_what_is_no_address_or_not_the_labels_artist_is_told(
    dashboard: Client, label: Label, name: str, handle: str, told: str
) -> None:
    factory.make_artist_page(factory.make_label(), name="Another Label's", handle="taken")
    for own in ("Demo Artist", "宇多田"):
        factory.make_campaign(label=label, artist=own)
    answer = text_of(dashboard.post(new(label), {"artist": name, "handle": handle}))
    assert told in answer
    assert answer.count('class="errorlist"') <= 1
    assert not label.artist_pages.exists()


def test_too_many_are_told(label: Label) -> None:
    stranger = factory.make_user(is_self_made=True)
    own = factory.make_label(owner=stranger)
    factory.make_campaign(label=own)
    for number in range(ARTIST_PAGES_OF_SELF_MADE):
        factory.make_artist_page(own, name=f"Artist {number}")
    answer = logged_in(stranger).post(new(own), {"artist": "Demo Artist"})
    assert "You can have 10 artist pages." in text_of(answer)


def test_when_every_artist_has_one_there_is_nothing_to_add(dashboard: Client, label: Label) -> None:
    factory.make_campaign(label=label)
    factory.make_artist_page(label)
    assert "Add artist page" not in text_of(dashboard.get(address_of(label)))
    assert "Every artist of this label's campaigns has a page." in text_of(
        dashboard.get(new(label))
    )


def test_a_viewer_sees_them_and_no_buttons(label: Label) -> None:
    factory.make_campaign(label=label, artist="Night Desk")
    page = factory.make_artist_page(label)
    viewer = logged_in(factory.make_member(label, role=Role.VIEWER))
    shown = text_of(viewer.get(address_of(label)))
    assert f'href="{settings.PUBLIC_URL}/@demo-artist"' in shown
    assert "Switch off" not in shown
    assert "Add artist page" not in shown
    assert (
        viewer.post(f"{address_of(label)}/pages/{page.id}/switch", {"on": "0"}).status_code == 403
    )


@pytest.mark.parametrize("on", ["0", "1"])
def test_nobody_switches_another_labels_page(dashboard: Client, label: Label, on: str) -> None:
    theirs: Any = factory.make_artist_page(factory.make_label(), is_on=on == "0")
    for through in (label, theirs.label):
        path = f"{address_of(through)}/pages/{theirs.id}/switch"
        assert dashboard.post(path, {"on": on}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.is_on is (on == "0")
