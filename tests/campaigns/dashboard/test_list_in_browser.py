"""The list of campaigns in Chromium: what needs a hand is on the first screen, and stays fresh."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Locator, expect

from campaigns.clock import database_now
from campaigns.models import (
    Campaign,
    CampaignState,
    Finding,
    Label,
)
from campaigns.status import heartbeat
from tests import label_year, scenes
from tests.accessibility import RULES, widest

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@pytest.fixture
def sixty_eight(label: Label, settings: Settings, tmp_path: Path) -> dict[str, Campaign]:
    """Those that the tests look for, by their titles."""
    settings.ARTWORK_DIR = tmp_path / "artwork"
    heartbeat.beat(database_now())
    return label_year.make(label, scenes.store_cover(scenes.small_picture(320)))


def heights_of(rows: Locator) -> set[float]:
    return set(rows.evaluate_all("rows => rows.map(row => row.getBoundingClientRect().height)"))


def test_whatever_needs_a_hand_is_on_the_first_screen_of_a_phone(
    visit: Any, sixty_eight: dict[str, Campaign]
) -> None:
    page = visit(viewport=PHONE)
    page.goto("/dashboard")
    needing = page.locator("#needs-you .campaign")
    expect(needing).to_have_count(4)
    expect(needing.locator(".title")).to_have_text(
        ["Overdue One", "Refused One", "Asked One", "Near Draft"]
    )
    for row in needing.all():
        expect(row).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("The release isn't confirmed on Spotify")).to_be_in_viewport(ratio=1)
    assert max(heights_of(needing)) <= 70
    assert max(heights_of(page.locator("#coming .campaign"))) <= 64


def test_a_row_is_no_higher_than_56_px_on_a_desk(
    visit: Any, sixty_eight: dict[str, Campaign]
) -> None:
    page = visit(viewport=DESK)
    page.goto("/dashboard")
    page.locator(".out summary").click()
    expect(page.locator("#out .campaign").first).to_be_visible()
    assert max(heights_of(page.locator(".campaign"))) <= 56


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK])
def test_the_list_is_accessible(
    visit: Any, sixty_eight: dict[str, Campaign], viewport: dict[str, int], scheme: str
) -> None:
    page = visit(viewport=viewport, color_scheme=scheme)
    page.goto("/dashboard?q=o")
    expect(page.locator("#out .campaign").first).to_be_visible()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.goto("/dashboard")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    for width, font_size in ((320, "100%"), (360, "200%")):
        assert widest(page, width, font_size) <= width


def test_the_list_refreshes_itself_and_leaves_alone_what_somebody_does(
    visit: Any, sixty_eight: dict[str, Campaign]
) -> None:
    page = visit(viewport=DESK)
    page.clock.install()
    page.goto("/dashboard")
    page.locator(".out summary").click()
    search = page.get_by_role("searchbox")
    search.fill("half a wo")
    Campaign.objects.filter(title="Song 0", state=CampaignState.OPEN).update(
        last_finding=Finding.OTHER_ARTIST
    )
    Campaign.objects.filter(title="Under Way").update(
        state=CampaignState.FINISHED, finished_at=timezone.now()
    )

    page.clock.run_for(11_000)

    asked = page.locator("#needs-you .campaign", has_text="Song 0")
    expect(asked).to_contain_text("Spotify shows a different title or artist")
    expect(page.locator("#needs-you .how-many")).to_have_text("5")
    expect(page.locator("#out .campaign", has_text="Under Way")).to_be_visible()
    expect(page.locator("#out-total")).to_have_text("43")
    expect(search).to_be_focused()
    expect(search).to_have_value("half a wo")


def test_without_a_script_the_list_is_searched_and_filtered(
    visit: Any, sixty_eight: dict[str, Campaign]
) -> None:
    page = visit(viewport=PHONE, java_script_enabled=False)
    page.goto("/dashboard")
    page.get_by_role("searchbox").fill("ÓVERDUE")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".campaign")).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    page.get_by_text("Filters").click()
    page.get_by_label("State").select_option("Paused")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".campaign .title")).to_have_text(["Refused One"])
    page.locator(".campaign").click()
    page.wait_for_url(f"**/campaigns/{sixty_eight['Refused One'].slug}/night")


def test_what_is_out_is_archived_from_the_list(
    visit: Any, sixty_eight: dict[str, Campaign]
) -> None:
    page = visit(viewport=DESK)
    page.goto("/dashboard?state=finished&artist=Night+Desk")
    page.get_by_role("button", name="Archive Song 41").click()
    expect(page).to_have_url(re.compile(r"/dashboard\?state=finished&artist=Night\+Desk$"))
    expect(page.get_by_text("“Song 41” archived.")).to_be_visible()
    expect(page.get_by_role("link", name="Song 41")).to_have_count(0)
    page.goto("/dashboard?state=archived")
    expect(page.locator(".campaign .title")).to_have_text(["Song 41"])
    page.get_by_role("button", name="Unarchive Song 41").click()
    expect(page.get_by_text("Nothing is archived")).to_be_visible()
    assert not Campaign.objects.exclude(archived_at=None).exists()
