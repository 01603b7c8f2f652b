"""Sharing in Chromium: copied links, a QR code as a browser paints it, and all of it by hand."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from campaigns.models import Label, User
from tests import factory
from tests.log_ins import let_in

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/dashboard/campaigns/first-light/share"


@pytest.fixture
def open_share(
    browser: Browser, site: str, artist: User, label: Label, settings: Settings, tmp_path: Path
) -> Iterator[Any]:
    """The page for sharing, in a context with these options."""
    settings.PUBLIC_URL = "https://presave.example.com"
    settings.ARTWORK_DIR = tmp_path / "artwork"
    factory.make_campaign(label=label, slug="first-light", title="First Light")
    contexts = []

    def open_page(query: str = "", **options: Any) -> Page:
        contexts.append(browser.new_context(base_url=site, **options))
        let_in(contexts[-1], artist, site)
        page: Page = contexts[-1].new_page()
        page.goto(f"{PAGE}{query}")
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_a_tap_copies_the_link_of_a_source(open_share: Any) -> None:
    page = open_share(permissions=["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="Copy the link for TikTok").click()

    expect(page.get_by_text("Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "https://presave.example.com/first-light?src=tiktok"


def test_a_tap_copies_the_button_to_paste(open_share: Any) -> None:
    page = open_share(permissions=["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="Copy HTML").click()

    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith('<a href="https://presave.')


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_svg_as_it_is_painted_leads_to_the_link(open_share: Any, scheme: str) -> None:
    page = open_share(color_scheme=scheme)
    page.get_by_role("link", name="QR code for Instagram").click()
    code = page.get_by_role("img", name="QR code for Instagram")
    expect(code).to_be_visible()
    assert code.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")

    painted = Image.open(BytesIO(code.screenshot())).convert("L")

    [read] = zxingcpp.read_barcodes(painted)
    assert read.text == "https://presave.example.com/first-light?src=instagram"
    assert painted.getpixel((120, 4)) == 255  # the quiet zone, white in the dark too


def test_without_javascript_links_are_there_to_select_and_a_name_makes_one(
    open_share: Any,
) -> None:
    page = open_share(java_script_enabled=False)
    assert page.get_by_role("button", name="Copy").count() == 0
    expect(page.get_by_label("Poster", exact=True)).to_have_value(
        "https://presave.example.com/first-light?src=poster"
    )

    page.get_by_label("Custom link").fill("Night Desk, Köln")
    page.get_by_role("button", name="Create link").click()

    expect(page.get_by_label("night-desk-koln", exact=True)).to_have_value(
        "https://presave.example.com/first-light?src=night-desk-koln"
    )
    expect(page.get_by_role("heading", name="QR code for night-desk-koln")).to_be_visible()


def test_the_pasted_button_looks_as_the_page_shows_it(open_share: Any) -> None:
    page = open_share()
    shown = page.locator(".sample")
    look = "e => (s => [s.color, s.backgroundColor, s.borderRadius, s.padding, s.fontWeight])"
    look += "(getComputedStyle(e))"
    seen = shown.evaluate(look)
    snippet = page.get_by_label("HTML to paste").input_value()

    elsewhere = page.context.new_page()
    elsewhere.set_content(f"<!doctype html><p>{snippet}</p>")

    link = elsewhere.get_by_role("link", name="Pre-save First Light on Spotify")
    assert link.evaluate(look) == seen
    assert link.bounding_box()["height"] == shown.bounding_box()["height"]


def test_the_page_paints_the_story_picture(open_share: Any) -> None:
    page = open_share()
    picture = page.get_by_role("img", name="Story image of First Light")

    picture.scroll_into_view_if_needed()

    page.wait_for_function("image => image.naturalHeight === 1920", arg=picture.element_handle())
