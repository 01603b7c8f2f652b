"""What every page in Chromium is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

RULES: Final = {
    # Of the rest, which is thrown away, one element for each rule.
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


def widest(page: Page, width: int, font_size: str) -> int:
    """How wide the page is on a screen of that width, with letters of that size."""
    page.set_viewport_size({"width": width, "height": 640})
    page.evaluate("size => document.documentElement.style.fontSize = size", font_size)
    content_width = page.evaluate("document.documentElement.scrollWidth")
    page.evaluate("document.documentElement.style.fontSize = ''")
    return int(content_width)
