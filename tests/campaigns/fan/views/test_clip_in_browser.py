"""A clip in a browser: fetched when it is wanted, played with the keyboard, without JavaScript."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from campaigns.clips import decoder, files
from tests.factory import make_campaign
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
