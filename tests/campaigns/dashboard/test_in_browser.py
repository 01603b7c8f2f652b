"""The artist's pages in Chromium: accessible, narrow, with and without JavaScript."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Dialog, Page, expect

from campaigns.artwork import files
from campaigns.catalogue.candidates import to_json
from campaigns.catalogue.looks import DEAD_AFTER
from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import (
    Campaign,
    CampaignState,
    Counted,
    DailyCount,
    ErrorReason,
    Event,
    Finding,
    Label,
    LabelArtist,
    PauseReason,
    PreSaveState,
    Source,
    SourceCount,
    Step,
)
from campaigns.models.sources import LONGEST_NAME
from campaigns.planning import moving
from campaigns.planning.history import record
from campaigns.spotify import Artist, Release
from campaigns.spotify.answers import SpotifyError
from campaigns.status import heartbeat
from campaigns.status.troubles import LATE_AFTER
from tests import factory
from tests.accessibility import RULES, widest
from tests.nights.night import check_books, in_threads, work
from tests.sandbox_process import ALBUM_URI, UPC, Sandbox
from tools.pictures import file_of, picture

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = {
    "list": "/dashboard",
    "new label": "/dashboard/label",
    "new campaign": "/dashboard/new",
    "draft": "/dashboard/campaigns/draft",
    "opening": "/dashboard/campaigns/opening",
    "open": "/dashboard/campaigns/open",
    "paused": "/dashboard/campaigns/paused",
    "releasing": "/dashboard/campaigns/releasing",
    "overdue": "/dashboard/campaigns/overdue",
    "refused": "/dashboard/campaigns/refused",
    "another release": "/dashboard/campaigns/another",
    "this is it": "/dashboard/campaigns/another/accept",
    "a choice": "/dashboard/campaigns/several",
    "a choice of other releases": "/dashboard/campaigns/others",
    "a choice of versions": "/dashboard/campaigns/versions",
    "ended": "/dashboard/campaigns/ended",
    "share": "/dashboard/campaigns/open/share",
    "share a draft": "/dashboard/campaigns/draft/share?source=%D1%8F",
    "night to come": "/dashboard/campaigns/open/night",
    "night under way": "/dashboard/campaigns/releasing/night",
    "night paused": "/dashboard/campaigns/refused/night",
    "night with a question": "/dashboard/campaigns/another/night",
    "night over": "/dashboard/campaigns/ended/night",
    "history": "/dashboard/campaigns/another/history",
    "move to another label": "/dashboard/campaigns/open/label",
    "edit": "/dashboard/campaigns/open/edit",
    "numbers": "/dashboard/campaigns/ended/numbers",
    "edit in mid-run": "/dashboard/campaigns/releasing/edit",
    "cancel": "/dashboard/campaigns/open/cancel",
    "password": "/accounts/password/change/",
    "e-mail": "/accounts/email/",
    "log out": "/accounts/logout/",
    "not found": "/there-is-nothing-here",
}
OTHER_URI = "spotify:album:1111111111111111111111"
DEAD_URI = "spotify:album:2222222222222222222222"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 2


@pytest.fixture
def campaigns(label: Label, settings: Settings, tmp_path: Path) -> None:
    """One campaign for each of PAGES, shown in development mode: that is the longest page."""
    settings.SPOTIFY_APP_MODE = "development"
    settings.ARTWORK_DIR = tmp_path / "artwork"
    stored = files.write(picture(400, 400))
    cover = {"artwork": stored.name, "artwork_width": 400, "artwork_height": 400}
    factory.make_campaign(label=label, slug="draft", state=CampaignState.DRAFT, title=LONG)
    factory.make_campaign(label=label, slug="opening", public_key=None)
    factory.make_campaign(label=label, slug="paused", paused_reason=PauseReason.KEY_MISSING)
    factory.make_presave(factory.make_campaign(label=label, slug="open", **cover))
    late = timezone.now() - LATE_AFTER
    factory.make_campaign(label=label, slug="overdue", release_at=late, **cover)
    releasing = {"label": label, "state": CampaignState.RELEASING}
    refused = PauseReason.RELEASE_REFUSED
    factory.make_campaign(slug="refused", paused_reason=refused, **releasing)
    factory.make_presave(factory.make_campaign(slug="releasing", **releasing), attempts=1)
    closing.close(SpotifyError(ErrorReason.PREMIUM_LAPSED), timezone.now())
    found = {"found_uri": OTHER_URI, "found_title": LONG, "found_artist": "Demo Artist"}
    another = factory.make_campaign(
        label=label, slug="another", last_finding=Finding.OTHER_TITLE, **found
    )
    accepted = {"uri": OTHER_URI, "title": LONG, "artist": "Demo Artist"}
    record(label, Event.RELEASE_ACCEPTED, label.members.get(), another, **accepted)
    make_choices(label)
    ended = {"confirmed_title": LONG, "confirmed_artist": "Demo Artist"}
    over = factory.make_campaign(label=label, slug="ended", state=CampaignState.FINISHED, **ended)
    make_visits(over)
    for state in (CampaignState.FINISHED, CampaignState.CANCELLED):
        factory.make_campaign(label=label, state=state)


def make_visits(campaign: Campaign) -> None:
    """Three weeks of them, of the longest source too."""
    first = timezone.now().date() - timedelta(days=21)
    for source, most in {
        "instagram": 90_000,
        "direct": 40,
        "w" * LONGEST_NAME: 9,
        "other": 2,
    }.items():
        for number in range(21):
            visits = most * (number % 7 + 1)
            steps = {Step.VISIT: visits, Step.TAP: visits // 3, Step.PRESAVE: visits // 5}
            day = first + timedelta(days=number)
            SourceCount.objects.add(
                {Counted(campaign.id, day, source, step): one for step, one in steps.items()}
            )
            at = timezone.now() - timedelta(days=21 - number)
            DailyCount.objects.add(campaign.id, at, {"presaves": steps[Step.PRESAVE]})
    Source.objects.keep(campaign.id, "kitchen-window")


def make_choices(label: Label) -> None:
    artists = (Artist("1" * 22, "Demo Artist"),)
    album = Release(ALBUM_URI, UPC, "", "2026-12-04", True, artists, LONG, "album")
    several = to_json([album, replace(album, uri=OTHER_URI, is_explicit=True)])
    for slug, finding in {
        "several": Finding.SEVERAL_MATCH,
        "others": Finding.OTHER_TITLE,
        "versions": Finding.NOT_OUT_YET,
    }.items():
        factory.make_campaign(label=label, slug=slug, last_finding=finding, candidates=several)


def next_month() -> str:
    return f"{timezone.now() + timedelta(days=30):%Y-%m-%d}T00:00"


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Any, campaigns: None, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    for name, path in PAGES.items():
        page.goto(path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"


def test_a_notice_is_announced_and_axe_finds_nothing_in_it(visit: Any, label: Label) -> None:
    paused = PauseReason.RELEASE_REFUSED
    factory.make_campaign(label=label, slug="night-bus", paused_reason=paused)
    page = visit()
    page.goto("/dashboard/campaigns/night-bus")
    page.get_by_role("button", name="Resume").click()
    notices = page.get_by_role("status").filter(has_text="Campaign resumed.")
    expect(notices.get_by_role("listitem")).to_be_visible()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_log_in_and_in_errors(
    browser: Browser, site: str, visit: Any, label: Label, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme)
    stranger = context.new_page()
    stranger.goto(f"{site}/accounts/login/")
    assert Axe().run(stranger, options=RULES).violations_count == 0
    stranger.get_by_role("button", name="Log in").click()
    page = visit(color_scheme=scheme)
    page.goto("/dashboard/new")
    page.get_by_role("button", name="Save draft").click()
    for form in (stranger, page):
        expect(form).to_have_title(re.compile("^Error: "))
        found = Axe().run(form, options=RULES)
        assert found.violations_count == 0, found.generate_report()
    context.close()


@pytest.mark.parametrize(("width", "font_size"), [(320, "100%"), (640, "200%")])
def test_nothing_is_wider_than_the_screen(
    visit: Any, campaigns: None, width: int, font_size: str
) -> None:
    page = visit(viewport={"width": width, "height": 640})
    for name, path in PAGES.items():
        page.goto(path)
        page.evaluate("size => document.documentElement.style.fontSize = size", font_size)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_a_labels_artist_is_removed_on_a_page_of_its_own(visit: Any, label: Label) -> None:
    """Whose name is as long as names get."""
    LabelArtist.objects.create(label=label, typed_name=LONG, spotify_id="1" * 22, name=LONG)
    page = visit()
    page.goto("/dashboard")
    page.get_by_role("main").get_by_role("link", name=str(label)).click()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert widest(page, 320, "100%") <= 320
    page.get_by_role("button", name=f"Remove {LONG}").click()
    expect(page.get_by_text("Artist removed.")).to_be_visible()


def test_nothing_breaks_the_policy_and_nothing_comes_from_elsewhere(
    visit: Any, site: str, campaigns: None
) -> None:
    page = visit()
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in PAGES.values():
        page.goto(path)
    # Chromium counts the page that is not there as a failed resource, and advises on passwords.
    expected = ("404 (Not Found)", "[DOM]")
    assert [text for text in complaints if not any(word in text for word in expected)] == []
    assert all(url.startswith(f"{site}/") for url in requested)


@pytest.mark.parametrize("with_script", [True, False])
def test_a_campaign_is_made_opened_and_cancelled(
    visit: Any, label: Label, with_script: bool, settings: Settings, tmp_path: Path
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    page = visit(java_script_enabled=with_script, timezone_id="Asia/Tokyo")
    page.goto("/dashboard")
    page.get_by_role("main").get_by_role("link", name="New campaign").first.click()
    page.get_by_label("Title").fill("Night Bus")
    page.get_by_label("Artist", exact=True).fill("Demo Artist")
    page.get_by_label("Spotify link").fill("spotify:album:4aawyAB9vmqN3uQ7FjRGTy")
    page.get_by_label("Date and time").fill(next_month())
    cover = {"name": "cover.png", "mimeType": "image/png"}
    cover_file = cover | {"buffer": file_of(picture(400, 400)).getvalue()}
    page.get_by_label("Cover image optional").set_input_files(cover_file)
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("button", name="Open the campaign").click()
    expect(page.get_by_role("main").get_by_text("Going live…")).to_be_visible()
    campaign = Campaign.objects.get()
    assert campaign.is_opening
    assert campaign.release_zone == ("Asia/Tokyo" if with_script else "UTC")
    page.get_by_role("link", name="Cancel this campaign").click()
    page.get_by_role("button", name="Cancel the campaign").click()
    expect(page.get_by_text("Campaign cancelled. Nobody had pre-saved.")).to_be_visible()


# The night on which something else was found.


def make_wrong_night(sandbox: Sandbox, label: Label, link: str, upc: str = "") -> Campaign:
    """A due campaign with that link or UPC, and 12 fans. Its own album is at ALBUM_URI, a
    stranger's at OTHER_URI, and none at DEAD_URI.
    """
    sandbox.add_album(name="Wrong Link Three", artists=["Night Desk"])
    sandbox.add_album(id=OTHER_URI.split(":")[2], name="First Light", upc="036000291452")
    texts = {"title": "Wrong Link Three", "artist": "Night Desk", "slug": "wrong-link-three"}
    campaign = factory.make_campaign(
        label=label, spotify_uri=link, upc=upc, release_at=timezone.now(), **texts
    )
    fans = sandbox.add_fans(12)
    factory.make_presaves(campaign, [sandbox.permission(fan) for fan in fans])
    return campaign


def work_next_to_the_browser(later: float = 0) -> int:
    """Chromium's driver has an event loop in this thread, and the worker one of its own."""
    return int(in_threads(1, lambda _: work(later))[0])


def in_libraries(sandbox: Sandbox) -> list[str]:
    """What the fans have, each thing once for each fan."""
    return [uri for number in range(1, 13) for uri in sandbox.library(f"fan-{number}")]


@pytest.mark.parametrize("with_script", [True, False])
@pytest.mark.parametrize("link", [OTHER_URI, DEAD_URI], ids=["another's", "mistyped"])
def test_a_wrong_link_on_the_night_saves_nothing_and_once_mended_all_fans_have_the_release(
    visit: Any, label: Label, sandbox: Sandbox, link: str, with_script: bool
) -> None:
    campaign = make_wrong_night(sandbox, label, link)
    work_next_to_the_browser()
    assert in_libraries(sandbox) == []

    page = visit(java_script_enabled=with_script)
    page.goto("/dashboard/campaigns/wrong-link-three")
    if link == OTHER_URI:
        expect(
            page.get_by_text("shows “First Light” by Demo Artist, but your campaign")
        ).to_be_visible()
        page.get_by_role("link", name="Edit the campaign").click()
    else:
        expect(
            page.get_by_text("until the release appears. Fans can still pre-save.")
        ).to_be_visible()
        page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Spotify link").fill(ALBUM_URI)
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Saved. The release is set for")).to_be_visible()

    assert work_next_to_the_browser() == 12
    assert in_libraries(sandbox) == [ALBUM_URI] * 12
    page.goto("/dashboard/campaigns/wrong-link-three")
    expect(page.get_by_role("main").get_by_text("Finished", exact=True).first).to_be_visible()
    check_books(campaign)


def test_what_an_artist_says_is_the_release_is_saved_for_all_fans(
    visit: Any, label: Label, sandbox: Sandbox
) -> None:
    campaign = make_wrong_night(sandbox, label, OTHER_URI)
    work_next_to_the_browser()
    page = visit()
    page.goto("/dashboard/campaigns/wrong-link-three")
    page.get_by_role("link", name="This is it…").click()
    expect(page.get_by_text("saves what Spotify shows for 12 fans")).to_be_visible()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="This is it").click()
    expect(page.get_by_text("Thanks. Presave is checking it now.")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("as the release for “Wrong Link Three”")).to_be_visible()

    assert work_next_to_the_browser() == 12
    assert in_libraries(sandbox) == [OTHER_URI] * 12
    check_books(campaign)


@pytest.mark.parametrize("with_script", [True, False])
def test_a_dead_link_with_the_upc_next_to_it_needs_nobody_on_the_night(
    visit: Any, label: Label, sandbox: Sandbox, with_script: bool
) -> None:
    page = visit(java_script_enabled=with_script, timezone_id="UTC")
    enter_and_open(page, DEAD_URI)
    work_next_to_the_browser()
    campaign = Campaign.objects.get()
    page.goto(f"/dashboard/campaigns/{campaign.slug}")
    expect(page.get_by_text("Fans can pre-save. The release time")).to_be_visible()
    fans = [sandbox.permission(fan) for fan in sandbox.add_fans(12)]
    factory.make_presaves(campaign, fans)

    night = timezone.now()
    moving.move_release(campaign, night, "UTC", night)
    sandbox.add_album(release_date=f"{night:%Y-%m-%d}")
    assert work_next_to_the_browser() == 0
    assert in_libraries(sandbox) == []
    assert work_next_to_the_browser(later=DEAD_AFTER.total_seconds()) == 12
    assert in_libraries(sandbox) == [ALBUM_URI] * 12
    page.reload()
    expect(page.get_by_role("main").get_by_text("Finished", exact=True).first).to_be_visible()
    expect(
        page.get_by_text("lists the release under its UPC or ISRC, not your link")
    ).to_be_visible()
    expect(page.get_by_text("Saved: “Night Bus” by Demo Artist")).to_be_visible()
    check_books(campaign)


def enter_and_open(page: Page, link: str) -> None:
    """A campaign of next month, with that link and the UPC next to it."""
    page.goto("/dashboard/new")
    page.get_by_label("Spotify link").fill(link)
    page.get_by_label("UPC or EAN").fill(UPC)
    page.get_by_label("Title").fill("Night Bus")
    page.get_by_label("Artist", exact=True).fill("Demo Artist")
    page.get_by_label("Date and time").fill(next_month())
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("button", name="Open the campaign").click()
    expect(page.get_by_role("main").get_by_text("Going live…")).to_be_visible()


@pytest.mark.parametrize("with_script", [True, False])
def test_of_several_releases_the_chosen_one_is_saved_for_all_fans(
    visit: Any, label: Label, sandbox: Sandbox, with_script: bool
) -> None:
    campaign = make_wrong_night(sandbox, label, "", upc=UPC)
    sandbox.add_album(
        id="3" * 22, name="Wrong Link Three", artists=["Night Desk"], album_type="single"
    )
    work_next_to_the_browser()
    assert in_libraries(sandbox) == []
    page = visit(java_script_enabled=with_script)
    page.goto("/dashboard/campaigns/wrong-link-three")
    expect(page.get_by_role("heading", name="Several releases have this code")).to_be_visible()
    choice = page.get_by_role("group", name="Which one is yours?")
    choice.get_by_label("Single").check()
    page.get_by_role("button", name="Use this one").click()
    expect(page.get_by_text("Thanks. Presave is checking it now.")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("as the release for “Wrong Link Three”")).to_be_visible()

    assert work_next_to_the_browser() == 12
    assert in_libraries(sandbox) == [f"spotify:album:{'3' * 22}"] * 12
    check_books(campaign)


def test_another_release_is_refused_in_the_form_until_it_is_meant(
    visit: Any, label: Label, sandbox: Sandbox
) -> None:
    make_wrong_night(sandbox, label, ALBUM_URI)
    page = visit()
    page.goto("/dashboard/campaigns/wrong-link-three/edit")
    page.get_by_label("Spotify link").fill(OTHER_URI)
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator(".error-summary")).to_contain_text("“First Light” by Demo Artist")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_label("Use it anyway").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("link", name="This is it…")).to_be_visible()
    work_next_to_the_browser()
    assert in_libraries(sandbox) == []


@pytest.mark.parametrize("with_script", [True, False])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_wrong_link_is_told_while_it_is_entered_and_corrected(
    visit: Any, label: Label, sandbox: Sandbox, with_script: bool, scheme: str, width: int
) -> None:
    sandbox.add_album(name="First Light", release_date="2024-03-14")
    sandbox.add_album(id="1" * 22, name="Wrong Link Three", artist="Night Desk")
    viewport = {"width": width, "height": 844}
    page = visit(java_script_enabled=with_script, color_scheme=scheme, viewport=viewport)
    page.goto("/dashboard/new")
    page.get_by_label("Spotify link").fill(ALBUM_URI)
    page.get_by_label("Title").fill("Wrong Link Three")
    page.get_by_label("Artist", exact=True).fill("Night Desk")
    page.get_by_label("Date and time").fill(next_month())
    page.get_by_role("button", name="Look it up").click()
    card = page.get_by_role("group", name="Spotify shows a different artist")
    expect(card).to_contain_text("Out since 14 March 2024")
    expect(card.locator("img")).to_have_js_property("naturalWidth", 160)
    if with_script:
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    card.get_by_label("No, I'll correct the link or code").check()
    page.get_by_label("Spotify link").fill(f"spotify:album:{'1' * 22}")
    page.get_by_role("button", name="Look it up").click()
    expect(page.get_by_role("group", name="Found on Spotify")).to_be_visible()
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("button", name="Open the campaign").click()
    expect(page.get_by_role("main").get_by_text("Going live…")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_other_version_is_chosen_while_the_code_is_entered(
    visit: Any, label: Label, sandbox: Sandbox, scheme: str, width: int
) -> None:
    sandbox.add_album(explicit=True)
    sandbox.add_album(id=OTHER_URI.split(":")[2])
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 844})
    page.goto("/dashboard/new")
    page.get_by_label("UPC or EAN").fill(UPC)
    page.get_by_role("button", name="Look it up").click()
    choice = page.get_by_role("group", name="Which version should fans get?")
    expect(choice).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    choice.get_by_label("Not marked explicit").check()
    page.get_by_role("button", name="Use this one").click()
    expect(choice).to_be_hidden()
    expect(page.get_by_label("Spotify link")).to_have_value(OTHER_URI)


def test_the_errors_get_the_focus_and_lead_to_their_fields(visit: Any, label: Label) -> None:
    page = visit()
    page.goto("/dashboard/new")
    page.get_by_role("button", name="Save draft").click()

    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_role("link", name="Artist").click()
    expect(page.get_by_label("Artist", exact=True)).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_move_by_which_permissions_lapse_is_agreed_to(
    visit: Any, label: Label, scheme: str, width: int
) -> None:
    long_ago = timezone.now() - timedelta(days=100)
    campaign = factory.make_campaign(label=label, slug="old", opened_at=long_ago)
    factory.make_presaves(campaign, ["a-token"] * 2, consented_at=long_ago)
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 640})
    page.goto("/dashboard/campaigns/old/edit")
    later = f"{timezone.now() + timedelta(days=90):%Y-%m-%d}T00:00"
    page.get_by_label("Date and time").fill(later)
    page.get_by_label("Alt text").fill("A bus at night")
    page.get_by_role("button", name="Save changes").click()

    expect(page.locator(".error-summary")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("link", name="Move it anyway").click()
    expect(page.get_by_label("Move it anyway")).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Saved. The release is set for")).to_be_visible()
    campaign.refresh_from_db()
    assert campaign.release_at > timezone.now() + timedelta(days=88)
    assert campaign.artwork_alt == "A bus at night"


def test_a_zone_that_was_chosen_is_left_alone(visit: Any, label: Label) -> None:
    page = visit(timezone_id="Asia/Tokyo")
    page.goto("/dashboard/new")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    page.get_by_label("Time zone").select_option("Europe/Paris")
    page.get_by_role("button", name="Save draft").click()

    expect(page.get_by_label("Time zone")).to_have_value("Europe/Paris")


def test_the_address_is_copied(visit: Any, campaigns: None, settings: Settings) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/dashboard/campaigns/open")
    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{settings.PUBLIC_URL}/open"


def test_the_numbers_follow_the_release_without_a_reload(visit: Any, label: Label) -> None:
    heartbeat.beat(database_now())
    campaign = factory.make_campaign(label=label, state=CampaignState.RELEASING)
    factory.make_presave(campaign)
    page = visit()
    page.clock.install()
    page.goto(f"/dashboard/campaigns/{campaign.slug}")
    saved = page.locator("#numbers div", has=page.get_by_text("Saved", exact=True)).locator("dd")
    expect(page.locator("#numbers")).to_contain_text("Pre-saves")
    expect(saved).to_be_hidden()  # nobody has it yet

    factory.make_presave(campaign, state=PreSaveState.SAVED)
    page.clock.run_for(4000)
    expect(saved).to_have_text("1")
    expect(page.get_by_label("Done: 1 of 2")).to_have_js_property("value", 1)
    expect(page.get_by_text("half a minute left")).to_be_visible()

    closing.close(SpotifyError(ErrorReason.OUTAGE), timezone.now())
    page.clock.run_for(4000)
    expect(page.get_by_text("Spotify is failing for most fans")).to_be_visible()

    Campaign.objects.update(state=CampaignState.FINISHED, finished_at=timezone.now())
    page.clock.run_for(4000)
    expect(page.get_by_role("main").get_by_text("Finished", exact=True).first).to_be_visible()


def test_no_text_of_an_artist_runs_as_a_script_even_without_the_policy(
    visit: Any, label: Label
) -> None:
    corpus = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' autofocus onfocus='alert(1)' x='",
        '" autofocus onfocus="alert(1)" x="',
        "</title><svg onload=alert(1)>",
        "</textarea><iframe srcdoc='<script>alert(1)</script>'>",
        "javascript:alert(1)",
        "<a href=javascript:alert(1)>x</a>",
    ]
    page = visit(bypass_csp=True)
    ran: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    for number, text in enumerate(corpus):
        factory.make_campaign(
            label=label, slug=f"campaign-{number}", title=text, artist=text, artwork_alt=text
        )
        for path in ("", "/edit", "/cancel"):
            page.goto(f"/dashboard/campaigns/campaign-{number}{path}")
    page.goto("/dashboard")

    expect(page.get_by_role("link", name=corpus[0], exact=True)).to_be_visible()
    assert ran == []
