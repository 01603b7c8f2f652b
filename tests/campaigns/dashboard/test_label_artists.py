"""The artists that a label confirmed: shown on its page, and removed where one was a mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.catalogue.comparing import difference
from campaigns.models import Finding, Label, LabelArtist, Role
from campaigns.spotify import Artist
from tests import factory
from tests.campaigns.catalogue.entries import make_release
from tests.fans import text_of

pytestmark = pytest.mark.django_db

STRANGER = Artist("7lbSsjYACZHn1MSDXPxNF2", "Somebody Else")


@pytest.fixture
def known(label: Label) -> LabelArtist:
    """Confirmed by mistake, long ago."""
    return LabelArtist.objects.create(
        label=label,
        folded_name="night desk",
        typed_name="Night Desk",
        spotify_id=STRANGER.id,
        name=STRANGER.name,
        confirmed_at=timezone.now() - timedelta(days=60),
    )


def address_of(label: Label) -> str:
    return reverse("dashboard-label", args=[label.id])


def removal(known: LabelArtist, label: Label | None = None) -> str:
    return f"{address_of(label or known.label)}/artists/{known.id}/remove"


def browser_of(label: Label, role: Role) -> Client:
    client = Client()
    client.force_login(factory.make_member(label, role=role))
    return client


def test_the_labels_page_shows_both_names_and_leads_to_spotify(
    dashboard: Client, label: Label, known: LabelArtist
) -> None:
    assert f'href="{address_of(label)}"' in text_of(dashboard.get("/dashboard"))
    page = text_of(dashboard.get(address_of(label)))
    assert "Night Desk" in page
    assert "Somebody Else on Spotify" in page
    assert f'href="https://open.spotify.com/artist/{STRANGER.id}"' in page


@pytest.mark.parametrize("role", [Role.OWNER, Role.EDITOR])
def test_a_removed_artists_release_is_asked_about_again(role: Role, known: LabelArtist) -> None:
    campaign = factory.make_campaign(label=known.label, artist="Night Desk")
    strangers = make_release(artists=(STRANGER,))
    assert difference(campaign, strangers) is None

    page = text_of(browser_of(known.label, role).post(removal(known), follow=True))

    assert "Artist removed." in page
    assert "None yet." in page
    assert difference(campaign, strangers) is Finding.OTHER_ARTIST


def test_a_viewer_sees_the_artists_and_removes_none(known: LabelArtist) -> None:
    viewer = browser_of(known.label, Role.VIEWER)
    page = text_of(viewer.get(address_of(known.label)))
    assert "Somebody Else on Spotify" in page
    assert "Remove" not in page
    assert viewer.post(removal(known)).status_code == 403
    assert LabelArtist.objects.exists()


def test_members_of_another_label_cannot_tell_that_it_exists(known: LabelArtist) -> None:
    own = factory.make_label()
    stranger = browser_of(own, Role.OWNER)
    assert stranger.get(address_of(known.label)).status_code == 404
    assert stranger.post(removal(known)).status_code == 404
    assert stranger.post(removal(known, own)).status_code == 404
    assert LabelArtist.objects.exists()


def test_only_a_members_own_form_removes(dashboard: Client, known: LabelArtist) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = dashboard.cookies
    assert strict.post(removal(known)).status_code == 403
    assert dashboard.get(removal(known)).status_code == 405
    for address in (address_of(known.label), removal(known)):
        assert Client().post(address).status_code == 302
    assert LabelArtist.objects.exists()
