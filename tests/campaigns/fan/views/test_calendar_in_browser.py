"""Reminders and links in Chromium: accessible, narrow, and a link that can be copied anywhere."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from campaigns.models import CampaignState
from tests.accessibility import RULES
from tests.factory import make_campaign

pytestmark = pytest.mark.django_db(transaction=True)

COPY = "Copy link"
# What the browsers inside other apps lack.
NO_CLIPBOARD = "delete Navigator.prototype.clipboard"
NO_COPYING = f"{NO_CLIPBOARD}; Document.prototype.execCommand = () => false"


@pytest.fixture
def campaigns() -> None:
    countdown_url = "https://open.spotify.com/prerelease/4aawyAB9vmqN3uQ7FjRGTy"
    links = ["https://demo.bandcamp.com/", f"https://{'a' * 60}.{'b' * 60}.example/"]
    make_campaign(slug="night-bus", countdown_url=countdown_url, links_before=links)
    make_campaign(slug="finished", state=CampaignState.FINISHED, links=links)


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    browser: Browser, site: str, campaigns: None, scheme: Any, width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 640})
    page = context.new_page()
    for slug in ("night-bus", "finished"):
        page.goto(f"{site}/{slug}")
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{slug}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.mark.parametrize("lack", ["", NO_CLIPBOARD])
def test_the_link_is_copied_without_the_language(
    browser: Browser, site: str, campaigns: None, lack: str
) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{site}/night-bus?lang=en")
    reader = context.new_page()
    reader.goto(f"{site}/finished")
    page.bring_to_front()
    page.evaluate(lack)
    page.get_by_role("button", name=COPY).click()
    expect(page.locator("#page-url-copied")).to_have_text("Copied.")
    expect(page.get_by_role("textbox")).to_be_hidden()
    reader.bring_to_front()
    assert reader.evaluate("navigator.clipboard.readText()") == f"{site}/night-bus"
    context.close()


def test_where_nothing_can_be_copied_the_link_is_shown_and_selected(
    page: Page, site: str, campaigns: None
) -> None:
    page.goto(f"{site}/night-bus")
    page.evaluate(NO_COPYING)
    page.get_by_role("button", name=COPY).click()
    expect(page.locator("#page-url-copied")).to_contain_text("The link is selected")
    address = page.get_by_role("textbox", name="Link to this page")
    expect(address).to_be_visible()
    assert page.evaluate("getSelection().toString()") == f"{site}/night-bus"


def test_without_javascript_there_is_no_button_and_the_file_still_comes(
    browser: Browser, site: str, campaigns: None
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/night-bus")
    expect(page.get_by_role("button", name=COPY)).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to calendar").click()
    assert download.value.suggested_filename == "night-bus.ics"
    assert download.value.path().read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_link_leads_to_the_order_before_the_release_and_to_the_music_after_it(
    browser: Browser, site: str, campaigns: None, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for slug, name in (("night-bus", "Bandcamp Pre-order"), ("finished", "Bandcamp Listen now")):
        with page.expect_response("**/services*.svg") as marks:
            page.goto(f"{site}/{slug}")
        assert marks.value.ok
        link = page.get_by_role("link", name=name)
        expect(link).to_have_attribute("href", "https://demo.bandcamp.com/")
    assert all(url.startswith(site) for url in asked)
    context.close()
