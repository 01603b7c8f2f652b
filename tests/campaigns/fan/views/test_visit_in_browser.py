"""The landing page's script in Chromium: what it counts, and that the source travels."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Funnel, SourceCount
from tests.factory import make_campaign, make_local_campaign
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def by_source(campaign: Campaign) -> dict[str, Funnel]:
    return SourceCount.objects.by_source(campaign.id)


def open_and_count(page: Page, address: str, **options: str) -> None:
    """Until the server has answered that it counts the visit."""
    with page.expect_response("**/visit") as answer:
        page.goto(address, **options)  # type: ignore[arg-type]
    assert answer.value.status == 204
    assert "cookie" not in answer.value.request.all_headers()


def test_a_visit_from_a_poster_becomes_a_pre_save_from_it(
    page: Page, site: str, spotify: Sandbox
) -> None:
    campaign = make_campaign(slug="night-bus")
    open_and_count(page, f"{site}/night-bus?src=poster")
    assert page.context.cookies() == []
    page.get_by_role("link", name="Pre-save on Spotify").click()
    page.get_by_role("button", name="Agree").first.click()
    page.wait_for_url("**/receipt/*")
    assert by_source(campaign) == {"poster": Funnel(1, 1, 1)}


def test_the_sites_that_links_stand_on_are_told_apart(page: Page, site: str) -> None:
    campaign = make_campaign(slug="night-bus")
    page.context.add_cookies([{"name": "session", "value": "an-artists", "url": site}])
    open_and_count(page, f"{site}/night-bus", referer="https://l.instagram.com/a/long/path")
    open_and_count(page, f"{site}/night-bus?utm_source=Newsletter")
    open_and_count(page, f"{site}/night-bus?lang=de")
    assert by_source(campaign) == {
        name: Funnel(visits=1) for name in ("instagram", "newsletter", "direct")
    }


def test_another_language_and_a_reload_are_the_same_visit(page: Page, site: str) -> None:
    campaign = make_local_campaign(slug="everywhere")
    open_and_count(page, f"{site}/everywhere?src=poster")
    page.get_by_text("English").first.click()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.reload(wait_until="networkidle")
    assert by_source(campaign) == {"poster": Funnel(visits=1)}
    form = page.locator("[data-start] form")
    assert "lang=de" in (form.get_attribute("action") or "")
    assert "src=poster" in (form.get_attribute("action") or "")


def test_who_said_no_and_goes_back_is_no_new_visit(page: Page, site: str, spotify: Sandbox) -> None:
    campaign = make_campaign(slug="night-bus")
    open_and_count(page, f"{site}/night-bus?src=poster")
    page.get_by_role("link", name="Pre-save on Spotify").click()
    page.get_by_role("button", name="Cancel").first.click()
    page.wait_for_url("**/callback*")
    with page.expect_request("**/night-bus") as back:
        page.locator(".slip .button").first.click()
    page.wait_for_load_state("networkidle")
    assert back.value.all_headers()["referer"] == f"{site}/"
    assert by_source(campaign) == {"poster": Funnel(visits=1, taps=1)}


def test_without_the_script_the_page_works_and_counts_nothing(page: Page, site: str) -> None:
    campaign = make_campaign(slug="night-bus")
    page.route("**/visits.*.js", lambda route: route.abort())
    page.goto(f"{site}/night-bus?src=poster", wait_until="networkidle")
    expect(page.get_by_role("link", name="Pre-save on Spotify")).to_be_visible()
    assert by_source(campaign) == {}
