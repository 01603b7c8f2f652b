"""An artist's page in Chromium: from the label's switch to a fan's pre-save."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import caches
from playwright.sync_api import Browser, expect

from campaigns.models import Label, User
from tests.factory import make_artist_page, make_campaign
from tests.log_ins import let_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("with_script", [True, False])
def test_from_the_labels_switch_to_the_release(
    browser: Browser, site: str, artist: User, label: Label, with_script: bool
) -> None:
    make_campaign(label=label, slug="night-bus")
    options: dict[str, Any] = {"base_url": site, "java_script_enabled": with_script}
    with browser.new_context(**options) as theirs, browser.new_context(**options) as fans:
        let_in(theirs, artist, site)
        page, fan = theirs.new_page(), fans.new_page()
        page.goto(f"/dashboard/labels/{label.id}")
        page.get_by_role("link", name="Add artist page").click()
        page.get_by_role("button", name="Switch on").click()
        expect(page.get_by_role("status")).to_contain_text("The page for Demo Artist is on.")

        fan.goto("/@demo-artist")
        expect(fan.get_by_role("heading", level=1)).to_have_text("Demo Artist")
        expect(fan.get_by_role("link", name="Subscribe in your calendar")).to_be_visible()
        with fan.expect_request("**/@demo-artist/feed.atom"):
            fan.get_by_role("link", name="Follow the feed").click()
        fan.goto("/@demo-artist")
        fan.get_by_role("link", name="Night Bus").click()
        fan.wait_for_url("**/night-bus")
        assert fans.cookies() == []

        page.get_by_role("button", name="Switch off the page for Demo Artist").click()
        expect(page.get_by_role("status")).to_contain_text("The page for Demo Artist is off.")
    caches["pages"].clear()  # a second later
    with browser.new_context(**options) as context:
        answer = context.new_page().goto("/@demo-artist")
        assert answer is not None
        assert answer.status == 404


def test_every_coming_release_is_told_in_the_fans_own_time(
    browser: Browser, site: str, label: Label
) -> None:
    make_artist_page(label)
    make_campaign(label=label, slug="night-bus")
    make_campaign(label=label, slug="slow-tide")
    with browser.new_context(base_url=site, timezone_id="Asia/Tokyo") as context:
        page = context.new_page()
        page.goto("/@demo-artist")
        expect(page.get_by_text("your time")).to_have_count(2)
