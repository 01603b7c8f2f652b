"""The report and the notifications in Chromium: accessible, narrow, on paper, and used by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, expect

from campaigns.models import Campaign, CampaignState, Label, PreSaveState, Reason
from campaigns.planning import report_links
from campaigns.retention import figures
from campaigns.status import outbox
from tests import factory
from tests.accessibility import RULES
from tests.nights.night import in_threads
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

REPORT = "/dashboard/campaigns/night-bus/report"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 2


@pytest.fixture
def campaign(label: Label) -> Campaign:
    finished = CampaignState.FINISHED
    campaign = factory.make_campaign(label=label, slug="night-bus", state=finished, title=LONG)
    for seconds in (1, 4, 4000):
        at = campaign.release_at + timedelta(seconds=seconds)
        factory.make_presave(campaign, state=PreSaveState.SAVED, settled_at=at)
    factory.make_presave(campaign, state=PreSaveState.FAILED, reason=Reason.REVOKED)
    figures.write_down(timezone.now())
    report_links.share(campaign)
    campaign.refresh_from_db()
    return campaign


def pages(campaign: Campaign) -> list[str]:
    factory.make_webhook(campaign.label, delivered_at=timezone.now())
    now = timezone.now()
    factory.make_webhook(campaign.label, problem="status", problem_status=404, problem_at=now)
    shared = f"/report/{report_links.token_of(campaign)}"
    return [REPORT, shared, f"/dashboard/labels/{campaign.label_id}/notifications"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_breaks_the_policy(
    visit: Any, campaign: Campaign, site: str, scheme: str
) -> None:
    page, wrong, asked = visit(color_scheme=scheme), [], []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    for path in pages(campaign):
        page.goto(path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    assert wrong == []
    assert [url for url in asked if not url.startswith(site)] == []


@pytest.mark.parametrize(("width", "font_size"), [(320, "100%"), (640, "200%")])
def test_nothing_is_wider_than_the_screen(
    visit: Any, campaign: Campaign, width: int, font_size: str
) -> None:
    page = visit(viewport={"width": width, "height": 640})
    for path in pages(campaign):
        page.goto(path)
        page.evaluate("size => document.documentElement.style.fontSize = size", font_size)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_on_paper_the_tables_are_unfolded_and_the_buttons_gone(
    visit: Any, campaign: Campaign
) -> None:
    page = visit()
    page.goto(REPORT)
    table = page.get_by_role("columnheader", name="Permissions destroyed")
    expect(table).not_to_be_visible()
    page.emulate_media(media="print")
    expect(table).to_be_visible()
    for gone in ("Download CSV", "Overview", "Withdraw link"):
        expect(page.get_by_text(gone, exact=True)).not_to_be_visible()


def test_a_link_is_sent_on_and_taken_back_by_hand(
    visit: Any, browser: Browser, campaign: Campaign
) -> None:
    report_links.take_back(campaign)
    page, label = visit(java_script_enabled=False), browser.new_context()
    page.goto(REPORT)
    page.get_by_role("button", name="Create link").click()
    address = page.get_by_label("Link to the report").input_value()
    reader = label.new_page()
    assert reader.goto(address).status == 200  # type: ignore[union-attr]
    expect(reader.get_by_text("Done: 3 of 4 fans have it")).to_be_visible()
    page.get_by_role("button", name="Withdraw link").click()
    expect(page.get_by_text("Link withdrawn.")).to_be_visible()
    assert reader.reload().status == 404  # type: ignore[union-attr]
    label.close()


def test_a_webhook_is_added_and_its_test_shows_without_a_reload(
    visit: Any, label: Label, receiver: Receiver
) -> None:
    page = visit()
    page.goto(f"/dashboard/labels/{label.id}/notifications")
    page.get_by_label("Address").fill(receiver.address)
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_label("Signing secret")).to_have_value(
        outbox.unseal(label.webhooks.get().sealed_secret)
    )
    page.get_by_role("button", name="Send a test to 127.0.0.1").click()
    expect(page.get_by_text("Sending a test.")).to_be_visible()
    # A thread, as Playwright's loop runs in this one.
    assert in_threads(1, lambda _: outbox.deliver_due("calls", timezone.now)) == [1]
    expect(page.get_by_text("Last delivered")).to_be_visible(timeout=20_000)
    assert len(receiver.got) == 1
