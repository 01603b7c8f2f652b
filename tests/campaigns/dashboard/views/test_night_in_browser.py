"""Release night's page in Chromium: it follows by itself, catches up after sleep, and shows what
matters on a phone's first screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, ViewportSize, expect

from campaigns.clock import database_now
from campaigns.models import Campaign, CampaignState, Finding, Label, PauseReason, User
from campaigns.status import heartbeat
from tests import factory
from tests.log_ins import let_in
from tests.sandbox_process import ALBUM_URI

pytestmark = pytest.mark.django_db(transaction=True)

NIGHT = "/dashboard/campaigns/night-bus/night"
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
def visit(browser: Browser, site: str, artist: User) -> Iterator[Callable[..., Page]]:
    """The night's page, with a worker there and the artist logged in."""
    heartbeat.beat(database_now())
    contexts = []

    def open_page(*, with_clock: bool = False, **options: Any) -> Page:
        contexts.append(browser.new_context(base_url=site, viewport=PHONE, **options))
        let_in(contexts[-1], artist, site)
        page = contexts[-1].new_page()
        if with_clock:
            page.clock.install()
        page.goto(NIGHT)
        if with_clock:
            page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 0.1)
        return page

    yield open_page
    for context in contexts:
        context.close()


def make_campaign(label: Label, **fields: Any) -> Campaign:
    fields.setdefault("release_at", timezone.now() + timedelta(minutes=30))
    return factory.make_campaign(label=label, slug="night-bus", **fields)


def change(campaign: Campaign, **fields: Any) -> None:
    Campaign.objects.filter(id=campaign.id).update(**fields)


def headline(page: Page) -> Any:
    return page.locator("#night-title")


def three_seconds_later(page: Page) -> None:
    """Of the page's clock, which stands still otherwise: the answer may take the time it takes."""
    with page.expect_response(lambda answer: "x-live" in answer.request.headers):
        page.clock.run_for(3000)


def release(campaign: Campaign) -> None:
    now = timezone.now()
    out = {"confirmed_uri": ALBUM_URI, "confirmed_at": now, "release_at": now}
    change(campaign, state=CampaignState.RELEASING, **out)


def test_it_changes_within_three_seconds_of_the_state_without_a_reload(
    visit: Callable[..., Page], label: Label
) -> None:
    campaign = make_campaign(label)
    factory.make_presaves(campaign, ["a", "b"], due_at=timezone.now())
    page = visit(with_clock=True)
    page.evaluate("window.isTheSamePage = true")
    expect(headline(page)).to_have_text("Everything is ready")

    change(campaign, release_at=timezone.now())
    three_seconds_later(page)
    expect(headline(page)).to_have_text("Looking for the release on Spotify")
    expect(page.get_by_role("timer")).to_be_hidden()

    release(campaign)
    three_seconds_later(page)
    expect(headline(page)).to_have_text("It's out. Saving it for your fans")
    expect(page.get_by_role("progressbar")).to_be_visible()

    change(campaign, paused_reason=PauseReason.RELEASE_REFUSED)
    three_seconds_later(page)
    expect(headline(page)).to_have_text("Spotify refuses to save the release")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()

    expect(page.get_by_text("This page updates itself.")).to_be_visible()
    change(campaign, state=CampaignState.FINISHED, paused_reason="", finished_at=timezone.now())
    three_seconds_later(page)
    expect(headline(page)).to_have_text(re.compile("^Done: 0 of 2 fans"))
    expect(page.get_by_text("This page updates itself.")).to_have_count(0)
    assert page.evaluate("window.isTheSamePage")


def test_the_open_tab_stays_in_sight_when_the_tabs_change_and_the_page_where_it_is(
    visit: Callable[..., Page], label: Label
) -> None:
    campaign = make_campaign(label)
    page = visit(with_clock=True)
    tab = page.locator("#tabs [aria-current]")
    page.set_viewport_size({"width": 320, "height": 400})
    page.evaluate("scrollTo(0, 300)")

    change(campaign, state=CampaignState.FINISHED, finished_at=timezone.now())
    three_seconds_later(page)

    expect(page.get_by_role("link", name="Report", exact=True)).to_have_count(1)
    box = tab.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert page.evaluate("scrollY") == 300


def test_a_screen_reader_hears_of_the_state_and_of_no_number_that_ticks(
    visit: Callable[..., Page], label: Label
) -> None:
    campaign = make_campaign(label)
    factory.make_presaves(campaign, ["a"] * 7, due_at=timezone.now())
    release(campaign)
    page = visit()
    spoken = page.locator("[aria-live], [role=status], [role=alert], [role=log]")
    said = " ".join(spoken.all_inner_texts())
    assert "Saving it for your fans" in said
    assert not re.search(r"\d", said)
    expect(page.get_by_text("of 7 fans have it")).to_be_visible()


def test_the_countdown_ticks_between_two_looks(visit: Callable[..., Page], label: Label) -> None:
    make_campaign(label, release_at=timezone.now() + timedelta(hours=30))
    page = visit(with_clock=True)
    before = page.get_by_role("timer").inner_text()
    page.clock.run_for(4000)
    assert page.get_by_role("timer").inner_text() != before
    assert re.sub(r"\s+", " ", before).startswith("1 day 05 hours 59 min")


def test_it_says_that_the_site_does_not_answer(visit: Callable[..., Page], label: Label) -> None:
    make_campaign(label)
    page = visit(with_clock=True)
    page.route(f"**{NIGHT}", lambda route: route.fulfill(status=502, body="Bad gateway"))
    three_seconds_later(page)
    expect(page.get_by_text("No connection, so this page")).to_be_visible()
    page.unroute(f"**{NIGHT}")
    three_seconds_later(page)
    expect(page.get_by_text("No connection, so this page")).to_be_hidden()


def test_who_is_taken_out_of_the_label_sees_no_more_of_it(
    visit: Callable[..., Page], label: Label
) -> None:
    make_campaign(label)
    page = visit(with_clock=True)
    label.memberships.all().delete()
    with page.expect_navigation():
        three_seconds_later(page)
    expect(headline(page)).to_have_count(0)


def test_it_says_that_it_is_offline_and_catches_up_by_itself(
    visit: Callable[..., Page], label: Label
) -> None:
    campaign = make_campaign(label)
    page = visit(with_clock=True)
    expect(page.get_by_text("This page updates itself.")).to_be_visible()
    expect(page.locator("[data-seconds]")).to_be_visible()
    expect(page.get_by_text("As of")).to_be_hidden()
    page.context.set_offline(True)
    page.clock.run_for(3000)
    expect(page.get_by_text("No connection, so this page")).to_be_visible()
    expect(page.get_by_text("This page updates itself.")).to_be_hidden()
    expect(headline(page)).to_have_text("Everything is ready")

    change(campaign, release_at=timezone.now())
    page.context.set_offline(False)
    expect(headline(page)).to_have_text("Looking for the release on Spotify")
    expect(page.get_by_text("No connection, so this page")).to_be_hidden()


def test_it_works_by_reload_without_javascript(visit: Callable[..., Page], label: Label) -> None:
    campaign = make_campaign(label)
    page = visit(java_script_enabled=False)
    expect(headline(page)).to_have_text("Everything is ready")
    expect(page.get_by_role("timer")).to_contain_text("29 min")
    expect(page.locator("[data-seconds]")).to_be_hidden()
    expect(page.get_by_text("As of")).to_be_visible()
    expect(page.get_by_text("This page updates itself.")).to_be_hidden()
    release(campaign)
    page.get_by_role("link", name="Refresh").click()
    expect(headline(page)).to_have_text("Done for everyone who pre-saved")


@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        ({}, ["#night-title", "[role=timer]"]),
        ({"state": CampaignState.RELEASING, "fans": 5}, ["#night-title", "#bar", ".pace"]),
        (
            {"state": CampaignState.RELEASING, "paused_reason": "app_not_open", "fans": 5},
            ["#night-title", "#bar", "#acts button"],
        ),
        (
            {
                "last_finding": Finding.OTHER_TITLE,
                "found_uri": "spotify:album:1111111111111111111111",
                "found_title": "Day Bus",
                "found_artist": "Demo Artist",
            },
            ["#night-title", "text=This is it…", "text=Correct the link or code"],
        ),
    ],
    ids=["ready", "saving", "paused", "asked"],
)
def test_what_matters_is_on_a_phones_first_screen(
    visit: Callable[..., Page], label: Label, fields: dict[str, Any], needed: list[str]
) -> None:
    fans = fields.pop("fans", 0)
    release_at = timezone.now() + timedelta(minutes=-1 if fans else 30)
    campaign = make_campaign(label, **{"release_at": release_at, **fields})
    factory.make_presaves(campaign, ["a"] * fans)
    page = visit()
    for selector in needed:
        box = page.locator(selector).first.bounding_box()
        assert box, selector
        assert box["y"] + box["height"] <= PHONE["height"], selector
