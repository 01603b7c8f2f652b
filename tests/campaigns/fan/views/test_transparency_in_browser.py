"""The transparency page in Chromium: accessible, narrow, and at peace with its own policy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from campaigns.models import CampaignState, PreSaveState, Reason
from tests.accessibility import RULES
from tests.factory import make_campaign, make_presave, make_presaves

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def numbers() -> None:
    """Something in every table."""
    for number, reason in enumerate((Reason.REVOKED, Reason.HARD_STOP, Reason.NOT_LISTED), 1):
        campaign = make_campaign(
            state=CampaignState.FINISHED,
            delivery_p50=5**number,
            delivery_p95=30**number,
            failures={reason: 100_000 * number},
        )
        make_presaves(campaign, ["gone"] * 20 * number, state=PreSaveState.SAVED)
        make_presave(campaign, state=PreSaveState.FAILED, reason=reason)
    late = make_campaign()
    make_presave(late, consented_at=late.release_at - timedelta(days=60))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: str, numbers: None, scheme: Any) -> None:
    _check(browser, site, scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_fresh_instance(browser: Browser, site: str, scheme: Any) -> None:
    _check(browser, site, scheme)


def _check(browser: Browser, site: str, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{site}/transparency")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert complaints == []
    assert context.cookies() == []
    context.close()


@pytest.mark.parametrize(("width", "font_size"), [(320, "100%"), (640, "200%")])
def test_nothing_is_wider_than_the_screen(
    page: Page, site: str, numbers: None, width: int, font_size: str
) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    page.goto(f"{site}/transparency")
    page.evaluate("size => document.documentElement.style.fontSize = size", font_size)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
