"""The numbers in Chromium: from a link with a source to the artist's page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from campaigns.models import Label, User
from tests import factory
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_pre_save_from_a_poster_shows_in_the_numbers(
    browser: Browser, page: Page, site: str, spotify: Sandbox, artist: User, label: Label
) -> None:
    factory.make_campaign(label=label, slug="night-bus")
    with browser.new_context() as context:
        fan = context.new_page()
        with fan.expect_response("**/visit"):
            fan.goto(f"{site}/night-bus?src=poster")
        fan.get_by_role("link", name="Pre-save on Spotify").click()
        fan.get_by_role("button", name="Agree").click()
        fan.wait_for_url("**/receipt/*")

    page.goto(f"{site}/accounts/login/?next=/dashboard/campaigns/night-bus")
    page.get_by_label("Email").fill(artist.email)
    page.get_by_label("Password").fill(factory.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Numbers", exact=True).click()
    row = page.get_by_role("row", name="poster")
    expect(row.get_by_role("cell")).to_have_text(["1", "1", "1", "100%"])
    expect(page.get_by_role("img", name="Visits by day")).to_be_visible()

    page.get_by_text("View as table").click()
    expect(page.get_by_role("columnheader", name="Day")).to_be_visible()
    page.get_by_text("Your own names").click()
    page.get_by_label("Name").fill("Kitchen Window")
    page.get_by_role("button", name="Add name").click()
    expect(page.get_by_text("?src=kitchen-window are counted separately")).to_be_visible()
