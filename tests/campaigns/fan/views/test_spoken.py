"""What axe cannot see and a screen reader trips over: where the focus is, and what is announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, Route, expect

from campaigns.consent import receipts
from tests import scenes

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

COPY = "Copy link"
LISTEN = """
    window.spoken = [];
    for (const region of document.querySelectorAll("[aria-live]"))
      new MutationObserver(() => {
        const words = region.innerText.trim();
        if (words) window.spoken.push(words);
        document.documentElement.dataset.spoken = window.spoken.length;
      }).observe(region, { childList: true, subtree: true, attributes: true });
"""


@pytest.fixture(autouse=True)
def pages(settings: Settings, tmp_path: Path) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    scenes.set_up(scenes.small_picture(320))


def test_a_link_that_is_copied_twice_is_announced_twice_and_the_focus_stays(
    page: Page, site: str
) -> None:
    page.goto(site + scenes.LANDINGS["landing"])
    page.evaluate("delete Navigator.prototype.clipboard")
    page.evaluate(LISTEN)
    button = page.get_by_role("button", name=COPY)
    for times in (1, 2):
        button.press("Enter")
        expect(page.locator("html")).to_have_attribute("data-spoken", str(times))
        expect(button).to_be_focused()
    assert page.evaluate("window.spoken") == ["Copied.", "Copied."]


def test_a_fan_who_is_in_hears_it_and_the_focus_goes_to_the_receipt(page: Page, site: str) -> None:
    cookie = receipts.remembering({}, "first-light", "waiting")
    page.context.add_cookies([{"name": "receipts", "value": cookie, "url": site}])
    page.add_init_script("localStorage.setItem('presave:first-light', '1')")
    asked: list[Route] = []
    page.route("**/mine", lambda route: asked.append(route))
    with page.expect_request("**/mine"):
        page.goto(f"{site}{scenes.LANDINGS['landing']}?lang=en&fbclid=of-another-company")
    page.get_by_role("link", name="Pre-save on Spotify").focus()
    page.evaluate(LISTEN)
    # The answer comes after the fan has begun to read.
    asked[0].continue_()
    link = page.get_by_role("link", name="See your receipt")
    expect(link).to_be_focused()
    expect(link).to_have_attribute("href", "/receipt/waiting?lang=en")
    assert "You're in." in page.evaluate("window.spoken[0]")


def test_a_button_says_what_it_does_without_the_text_around_it(page: Page, site: str) -> None:
    page.goto(site + scenes.RECEIPTS["receipt-waiting"])
    cancel = page.get_by_role("button", name="Cancel pre-save")
    expect(cancel).to_have_accessible_description(
        "This destroys our copy of the permission at once."
    )
    expect(page.get_by_role("button", name="Copy Address of this receipt")).to_be_visible()
