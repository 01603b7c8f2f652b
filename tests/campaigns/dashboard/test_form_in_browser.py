"""Making a campaign in Chromium: what fills itself in, and how few clicks it takes."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from campaigns.models import Campaign, CampaignState, Label, User
from tests import factory
from tests.accessibility import RULES
from tests.sandbox_process import ALBUM_URI, UPC, Sandbox
from tools.pictures import file_of, picture

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

MOST_CLICKS = 9
LINK = f"https://open.spotify.com/album/{ALBUM_URI.split(':')[2]}?si=shared"


def in_days(days: int) -> str:
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%d}"


def paste(page: Page, text: str) -> None:
    """As an artist does who copied it in Spotify."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+V")


@pytest.fixture
def clicking(browser: Browser, site: str) -> Any:
    """A page that nobody is logged in on, and its clicks, counted by the browser itself."""
    context = browser.new_context(base_url=site, timezone_id="Europe/Berlin")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    clicks: list[int] = []
    context.expose_function("clicked", lambda: clicks.append(1))
    context.add_init_script("addEventListener('click', (e) => e.isTrusted && clicked(), true)")
    yield context.new_page(), clicks
    context.close()


def log_in_and_begin(page: Page, artist: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").click()
    page.keyboard.type(artist.email)
    page.get_by_label("Password", exact=True).click()
    page.keyboard.type(factory.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("main").get_by_role("link", name="New campaign").first.click()
    expect(page.get_by_label("Spotify link")).to_be_focused()
    paste(page, LINK)


def save_open_and_copy(page: Page, clicks: list[int]) -> None:
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("button", name="Open the campaign").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(Campaign.objects.get(title="Night Bus").get_absolute_url())
    assert 5 <= len(clicks) <= MOST_CLICKS


def test_a_pasted_link_is_a_shared_page_after_nine_clicks(
    clicking: Any, artist: User, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(release_date=in_days(20))
    page, clicks = clicking
    log_in_and_begin(page, artist)
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Night Bus")
    expect(page.get_by_label("Date and time")).to_have_value(f"{in_days(20)}T00:00")
    save_open_and_copy(page, clicks)


def test_a_link_that_was_pasted_before_the_script_came_fills_the_form_too(
    visit: Any, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(release_date=in_days(20))
    page = visit()
    held: list[Route] = []
    page.route("**/campaign_form*.js", lambda route: held.append(route))
    page.goto("/dashboard/new", wait_until="commit")
    page.get_by_label("Spotify link").fill(LINK)
    expect(page.get_by_role("textbox", name="Title")).to_have_value("")

    held[0].continue_()

    expect(page.get_by_role("textbox", name="Title")).to_have_value("Night Bus")


def test_so_is_one_that_spotify_does_not_show_yet(
    clicking: Any, artist: User, label: Label, sandbox: Sandbox
) -> None:
    """The artist is the label's own, and what has to be typed is reached with the Tab key."""
    factory.make_campaign(label=label, title="First Light")
    page, clicks = clicking
    log_in_and_begin(page, artist)
    expect(page.get_by_role("group", name="Not on Spotify yet")).to_be_visible()
    expect(page.get_by_label("Artist", exact=True)).to_have_value("Demo Artist")
    page.get_by_role("textbox", name="Title").click()
    page.keyboard.type("Night Bus")
    page.get_by_label("Date and time").fill(f"{in_days(20)}T00:00")
    save_open_and_copy(page, clicks)


def test_a_code_fills_in_what_is_empty_and_nothing_else(
    visit: Any, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(release_date=in_days(20))
    page = visit()
    page.goto("/dashboard/new")
    page.get_by_role("textbox", name="Title").fill("My own title")
    page.get_by_label("UPC or EAN").fill(UPC)
    page.keyboard.press("Tab")
    expect(page.get_by_role("group", name="Spotify shows a different title")).to_be_visible()
    expect(page.get_by_role("textbox", name="Title")).to_have_value("My own title")
    artist = page.get_by_label("Artist", exact=True)
    expect(artist).to_have_value("Demo Artist")
    expect(artist).to_have_accessible_description("Filled in from Spotify. Please check it.")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert not Campaign.objects.exists()


def test_a_wrong_link_is_told_as_soon_as_it_is_left(
    visit: Any, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    page = visit()
    page.goto("/dashboard/new")
    link = page.get_by_label("Spotify link")
    link.fill("https://open.spotify.com/playlist/37i9dQZF1DXcBWIGoYBM5M")
    page.keyboard.press("Tab")
    expect(page.get_by_text("This is a playlist.")).to_be_visible()
    expect(link).to_have_attribute("aria-invalid", "true")
    link.fill(ALBUM_URI)
    page.keyboard.press("Tab")
    expect(page.get_by_role("group", name="Found on Spotify")).to_be_visible()
    expect(page.get_by_text("This is a playlist.")).to_be_hidden()


def cover(width: int, height: int) -> dict[str, Any]:
    content = file_of(picture(width, height)).getvalue()
    return {"name": "cover.png", "mimeType": "image/png", "buffer": content}


def test_a_picture_is_shown_cropped_by_a_click_and_survives_an_error(
    visit: Any, label: Label, settings: Settings, tmp_path: Path
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    page = visit(viewport={"width": 1280, "height": 1400})
    page.goto("/dashboard/new")
    page.get_by_label("Cover image optional").set_input_files(cover(800, 400))
    whole = page.locator("[data-whole] img")
    expect(whole).to_have_js_property("naturalWidth", 800)
    box = whole.bounding_box()
    whole.click(position={"x": box["width"] * 0.9, "y": box["height"] / 2})
    expect(page.get_by_label("Horizontal position")).to_have_value("90")
    square = page.locator("[data-square]")
    expect(square).to_have_css("object-position", "90% 50%")
    page.get_by_label("Horizontal position").press("ArrowRight")
    expect(square).to_have_css("object-position", "91% 50%")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator("[data-whole] img")).to_be_visible()
    page.get_by_label("Spotify link").fill(ALBUM_URI)
    page.get_by_role("textbox", name="Title").fill("Night Bus")
    page.get_by_label("Artist", exact=True).fill("Demo Artist")
    page.get_by_label("Date and time").fill(f"{in_days(20)}T00:00")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("button", name="Open the campaign")).to_be_visible()
    campaign = Campaign.objects.get()
    assert (campaign.artwork_focus_x, campaign.artwork_width) == (91, 400)


def test_a_file_that_is_too_large_is_told_and_not_sent(
    visit: Any, label: Label, tmp_path: Path
) -> None:
    large = tmp_path / "cover.png"
    large.write_bytes(bytes(26 * 1024 * 1024))
    page = visit()
    page.goto("/dashboard/new")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    field = page.get_by_label("Cover image optional")

    field.set_input_files(large)

    expect(page.get_by_text("This file is larger than 25 MB")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    expect(field).to_have_accessible_description(re.compile("larger than 25 MB"))
    assert "POST" not in sent
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def test_a_picture_on_its_way_is_told_and_the_last_one_chosen_counts(
    visit: Any, label: Label, settings: Settings, tmp_path: Path
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    page = visit(viewport={"width": 1280, "height": 1400})
    page.goto("/dashboard/new")
    held: list[Route] = []
    page.route(
        lambda address: address.endswith("/dashboard/new"),
        lambda route: held.append(route) if len(held) < 2 else route.continue_(),
    )
    field = page.get_by_label("Cover image optional")
    told = page.locator("[data-cover-told]")
    below = page.get_by_label("Alt text")
    place = below.bounding_box()

    def choose(number: int, width: int) -> None:
        field.set_input_files(cover(width, 400))
        expect(told).to_have_text("Uploading and reading the image…")
        while len(held) < number:
            page.wait_for_event("request")

    choose(1, 500)
    assert below.bounding_box() == place
    choose(2, 600)
    held[1].continue_()
    expect(page.locator("[data-whole] img")).to_have_js_property("naturalWidth", 600)
    expect(told).to_have_text("Your new cover. It's stored when you save the form.")
    assert held[0].request.failure


def test_a_picture_that_does_not_get_through_is_told_and_stays_chosen(
    visit: Any, label: Label
) -> None:
    page = visit()
    page.goto("/dashboard/new")
    page.route(
        lambda address: address.endswith("/dashboard/new"), lambda route: route.fulfill(status=503)
    )
    field = page.get_by_label("Cover image optional")

    field.set_input_files(cover(400, 400))

    expect(page.get_by_text("The image didn't get through.")).to_be_visible()
    assert field.evaluate("field => field.files.length") == 1


def test_a_file_that_is_too_large_takes_the_place_of_one_on_its_way(
    visit: Any, label: Label, tmp_path: Path
) -> None:
    large = tmp_path / "cover.png"
    large.write_bytes(bytes(26 * 1024 * 1024))
    page = visit()
    page.goto("/dashboard/new")
    page.route(lambda address: address.endswith("/dashboard/new"), lambda route: None)
    field = page.get_by_label("Cover image optional")
    with page.expect_event("requestfailed"):
        field.set_input_files(cover(400, 400))
        expect(page.locator("[data-cover-told]")).not_to_be_empty()
        field.set_input_files(large)
    expect(page.get_by_text("This file is larger than 25 MB")).to_be_visible()
    expect(page.locator("[data-cover-told]")).to_be_empty()


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_the_first_picture_that_is_dropped_or_pasted_is_the_cover(
    visit: Any, label: Label, settings: Settings, tmp_path: Path, event: str
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    page = visit()
    page.goto("/dashboard/new")
    page.evaluate(
        """([event, bytes]) => {
          const transfer = new DataTransfer();
          const picture = new File([new Uint8Array(bytes)], "cover.png", { type: "image/png" });
          for (const chosen of [picture, picture]) transfer.items.add(chosen);
          const options = { bubbles: true, cancelable: true };
          const made = event === "drop"
            ? new DragEvent(event, { ...options, dataTransfer: transfer })
            : new ClipboardEvent(event, { ...options, clipboardData: transfer });
          document.querySelector("[data-cover]").dispatchEvent(made);
        }""",
        [event, list(cover(400, 400)["buffer"])],
    )
    expect(page.get_by_role("figure")).to_contain_text("Your new cover.")
    expect(page.locator("[data-square]")).to_have_js_property("naturalWidth", 400)


def test_text_that_is_pasted_with_a_picture_of_it_stays_text(
    visit: Any, label: Label, settings: Settings, tmp_path: Path
) -> None:
    """As spreadsheets and word processors copy it."""
    settings.ARTWORK_DIR = tmp_path / "artwork"
    page = visit()
    page.goto("/dashboard/new")
    paste_both = """(place, bytes) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", "Night Bus");
      const picture = new File([new Uint8Array(bytes)], "a.png", { type: "image/png" });
      clipboardData.items.add(picture);
      const options = { bubbles: true, cancelable: true, clipboardData };
      return place.dispatchEvent(new ClipboardEvent("paste", options));
    }"""
    picture = list(cover(400, 400)["buffer"])
    assert page.get_by_role("textbox", name="Title").evaluate(paste_both, picture)
    # A file's name is copied with it: where no text can be, it is the picture that is meant.
    assert not page.locator("[data-cover]").evaluate(paste_both, picture)
    expect(page.get_by_role("figure")).to_contain_text("Your new cover.")


def test_nothing_is_lost_when_the_log_in_has_expired(
    visit: Any, artist: User, label: Label, settings: Settings, tmp_path: Path
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    page = visit()
    page.goto("/dashboard/new")
    page.get_by_label("Cover image optional").set_input_files(cover(400, 400))
    expect(page.get_by_role("figure")).to_contain_text("Your new cover.")
    page.get_by_role("textbox", name="Title").fill("Night Bus")
    page.get_by_label("Message to fans").fill("Written on the last bus.\nPlay it loud.")
    page.get_by_label("Midnight").check()
    page.context.clear_cookies()
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("link", name="Open the form again").click()
    page.get_by_label("Email").fill(artist.email)
    page.get_by_label("Password", exact=True).fill(factory.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("We restored what you hadn't saved")).to_be_visible()
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Night Bus")
    expect(page.get_by_label("Message to fans")).to_have_value(
        "Written on the last bus.\nPlay it loud."
    )
    expect(page.get_by_label("Midnight")).to_be_checked()
    expect(page.get_by_role("figure")).to_contain_text("Your new cover.")
    page.get_by_label("Spotify link").fill(ALBUM_URI)
    page.get_by_label("Artist", exact=True).fill("Demo Artist")
    page.get_by_label("Day").fill(in_days(20))
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("button", name="Open the campaign")).to_be_visible()
    assert Campaign.objects.get().artwork_width == 400
    page.goto("/dashboard/new")
    expect(page.get_by_role("textbox", name="Title")).to_have_value("")
    expect(page.get_by_text("We restored what you hadn't saved")).to_be_hidden()


def test_what_was_left_comes_back_until_it_is_not_wanted(visit: Any, label: Label) -> None:
    page = visit()
    page.goto("/dashboard/new")
    page.get_by_role("textbox", name="Title").fill("Night Bus")
    page.goto("/dashboard")
    page.goto("/dashboard/new")
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Night Bus")
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("textbox", name="Title")).to_have_value("")


@pytest.mark.parametrize("button", ["Save draft", "Preview the page"])
def test_what_was_sent_and_not_saved_is_kept_too(visit: Any, label: Label, button: str) -> None:
    """Refused, or only previewed: another campaign's page says nothing about it."""
    other = factory.make_campaign(label=label)
    page = visit(viewport={"width": 390, "height": 844})
    page.goto("/dashboard/new")
    page.get_by_role("textbox", name="Title").fill("Night Bus")
    with page.context.expect_event("response", lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name=button).click()
    page.wait_for_load_state()
    page.goto(f"/dashboard/campaigns/{other.slug}")
    page.goto("/dashboard/new")
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Night Bus")


def test_what_was_taken_back_does_not_come_back(visit: Any, label: Label) -> None:
    page = visit()
    page.goto("/dashboard/new")
    page.get_by_role("textbox", name="Title").fill("Night Bus")
    page.get_by_role("textbox", name="Title").fill("")
    page.goto("/dashboard/new")
    expect(page.get_by_role("textbox", name="Title")).to_have_value("")
    expect(page.get_by_text("We restored what you hadn't saved")).to_be_hidden()


def test_the_preview_follows_what_is_entered(
    visit: Any, label: Label, settings: Settings, tmp_path: Path
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    page = visit(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto("/dashboard/new")
    shown = page.frame_locator("iframe[name=live-preview]")
    page.get_by_role("textbox", name="Title").fill("Night Bus")
    expect(shown.get_by_role("heading", level=1, include_hidden=True)).to_have_text("Night Bus")
    page.get_by_label("Message to fans").fill("Written on the last bus.")
    expect(shown.locator(".own-words")).to_have_text("Written on the last bus.")
    page.get_by_label("Cover image optional").set_input_files(cover(400, 400))
    shown.locator(".cover img").evaluate("picture => picture.decode()")
    assert page.evaluate("history.length") <= 4
    assert shown.locator("body").evaluate("body => body.inert && innerWidth === 388")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert complaints == []


def test_on_a_phone_and_without_a_script_the_preview_is_a_page(visit: Any, label: Label) -> None:
    page = visit(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    page.goto("/dashboard/new")
    page.get_by_role("textbox", name="Title").fill("Night Bus")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Preview the page").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Night Bus")
    expect(opened.value.get_by_text("not the live page.")).to_be_visible()


def test_an_example_follows_the_time_that_is_entered(visit: Any, label: Label) -> None:
    page = visit(timezone_id="Europe/Berlin")
    page.goto("/dashboard/new")
    page.get_by_label("Date and time").fill("2027-01-08T18:30")
    page.keyboard.press("Tab")
    expect(page.get_by_text("In Tokyo that's 9 January, 02:30.")).to_be_visible()
    page.get_by_label("At midnight where each fan is").check()
    page.get_by_label("Day").fill("2027-01-08")
    page.keyboard.press("Tab")
    example = (
        "A fan in Tokyo gets it as 8 January begins there. That's 7 January, 16:00 Berlin time."
    )
    expect(page.get_by_text(example)).to_be_visible()


def test_a_draft_is_checked_before_it_is_opened(visit: Any, label: Label) -> None:
    state = CampaignState.DRAFT
    campaign = factory.make_campaign(label=label, slug="draft", state=state)
    page = visit(viewport={"width": 320, "height": 640})
    page.goto(f"/dashboard/campaigns/{campaign.slug}")
    expect(page.get_by_role("heading", name="Before you open it")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
