"""What the campaign form asks and takes when a live release is moved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.models import CampaignState, Label, User
from tests import factory
from tests.campaigns.dashboard.test_forms import NOW, form_of, make_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def artist() -> User:
    return factory.make_user()


@pytest.fixture
def label(artist: User) -> Label:
    return factory.make_label(owner=artist)


def test_once_the_release_has_begun_only_its_moment_and_artwork_are_asked(
    artist: User, label: Label
) -> None:
    campaign = make_campaign(
        label, state=CampaignState.RELEASING, release_at=NOW - timedelta(hours=1)
    )
    form = form_of(artist, campaign, title="Bait", spotify_uri="bad", upc="bad")

    assert form.is_valid(), form.errors
    looks = {"artwork_alt", "artwork_alt_language", "accent", "countdown_url", "links"}
    assert set(form.values) == {"release_at", "release_zone", *looks}
    assert {frozen.label for frozen in form.frozen} >= {"Title", "UPC or EAN", "ISRC"}
    assert "has passed" in str(form_of(artist, campaign, release_at="2026-09-01T13:59").errors)


def test_a_release_that_is_out_early_can_begin_now(artist: User, label: Label) -> None:
    campaign = make_campaign(label)
    present = form_of(artist, campaign, release_at="2026-09-01T12:00", release_zone="UTC")
    present.now = NOW + timedelta(seconds=299)
    ticked = form_of(artist, campaign, release_at="", out_now="on")
    past = form_of(artist, campaign, release_at="2026-09-01T11:55", release_zone="UTC")

    assert present.is_valid(), present.errors
    assert present.values["release_at"] == present.now
    assert ticked.is_valid(), ticked.errors
    assert ticked.values["release_at"] == NOW
    assert "has passed" in str(past.errors["release_at"])


def test_beginning_now_is_offered_while_an_open_campaign_waits(artist: User, label: Label) -> None:
    due = make_campaign(label, release_at=NOW, opened_at=NOW - timedelta(days=1))

    assert "out_now" in form_of(artist, make_campaign(label)).fields
    for other in (None, make_campaign(label, state=CampaignState.DRAFT), due):
        assert "out_now" not in form_of(artist, other).fields
