"""Release night as an artist sees it: one page in Chromium, left open, with a real worker."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from campaigns.models import Campaign, DailyCount, Heartbeat, Label
from embedded.stack import Stack
from tests.factory import make_campaign, make_label, make_presaves, make_user
from tests.sandbox_process import ALBUM_URI, Sandbox
from tests.stack.test_end_to_end import EMAIL, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.stack]

# Slow enough to watch.
FANS, RATE = 60, 10
OTHER_URI = "spotify:album:1111111111111111111111"
NIGHT = f"{settings.PUBLIC_URL}/dashboard/campaigns/night-bus/night"
LONG_ENOUGH = 90_000


@pytest.fixture
def stack_environment(stack_environment: dict[str, str]) -> dict[str, str]:
    return {**stack_environment, "SPOTIFY_MAX_RATE": str(RATE)}


@pytest.fixture
def label(transactional_db: None) -> Label:
    return make_label(owner=make_user(email=EMAIL))


@pytest.fixture
def artist(stack: Stack, page: Page, label: Label, eventually: Callable[..., None]) -> Page:
    """The artist on the phone, while a worker is there."""
    eventually(Heartbeat.objects.exists, "the worker's heartbeat")
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page)
    return page


def make_night(sandbox: Sandbox, label: Label, seconds: int, uri: str = ALBUM_URI) -> Campaign:
    """A campaign that is due so soon, with fans whose permissions the sandbox knows."""
    release_at = timezone.now() + timedelta(seconds=seconds)
    campaign = make_campaign(
        label=label, slug="night-bus", spotify_uri=uri, release_at=release_at, release_zone="UTC"
    )
    sandbox.add_fans(FANS)
    make_presaves(campaign, sandbox.permissions(FANS).values())
    return campaign


def see(page: Page, headline: str | re.Pattern[str]) -> None:
    expect(page.locator("#night-title")).to_have_text(headline, timeout=LONG_ENOUGH)


def test_a_night_from_ready_to_done_without_touching_the_page(
    artist: Page, sandbox: Sandbox, label: Label
) -> None:
    sandbox.add_album(available_at="2099-01-01T00:00:00+00:00")
    campaign = make_night(sandbox, label, seconds=12)

    artist.goto(NIGHT)
    artist.evaluate("window.isTheSamePage = true")
    see(artist, "Everything is ready")
    expect(artist.get_by_text(f"{FANS} fans are waiting")).to_be_visible()
    see(artist, "Looking for the release on Spotify")

    sandbox.change(ALBUM_URI, available_at=datetime.now(UTC).isoformat())
    see(artist, "It's out. Saving it for your fans")
    expect(artist.get_by_text("Found: “Night Bus” by Demo Artist.")).to_be_visible()

    sandbox.fault("library", status=429, headers={"Retry-After": "6"})
    see(artist, "Spotify's rate limit reached. Waiting")
    expect(artist.locator("#now")).to_contain_text("No action needed")
    see(artist, "It's out. Saving it for your fans")
    see(artist, re.compile(rf"^Done: {FANS} of {FANS} fans have it, half within \d+ seconds, all"))
    assert artist.evaluate("window.isTheSamePage")

    artist.get_by_role("link", name="Read the report").click()
    expect(artist.get_by_text(f"Done: {FANS} of {FANS} fans have it, half within")).to_be_visible()
    assert DailyCount.objects.totals_of(campaign.id).saved == FANS


def test_a_wrong_link_that_the_artist_corrects_in_time(
    artist: Page, sandbox: Sandbox, label: Label
) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_URI.split(":")[2], name="Day Bus", upc="196589999992")
    campaign = make_night(sandbox, label, seconds=5, uri=OTHER_URI)

    artist.goto(NIGHT)
    see(artist, "Spotify shows a different title or artist")
    expect(artist.locator("#now")).to_contain_text("“Day Bus” by Demo Artist")
    artist.get_by_role("link", name="Correct the link or code").click()
    artist.locator("[name=spotify_uri]").fill(ALBUM_URI)
    artist.get_by_role("button", name="Save changes").click()
    artist.get_by_role("link", name="Release night").first.click()
    see(artist, re.compile(f"^Done: {FANS} of {FANS} fans have it"))

    assert DailyCount.objects.totals_of(campaign.id).saved == FANS
    assert all(OTHER_URI not in library for library in sandbox.libraries().values())
