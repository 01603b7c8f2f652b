"""Every page and state of the fan's side in Chromium: accessible in both schemes, narrow, in each
language, right to left, and not in the way of its own policy.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.core.cache import caches
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from campaigns.artwork import decoding, files
from campaigns.fan import times
from campaigns.models import Campaign, CampaignState
from campaigns.status.phase import Phase
from tests import scenes, visits
from tests.accessibility import RULES, widest
from tests.factory import make_campaign, make_local_campaign
from tests.sandbox_process import ALBUM_URI, SAVE_SCOPE

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

# On a desktop, and on a phone: the colours are the same on both.
SCHEMES: Final[dict[Literal["light", "dark"], int]] = {"light": 1280, "dark": 360}
# Between them they hold every component of the fan pages.
NARROWEST = ["landing-local-midnights", "landing-out-now", "confirm", "landing", "receipt-waiting"]


@pytest.fixture(autouse=True)
def artwork_dir(settings: Settings, tmp_path: Path) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"


@pytest.fixture
def pages() -> dict[str, str]:
    scenes.set_up(scenes.small_picture())
    return dict(scenes.ALL)


@pytest.mark.long
def test_every_page_is_accessible_and_narrow(page: Page, site: str, pages: dict[str, str]) -> None:
    for name, path in pages.items():
        page.goto(site + path)
        assert_accessible_and_narrow(page, name)


@pytest.mark.long
def test_every_state_of_a_visit_is_accessible_and_narrow(
    browser: Browser,
    site: str,
    pages: dict[str, str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def new_context(user_agent: str | None) -> BrowserContext:
        return browser.new_context(user_agent=user_agent)

    for name, page in visits.each(new_context, site, settings, monkeypatch):
        assert_accessible_and_narrow(page, name)


def assert_accessible_and_narrow(page: Page, name: str) -> None:
    page.evaluate("for (const it of document.querySelectorAll('details')) it.open = true")
    for scheme, width in SCHEMES.items():
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{name}, {scheme}: {found.generate_report()}"
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert widest(page, 320, "100%") <= 320, f"{name}, right to left"
    page.evaluate("document.documentElement.dir = 'ltr'")
    assert widest(page, 320, "100%") <= 320, name
    assert widest(page, 640, "200%") <= 640, f"{name}, zoomed"


@pytest.mark.parametrize("language", [code for code, _ in django_settings.LANGUAGES])
def test_every_language_fits_and_is_named(
    page: Page, site: str, pages: dict[str, str], language: str
) -> None:
    for name in NARROWEST:
        page.goto(f"{site}{pages[name]}?lang={language}")
        assert page.locator("html").get_attribute("lang") == language
        assert widest(page, 320, "100%") <= 320, name
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    current = page.get_by_role("contentinfo").locator("[aria-current]")
    expect(current).to_have_attribute("lang", language)


def test_the_switch_changes_the_language_and_nothing_else(
    page: Page, site: str, pages: dict[str, str]
) -> None:
    page.goto(site + pages["landing"])
    page.get_by_role("navigation", name="Language").get_by_text("English").first.click()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", level=1)).to_have_text("First Light")
    page.get_by_role("navigation", name="Sprache").locator("summary").click()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("link", name="Pre-save on Spotify")).to_be_visible()


@pytest.mark.parametrize("size", [(412, 823), (768, 1024)])
def test_the_artwork_stays_put_while_the_words_arrive(
    page: Page, site: str, pages: dict[str, str], size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for name in ("landing-out-now", "landing-cancelled", "landing-without-artwork"):
        page.goto(site + pages[name])
        cover = page.locator(".hero .cover")
        in_the_end = cover.bounding_box()
        late = ".words > *, .more, footer"
        page.evaluate(f"for (const it of document.querySelectorAll('{late}')) it.remove()")
        assert cover.bounding_box() == in_the_end, name


def test_no_page_meets_a_third_party_a_cookie_or_its_own_policy(
    page: Page, site: str, pages: dict[str, str]
) -> None:
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    for path in pages.values():
        page.goto(site + path)
    page.wait_for_load_state("networkidle")
    # Chromium counts a refusal's own status as a failed resource.
    assert [
        text for text in complaints if "the server responded with a status of 4" not in text
    ] == []
    assert any("/artwork/" in url for url in requested)
    assert any(".css" in url for url in requested)
    assert all(url.startswith(f"{site}/") for url in requested)
    assert page.context.cookies() == []


# On the smallest phone it takes three lines, in the system's letters and in our own.
THREE_LINES: Final = "Understanding Mountains, Remembering Us"


@pytest.fixture
def three_lines(pages: dict[str, str]) -> dict[str, str]:
    """With a cover and without."""
    campaign = Campaign.objects.get(slug="first-light")
    Campaign.objects.filter(id=campaign.id).update(title=THREE_LINES)
    make_campaign(slug="bare", title=THREE_LINES, release_at=campaign.release_at)
    return {"cover": pages["landing"], "none": "/bare"}


@pytest.mark.parametrize(
    ("language", "screen"),
    [
        *((code, (360, 640)) for code, _ in django_settings.LANGUAGES),
        *product(("en", "fr"), ((375, 553), (390, 664), (412, 732), (1280, 800))),
    ],
)
@pytest.mark.parametrize("blocked", ["**/fonts/*", "nothing"])
def test_the_button_is_on_the_first_screen_under_a_title_of_three_lines(
    browser: Browser,
    site: str,
    three_lines: dict[str, str],
    screen: tuple[int, int],
    language: str,
    blocked: str,
) -> None:
    width, height = screen
    with browser.new_context(
        viewport={"width": width, "height": height}, timezone_id="Asia/Tokyo"
    ) as context:
        page = context.new_page()
        page.route(blocked, lambda route: route.abort())
        for path in three_lines.values():
            page.goto(f"{site}{path}?lang={language}")
            countdown = page.locator("[data-countdown]")
            expect(countdown).to_be_visible()
            expect(countdown).to_have_attribute("aria-hidden", "true")
            box = page.locator("[data-start] .button").bounding_box()
            assert box
            assert box["y"] + box["height"] <= height
            lines = "e => Math.round(e.offsetHeight / parseFloat(getComputedStyle(e).lineHeight))"
            assert width > 360 or page.locator("h1").evaluate(lines) >= 3


@pytest.mark.parametrize("screen", [(360, 640), (390, 844), (768, 1024), (1280, 800), (2000, 900)])
def test_a_cover_is_square_and_leaves_almost_half_of_the_screen(
    page: Page, site: str, screen: tuple[int, int]
) -> None:
    """Also one that was stored before covers were cropped."""
    wide = BytesIO()
    Image.linear_gradient("L").resize((800, 400)).save(wide, "PNG")
    stored = files.write(decoding.prepare(BytesIO(wide.getvalue())))
    shape = {"artwork_width": stored.width, "artwork_height": stored.height}
    make_campaign(slug="wide", artwork=stored.name, **shape)
    page.set_viewport_size({"width": screen[0], "height": screen[1]})
    page.goto(f"{site}/wide")
    box = page.get_by_role("img").bounding_box()
    assert box
    assert box["width"] == pytest.approx(box["height"])
    assert 144 <= box["height"] <= 0.55 * screen[1] + 0.01


def test_without_a_cover_the_title_in_its_place_is_the_heading_and_all_of_it(
    page: Page, site: str
) -> None:
    titles = ("Ferry", THREE_LINES, scenes.LONG, "夜明けのバスと最後の灯り", f"{THREE_LINES} " * 6)
    for number, title in enumerate(titles):
        make_campaign(slug=f"bare-{number}", title=title.strip())
        for width in (360, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{site}/bare-{number}")
            heading = page.locator("h1")
            assert page.locator("main").inner_text().count(title.strip()) == 1
            expect(page.locator(".typeset h1")).to_have_count(1)
            outer, inner = page.locator(".typeset").bounding_box(), heading.bounding_box()
            assert outer
            assert inner
            assert inner["y"] + inner["height"] < outer["y"] + outer["height"]
            assert heading.evaluate("e => e.scrollWidth <= e.clientWidth")


@pytest.mark.parametrize("language", [code for code, _ in django_settings.LANGUAGES])
def test_what_a_fan_agrees_to_takes_three_lines(
    page: Page, site: str, pages: dict[str, str], language: str
) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(f"{site}{pages['landing']}?lang={language}")
    rows = page.locator(".deal li")
    lines = "e => (e.offsetHeight - 20) / parseFloat(getComputedStyle(e).lineHeight)"
    assert [round(row.evaluate(lines)) for row in rows.all()] == [1, 1, 1]
    scope = page.get_by_text(SAVE_SCOPE)
    expect(scope).to_be_hidden()
    page.locator(".deal summary").click()
    expect(scope).to_be_visible()


def test_links_in_the_foot_are_underlined_where_they_are_pointed_at(
    page: Page, site: str, pages: dict[str, str]
) -> None:
    page.goto(site + pages["landing"])
    link = page.get_by_role("link", name="Privacy", exact=True)
    expect(link).to_have_css("text-decoration-line", "none")
    link.hover()
    expect(link).to_have_css("text-decoration-line", "underline")
    page.mouse.move(0, 0)
    page.get_by_role("link", name="Terms", exact=True).focus()
    page.keyboard.press("Shift+Tab")
    expect(link).to_have_css("text-decoration-line", "underline")
    # In a sentence they always are.
    expect(page.get_by_role("link", name="terms", exact=True).first).to_have_css(
        "text-decoration-line", "underline"
    )


def test_the_artwork_is_shown_sharp_and_described(
    page: Page, site: str, pages: dict[str, str]
) -> None:
    page.goto(site + pages["landing"])
    cover = page.get_by_role("img", name=scenes.ALT)
    expect(cover).to_be_visible()
    assert cover.evaluate("image => image.complete && image.currentSrc").endswith(".avif")
    shown = cover.evaluate("image => image.clientWidth")
    assert shown >= 300
    assert cover.evaluate("image => image.naturalWidth") >= shown


def test_the_release_time_is_told_in_the_fans_own_time_and_counted_down_to(
    browser: Browser, site: str, pages: dict[str, str]
) -> None:
    context = browser.new_context(timezone_id="America/Los_Angeles", locale="en-GB")
    page = context.new_page()
    page.goto(site + pages["landing"])
    expect(page.locator(".eyebrow time")).to_have_text(re.compile(r":00 your time$"))
    expect(page.locator("[data-there]")).to_have_text(re.compile(r", 00:00 Berlin time$"))
    countdown = page.locator("[data-countdown]")
    expect(countdown).to_be_visible()
    expect(countdown).to_have_attribute("aria-hidden", "true")
    assert countdown.inner_text().split()[1] == "days"
    context.close()


def test_without_the_script_the_release_time_is_the_artists(
    browser: Browser, site: str, pages: dict[str, str]
) -> None:
    with browser.new_context(java_script_enabled=False, timezone_id="Asia/Tokyo") as context:
        page = context.new_page()
        page.goto(site + pages["landing"])
        expect(page.locator(".eyebrow time")).to_have_text(re.compile(", 00:00 Berlin time$"))
        for script_only in ("[data-there]", "[data-countdown]"):
            expect(page.locator(script_only)).to_be_hidden()


@pytest.mark.parametrize(
    ("language", "artist", "fan"),
    [
        *((code, "Europe/Berlin", "Asia/Kathmandu") for code, _ in django_settings.LANGUAGES),
        ("en", "Pacific/Kiritimati", "Pacific/Pago_Pago"),
        ("en", "Pacific/Fakaofo", "Pacific/Pago_Pago"),
    ],
)
def test_the_own_time_and_the_countdown_are_in_the_pages_words(
    browser: Browser, site: str, language: str, artist: str, fan: str
) -> None:
    there = datetime.now(ZoneInfo(artist)) + timedelta(days=3)
    there = there.replace(hour=0, minute=0, second=0, microsecond=0)
    campaign = make_campaign(release_at=there, release_zone=artist)
    in_fans_zone = Campaign(release_at=there, release_zone=fan)
    context = browser.new_context(timezone_id=fan)
    page = context.new_page()
    page.goto(f"{site}/{campaign.slug}?lang={language}")
    with translation.override(language):
        here = times.announced(in_fans_zone, Phase.OPEN, timezone.now())
        behind = times.announced(campaign, Phase.OPEN, timezone.now())
        own = gettext("{time} your time").partition("{time}")
        place = times.place(in_fans_zone)
    written = re.sub("<[^>]+>", "", here).removesuffix(f" {place}")
    expect(page.locator(".eyebrow time")).to_have_text(f"{own[0]}{written}{own[2]}")
    expect(page.locator("[data-there]")).to_have_text(re.sub("<[^>]+>", "", behind))
    days = page.locator("[data-countdown] > span").first
    with translation.override(language):
        count = int(days.locator("b").inner_text())
        words = ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    assert days.inner_text().split() == words.replace("日", " 日").split()
    context.close()


def test_a_page_that_was_open_since_before_says_when_the_time_has_come(
    page: Page, site: str
) -> None:
    campaign = make_campaign(release_at=timezone.now() + timedelta(minutes=5))
    page.clock.install()
    page.goto(f"{site}/{campaign.slug}")
    expect(page.locator("[data-countdown]")).to_be_visible()
    expect(page.get_by_text("Any moment now")).to_be_hidden()
    page.clock.fast_forward("06:00")
    expect(page.get_by_text("Any moment now")).to_be_visible()
    expect(page.locator("[data-countdown]")).to_be_hidden()


def test_a_page_left_open_notices_the_release_and_the_end(page: Page, site: str) -> None:
    release_at = timezone.now() + timedelta(hours=2)
    mine = Campaign.objects.filter(id=make_campaign(slug="night-bus", release_at=release_at).id)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.resource_type))
    page.clock.install()
    page.goto(f"{site}/night-bus")
    page.clock.fast_forward("01:58:00")
    assert "fetch" not in asked

    # Its time has come, and it is there; then everybody has it.
    now = timezone.now()
    out = {"confirmed_uri": ALBUM_URI, "confirmed_at": now, "release_at": now}
    mine.update(state=CampaignState.RELEASING, **out)
    caches["pages"].clear()  # a second later
    page.clock.run_for("02:20")
    expect(page.get_by_text("we're saving right now")).to_be_visible()
    mine.update(state=CampaignState.FINISHED, finished_at=now)
    caches["pages"].clear()
    page.clock.run_for("01:00")
    expect(page.get_by_text("The pre-saves are done")).to_be_visible()

    page.clock.fast_forward("24:00:00")
    assert asked.count("fetch") == 2


# The night is long: here the network answers at once, that nothing has changed.
UNCHANGED: Final = """
    window.asked = [];
    window.fetch = async (address, options) => {
      asked.push(options.cache);
      return new Response(document.documentElement.outerHTML);
    };
"""


COUNTED: Final = """
    window.asked = 0;
    const ask = window.fetch;
    window.fetch = (address, options) => {
      if (options.cache === "no-cache") asked += 1;
      return ask(address, options);
    };
"""


def test_who_comes_back_before_the_release_finds_it_cancelled(page: Page, site: str) -> None:
    campaign = make_campaign()
    page.add_init_script(COUNTED)
    page.clock.install()
    page.goto(f"{site}/{campaign.slug}?lang=en")
    page.clock.run_for("01:00:00")
    assert page.evaluate("asked") == 0, "while nobody comes back, it asks nothing"
    came_back = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(f"{came_back}; {came_back}")
    page.clock.run_for("20:00")
    assert page.evaluate("asked") == 1, "nor does it go on"
    Campaign.objects.update(state=CampaignState.CANCELLED, cancelled_at=timezone.now())
    caches["pages"].clear()
    page.evaluate(came_back)
    expect(page.get_by_text("Campaign cancelled")).to_be_visible()


def test_a_page_left_open_asks_ever_more_rarely_and_not_for_ever(page: Page, site: str) -> None:
    make_campaign(slug="night-bus", release_at=timezone.now())
    page.add_init_script(UNCHANGED)
    page.clock.install()
    page.goto(f"{site}/night-bus")
    assert 10 <= asked_after(page, "00:30", 20) <= 20
    assert 20 < asked_after(page, "00:30", 100) < 45
    assert asked_after(page, "20:00", 60) == 60
    assert asked_after(page, "01:00:00", 24) == 60
    # That makes a conditional request, which a cache answers with 304.
    assert page.evaluate("asked.every((kind) => kind === 'no-cache')")


def asked_after(page: Page, step: str, times: int) -> int:
    """How often the page has asked after so many steps, each shorter than it waits."""
    for _ in range(times):
        page.clock.run_for(step)
        page.evaluate("asked.length")
    return int(page.evaluate("asked.length"))


HIDDEN: Final = "Object.defineProperty(document, 'hidden', { value: true, writable: true });"


def test_a_page_that_nobody_looks_at_asks_nothing_until_somebody_does(
    page: Page, site: str
) -> None:
    make_campaign(slug="night-bus", release_at=timezone.now())
    page.add_init_script(UNCHANGED + HIDDEN)
    page.clock.install()
    page.goto(f"{site}/night-bus")
    page.clock.run_for("30:00")
    assert page.evaluate("asked.length") == 0
    page.evaluate("document.hidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("asked.length") == 1


@pytest.mark.parametrize(("zone", "hours"), [("Asia/Tokyo", 1), ("America/Los_Angeles", 18)])
def test_with_local_midnights_a_page_left_open_waits_for_the_fans_own(
    browser: Browser, site: str, zone: str, hours: int
) -> None:
    day = (timezone.now() + timedelta(days=2)).date()
    make_local_campaign(day, slug="everywhere")
    tokyo = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Asia/Tokyo"))
    with browser.new_context(timezone_id=zone) as context:
        page = context.new_page()
        page.add_init_script(UNCHANGED)
        page.clock.install(time=tokyo - timedelta(hours=1))
        page.goto(f"{site}/everywhere")
        page.clock.run_for(timedelta(hours=hours) // timedelta(milliseconds=1) - 60_000)
        assert page.evaluate("asked.length") == 0
        page.clock.run_for("02:00")
        assert page.evaluate("asked.length") >= 1


def told_in_the_countdown(page: Page) -> list[str]:
    return page.locator("[data-countdown]").inner_text().split()


def test_the_countdown_begins_with_what_is_left_and_ends_with_seconds(
    page: Page, site: str
) -> None:
    release_at = (timezone.now() + timedelta(days=1)).replace(second=25, microsecond=0)
    make_campaign(slug="odd-second", release_at=release_at)
    page.clock.install(time=release_at - timedelta(days=1, minutes=5, seconds=2))
    page.clock.pause_at(release_at - timedelta(days=1, minutes=5))
    page.goto(f"{site}/odd-second")
    assert told_in_the_countdown(page) == ["1", "day", "0", "hours", "5", "minutes"]
    for left, told in (
        (timedelta(hours=1, minutes=1, seconds=30), ["1", "hour", "2", "minutes"]),
        (timedelta(minutes=2, seconds=1), ["2", "minutes", "1", "second"]),
        (timedelta(minutes=2), ["2", "minutes", "0", "seconds"]),
        (timedelta(seconds=59), ["59", "seconds"]),
        (timedelta(seconds=1), ["1", "second"]),
    ):
        now = datetime.fromtimestamp(page.evaluate("Date.now()") / 1000, UTC)
        # Timers fire a millisecond after the second.
        page.clock.run_for((release_at - left - now) // timedelta(milliseconds=1) + 5)
        assert told_in_the_countdown(page) == told
    page.clock.run_for(1000)
    expect(page.locator("[data-countdown]")).to_be_hidden()


def test_where_the_clocks_agree_the_artists_time_is_not_repeated(
    browser: Browser, site: str, pages: dict[str, str]
) -> None:
    context = browser.new_context(timezone_id="Europe/Paris")
    page = context.new_page()
    page.goto(site + pages["landing"])
    expect(page.locator(".eyebrow time")).to_have_text(re.compile(", 00:00 your time$"))
    expect(page.locator("[data-there]")).to_be_hidden()
    context.close()


@pytest.mark.parametrize(
    ("agent", "shown", "way_out"),
    [
        (visits.INSTAGRAM, True, "intent://{page}#Intent;scheme={scheme};end"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) musical_ly_32",
            True,
            "x-safari-{scheme}://{page}",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0", False, ""),
    ],
)
def test_in_another_apps_browser_the_way_out_is_offered(
    browser: Browser, site: str, pages: dict[str, str], agent: str, shown: bool, way_out: str
) -> None:
    context = browser.new_context(user_agent=agent, has_touch=True)
    page = context.new_page()
    page.goto(site + pages["landing"])
    box = page.locator("[data-in-app]")
    expect(box).to_be_visible(visible=shown)
    if shown:
        scheme, _, here = (site + pages["landing"]).partition("://")
        link = box.get_by_role("link", name="Open in your browser")
        expect(link).to_have_attribute("href", way_out.format(scheme=scheme, page=here))
        box.get_by_role("button", name="Copy link").click()
        expect(box.locator("[aria-live]")).not_to_be_empty()
    context.close()
