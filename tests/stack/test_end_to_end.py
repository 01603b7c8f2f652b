"""The whole product in Chromium: from the artist's form to the destroyed permission."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.utils import timezone

from campaigns import keyring
from campaigns.models import Campaign, PreSave
from campaigns.planning import moving
from demo.cover import draw_cover
from embedded.stack import Stack
from tests.factory import PASSWORD, make_label, make_user
from tests.sandbox_process import ALBUM_URI, Sandbox

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.stack]

EMAIL = "artist@example.com"


def log_in(page: Page) -> None:
    page.goto(f"{settings.PUBLIC_URL}/dashboard")
    page.locator("[name=login]").fill(EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/dashboard")


def create_and_open(page: Page, release_at: datetime, cover: Path) -> None:
    page.goto(f"{settings.PUBLIC_URL}/dashboard/new")
    page.locator("[name=title]").fill("Night Bus")
    page.locator("[name=artist]").fill("Demo Artist")
    page.get_by_text("Advanced", exact=True).click()
    page.locator("[name=slug]").fill("night-bus")
    page.locator("[name=artwork]").set_input_files(cover)
    page.locator("[name=artwork_alt]").fill("Five rings of a sun")
    page.locator("[name=spotify_uri]").fill(
        f"https://open.spotify.com/album/{ALBUM_URI.split(':')[2]}?si=abc"
    )
    page.locator("[name=release_at]").fill(release_at.strftime("%Y-%m-%dT%H:%M"))
    page.locator("[name=release_zone]").select_option("UTC")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url("**/dashboard/campaigns/night-bus")
    page.get_by_role("button", name="Open").click()


def pre_save(page: Page) -> str:
    page.goto(f"{settings.PUBLIC_URL}/night-bus")
    page.get_by_role("link", name="Pre-save on Spotify").click()
    page.get_by_role("button", name="Agree").click()
    page.wait_for_url("**/receipt/*")
    return page.url


def test_one_pre_save_from_the_form_to_the_destroyed_permission(
    stack: Stack,
    sandbox: Sandbox,
    page: Page,
    eventually: Callable[..., None],
    tmp_path: Path,
) -> None:
    make_label(owner=make_user(email=EMAIL))
    sandbox.add_album()
    sandbox.add_fans(1)
    cover = tmp_path / "cover.png"
    cover.write_bytes(draw_cover())

    log_in(page)
    create_and_open(page, datetime.now(UTC) + timedelta(days=2), cover)
    eventually(lambda: Campaign.objects.accepting_consents().exists(), "the campaign's key")
    receipt_url = pre_save(page)
    assert "user-library-modify" in page.content()
    assert PreSave.objects.pending().exclude(sealed=None).count() == 1

    campaign = Campaign.objects.get()
    moving.move_release(campaign, timezone.now() + timedelta(seconds=2), "UTC", timezone.now())
    eventually(
        lambda: Campaign.objects.get().key_destroyed_at is not None, "the end of the release"
    )

    page.goto(receipt_url)
    assert "Saved" in page.inner_text("main")
    assert ALBUM_URI in sandbox.library("fan-1")
    assert not PreSave.objects.exclude(sealed=None).exists()
    assert campaign.id not in set(keyring.from_settings().campaign_ids())
    # Not page.goto(): the browser may keep the landing page for a minute.
    assert "Listen on Spotify" in page.request.get(f"{settings.PUBLIC_URL}/night-bus").text()
