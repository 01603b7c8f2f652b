"""The way out of the browsers inside apps, in Chromium with what they call themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.factory import make_campaign

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

IPHONE: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko)"
)
MAC: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
)
WEB_VIEW: Final = (
    "Mozilla/5.0 (Linux; Android 13; SM-X706N Build/TP1A.220624.014; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/115.0.5790.138 Mobile Safari/537.36"
)
CHROME: Final = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
SAFARI: Final = "x-safari-http://{page}"
INTENT: Final = "intent://{page}#Intent;scheme=http;end"
KAKAO: Final = "kakaotalk://web/openExternal?url=http%3A%2F%2F{quoted}"
IN_APPS: Final = {
    "Threads, iPhone": (
        f"{IPHONE} Mobile/23C55 Barcelona 414.1.0.26.79 (iPhone; iOS 26_2)",
        SAFARI,
    ),
    "Threads, Android": (f"{WEB_VIEW} Barcelona 414.0.0.31.79 Android (33/13; 340dpi)", INTENT),
    "LinkedIn, iPhone": (f"{IPHONE} Mobile/15E148 Safari/604.1 [LinkedInApp]/9.78.4909", SAFARI),
    "LinkedIn, Android": (f"{WEB_VIEW} [LinkedInApp]/2.312.70", INTENT),
    "WeChat, iPhone": (f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.50(0x18003231)", None),
    "WeChat, Android": (f"{WEB_VIEW} MMWEBID/1 MicroMessenger/8.0.50.2701(0x28003253)", None),
    "WeChat, Windows": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/116.0 Safari/537.36 MicroMessenger/7.0.20.1781 WindowsWechat",
        None,
    ),
    "KakaoTalk, iPhone": (f"{IPHONE} Mobile/15E148 KAKAOTALK 10.3.1", KAKAO),
    "KakaoTalk, Android": (f"{WEB_VIEW};KAKAOTALK 2410310", KAKAO),
    "Naver, iPhone": (
        f"{IPHONE} Version/16.5 Mobile/15E148 Safari/605.1 NAVER(inapp; search; 1010; 11.24.5)",
        SAFARI,
    ),
    "Naver, Android": (f"{WEB_VIEW} NAVER(inapp; search; 1010; 11.24.6)", INTENT),
    "Reddit, Android": (f"{CHROME} Reddit/Version 2026.41.0/Build 2641", INTENT),
    "Telegram, Android": (f"{CHROME} Telegram-Android/11.7.4 (Google Pixel 8)", INTENT),
    "Instagram, iPhone": (f"{IPHONE} Mobile/15E148 Instagram 330.0 (iPhone15,2)", SAFARI),
    "Pinterest, iPhone": (f"{IPHONE} Mobile/15E148 [Pinterest/iOS]", SAFARI),
    "any web view on Android": (WEB_VIEW, INTENT),
    "any web view on an iPhone": (f"{IPHONE} Mobile/15E148", SAFARI),
    "any web view on an iPad, which calls itself a Mac": (MAC, SAFARI),
    "any web view on a Mac": (MAC, None),
}
BROWSERS: Final = [
    CHROME,
    f"{IPHONE} Version/18.7 Mobile/15E148 Safari/604.1",
    f"{IPHONE} CriOS/140.0 Mobile/15E148 Safari/604.1",
    f"{IPHONE} FxiOS/143.0 Mobile/15E148 Safari/605.1.15",
    f"{MAC} Version/18.6 Safari/605.1.15",
    f"{MAC} Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
]


@pytest.mark.parametrize("app", IN_APPS)
def test_the_browser_of_an_app_is_offered_the_way_out(
    browser: Browser, site: str, app: str
) -> None:
    make_campaign(slug="night-bus")
    user_agent, way = IN_APPS[app]
    with browser.new_context(user_agent=user_agent, has_touch=way is not None) as context:
        page = context.new_page()
        page.goto(f"{site}/night-bus?src=poster")
        box = page.get_by_role("group", name="You're in another app's browser.")
        link = box.get_by_role("link", name="Open in your browser")
        expect(box).to_be_visible()
        expect(box.get_by_role("button", name="Copy link")).to_be_visible()
        if way is None:
            expect(link).to_be_hidden()
            return
        page_address = f"{site.partition('://')[2]}/night-bus?src=poster"
        wanted = way.format(page=page_address, quoted=quote(page_address, safe=""))
        expect(link).to_have_attribute("href", wanted)


def test_telegrams_on_an_iphone_is_known_by_what_it_lays_into_the_page(
    browser: Browser, site: str
) -> None:
    make_campaign(slug="night-bus")
    with browser.new_context(user_agent=BROWSERS[1], has_touch=True) as context:
        context.add_init_script("window.TelegramWebviewProxy = {}")
        page = context.new_page()
        page.goto(f"{site}/night-bus")
        expect(page.get_by_role("link", name="Open in your browser")).to_be_visible()


@pytest.mark.parametrize(
    ("mode", "client_id", "said"),
    [
        ("extended", "an-app", "If you aren't logged in to Spotify here"),
        ("development", "an-app", "may open only from your own browser"),
        ("development", "", "may open only from your own browser"),
    ],
    ids=["extended", "development", "without an app"],
)
def test_so_it_is_where_calendars_and_links_come_first(
    browser: Browser, site: str, settings: Settings, mode: str, client_id: str, said: str
) -> None:
    settings.SPOTIFY_APP_MODE, settings.SPOTIFY_CLIENT_ID = mode, client_id
    make_campaign(slug="night-bus")
    with browser.new_context(user_agent=f"{IPHONE} Mobile/15E148", has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{site}/night-bus")
        box = page.get_by_role("group", name="You're in another app's browser.")
        expect(box).to_have_count(1)
        expect(box).to_contain_text(said)
        expect(box.get_by_role("link", name="Open in your browser")).to_be_visible()


@pytest.mark.parametrize("user_agent", BROWSERS)
def test_a_browser_is_offered_none(browser: Browser, site: str, user_agent: str) -> None:
    make_campaign(slug="night-bus")
    with browser.new_context(user_agent=user_agent) as context:
        page = context.new_page()
        page.goto(f"{site}/night-bus", wait_until="networkidle")
        expect(page.locator("[data-in-app]")).to_be_hidden()


def test_nor_is_a_page_on_the_home_screen(browser: Browser, site: str) -> None:
    make_campaign(slug="night-bus")
    with browser.new_context(user_agent=f"{IPHONE} Mobile/15E148") as context:
        context.add_init_script("navigator.standalone = true")
        page = context.new_page()
        page.goto(f"{site}/night-bus", wait_until="networkidle")
        expect(page.locator("[data-in-app]")).to_be_hidden()
