"""What the dashboard's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from campaigns.models import User
from tests import factory


@pytest.fixture
def visit(browser: Browser, site: str, artist: User) -> Iterator[Any]:
    """A browser in which the artist is logged in; takes the options of a context."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        contexts.append(browser.new_context(base_url=site, **options))
        page = contexts[-1].new_page()
        page.goto("/accounts/login/")
        page.get_by_label("Email").fill(artist.email)
        page.get_by_label("Password", exact=True).fill(factory.PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/dashboard")
        return page

    yield open_page
    for context in contexts:
        context.close()
