"""Which release of the catalogue is the one that the artist named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.catalogue import confirming
from campaigns.catalogue.looks import LookupBudget
from campaigns.models import Campaign
from tests.factory import make_campaign
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC, Sandbox

OTHER_ID = "1111111111111111111111"
pytestmark = [pytest.mark.django_db, pytest.mark.release_core]


def make_due(**fields: Any) -> Campaign:
    """An open campaign whose release moment has just come."""
    fields.setdefault("release_at", timezone.now() - timedelta(seconds=1))
    return make_campaign(**fields)


def confirm(campaign: Campaign) -> tuple[bool, str, str]:
    started = confirming.confirm(campaign, LookupBudget(timezone.now()))
    campaign.refresh_from_db()
    return started, campaign.last_finding, campaign.state


@pytest.mark.parametrize(
    ("codes", "uri"),
    [
        ({"upc": UPC}, ALBUM_URI),
        ({"isrc": ISRC}, TRACK_URI),
        ({"upc": UPC, "spotify_uri": ALBUM_URI}, ALBUM_URI),
        ({"isrc": ISRC, "spotify_uri": TRACK_URI}, TRACK_URI),
        ({"upc": f"00{UPC}", "spotify_uri": ALBUM_URI}, ALBUM_URI),
    ],
)
def test_codes_lead_to_the_release(codes: dict[str, str], uri: str, sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_track()
    campaign = make_due(**codes)
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == uri


@pytest.mark.parametrize("code", [{"upc": "609008295070"}, {"upc": "6090082950690"}])
def test_another_code_than_the_artists_is_not_saved(code: dict[str, str], sandbox: Sandbox) -> None:
    sandbox.add_album()
    assert confirm(make_due(spotify_uri=ALBUM_URI, **code)) == (False, "different_code", "open")


def test_another_recording_than_the_artists_is_not_saved(sandbox: Sandbox) -> None:
    sandbox.add_track()
    campaign = make_due(spotify_uri=TRACK_URI, isrc="QZAAA2600009")
    assert confirm(campaign) == (False, "different_code", "open")


def test_two_releases_under_one_code_are_not_guessed_between(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, name="Another")
    assert confirm(make_due(upc=UPC)) == (False, "several_match", "open")
