"""The cover before it is saved: what is sealed for one user says nothing to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaigns.artwork import files
from campaigns.artwork.cropping import CENTRE
from campaigns.dashboard import uploads
from campaigns.models import User
from tests import factory
from tools.pictures import picture

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def artwork_dir(settings: Settings, tmp_path: Path) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"


def test_what_was_uploaded_comes_before_the_present_cover(artist: User) -> None:
    campaign = factory.make_campaign(artwork=files.write(picture(400, 400)).name)
    sealed = uploads.keep(artist, picture(600, 400))

    present = uploads.shown(artist, "", campaign, CENTRE)
    new = uploads.shown(artist, sealed, campaign, CENTRE)

    assert present
    assert present.is_square
    assert new
    assert not new.is_square
    assert new.square == f"{new.whole}?x=50&y=50"
    assert sealed in new.whole
    assert uploads.shown(artist, sealed, None, CENTRE) == new
    assert uploads.shown(artist, "forged", None, CENTRE) is None


def test_it_is_the_users_own(artist: User) -> None:
    sealed = uploads.keep(artist, picture(400, 400))
    other = factory.make_user()

    uploads.discard(other, sealed)

    assert uploads.uploaded(artist, sealed)
    assert uploads.uploaded(other, sealed) is uploads.picture_behind(other, sealed) is None
    uploads.discard(artist, sealed)
    assert uploads.uploaded(artist, sealed) is None


def test_an_uncropped_cover_is_for_whoever_its_form_was_shown_to(artist: User) -> None:
    campaign = factory.make_campaign(artwork=files.write(picture(400, 400)).name)
    present = uploads.shown(artist, "", campaign, CENTRE)
    assert present
    sealed = present.whole.rpartition("/")[2]

    assert uploads.picture_behind(artist, sealed)
    assert uploads.picture_behind(factory.make_user(), sealed) is None
