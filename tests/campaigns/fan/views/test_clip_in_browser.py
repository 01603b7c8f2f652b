"""A clip in a browser: fetched when it is wanted, played with the keyboard, without JavaScript."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.cache import caches
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from campaigns.clips import decoder, files
from campaigns.models import Campaign, CampaignState
from tests.factory import make_campaign
from tests.sandbox_process import ALBUM_URI
from tools import sounds

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clip(settings: Settings, tmp_path: Path) -> str:
    settings.ARTWORK_DIR = tmp_path
    name = files.write(decoder.make_clip(sounds.wav(6), 0))
    make_campaign(slug="night-bus", clip=name, clip_seconds=6)
    return f"/clips/{name}.mp3"


def fetched_by(page: Page) -> list[str]:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    return fetched


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_it_plays_with_the_keyboard_and_is_not_fetched_before(
    browser: Browser, site: str, clip: str, scripts: bool
) -> None:
    page = browser.new_context(java_script_enabled=scripts).new_page()
    fetched = fetched_by(page)
    page.goto(f"{site}/night-bus", wait_until="networkidle")
    player = page.get_by_label("Listen to 6 seconds")
    expect(player).to_be_visible()
    assert f"{site}{clip}" not in fetched

    player.focus()
    with page.expect_response(f"{site}{clip}") as answer:
        page.keyboard.press("Space")

    assert answer.value.ok
    assert not player.evaluate("player => player.paused")
    page.keyboard.press("Space")
    assert player.evaluate("player => player.paused")
    page.context.close()


def test_who_jumps_ahead_hears_the_part_from_there(page: Page, site: str, clip: str) -> None:
    page.goto(f"{site}/night-bus")
    player = page.get_by_label("Listen to 6 seconds")
    player.focus()
    with page.expect_response(f"{site}{clip}"):
        page.keyboard.press("Space")

    reached = player.evaluate(
        """player => new Promise((done) => {
          player.onseeked = () => done([Math.round(player.currentTime), player.error]);
          player.onerror = () => done([-1, player.error.message]);
          player.currentTime = 5;
        })"""
    )

    assert reached == [5, None]
    assert player.evaluate("player => Math.round(player.duration)") == 6


def test_a_page_left_open_over_the_release_lets_the_clip_end(
    page: Page, site: str, clip: str
) -> None:
    Campaign.objects.update(release_at=timezone.now())
    page.clock.install()
    page.goto(f"{site}/night-bus?lang=en")
    player = page.get_by_label("Listen to 6 seconds")
    # Its time is the world's, and not the page's: it would be over too soon.
    player.evaluate("player => { player.loop = true; return player.play(); }")
    page.evaluate("document.title = 'as it was'")
    out = {"confirmed_uri": ALBUM_URI, "confirmed_at": timezone.now()}
    Campaign.objects.update(state=CampaignState.RELEASING, **out)
    caches["pages"].clear()  # a second later
    with page.expect_response(f"{site}/night-bus?lang=en"):
        page.clock.run_for("01:10")
    page.clock.run_for("00:01")
    expect(page).to_have_title("as it was")

    player.evaluate("player => player.pause()")
    page.clock.run_for("01:10")
    expect(page.get_by_text("we're saving right now")).to_be_visible()
