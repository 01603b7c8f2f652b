"""What the dashboard's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from campaigns.models import User
from tests.log_ins import let_in


@pytest.fixture
def visit(browser: Browser, site: str, artist: User) -> Iterator[Any]:
    """A browser in which the artist is logged in; takes the options of a context."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        contexts.append(browser.new_context(base_url=site, **options))
        let_in(contexts[-1], artist, site)
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()
