"""What no address alone shows: another app's browser, a second visit, each refusal, a page that
breaks. For the tests of all pages, and for the pictures of `make screenshots`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Never

from django.core.cache import caches
from django.db import OperationalError
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Route, expect

from campaigns.clock import database_now
from campaigns.consent import completing, cookie, oauth_state, receipts, starting
from campaigns.consent.refusal import ConsentError, Refusal
from campaigns.fan.refusal_pages import PAGES
from campaigns.gate import closing
from campaigns.models import Campaign, ErrorReason, Gate, GateName
from campaigns.planning import previewing
from campaigns.spotify.answers import SpotifyError
from presave_check.examples import SONY
from tests import scenes
from tests.consent_addresses import OURS

if TYPE_CHECKING:
    import pytest
    from pytest_django import Settings

NewContext = Callable[[str | None], BrowserContext]
INSTAGRAM: Final = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Instagram 330.0"
)


def each(
    new_context: NewContext, site: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Page]]:
    """The name of each such state, and a page that shows it. `new_context` makes a browser that
    was never here, with a User-Agent of its own where one is given.
    """
    yield from _in_development_mode(new_context, site, settings)
    yield from _without_app(new_context, site, settings)
    yield from _without_spotify(new_context, site)
    yield from _in_another_app(new_context, site)
    yield from _return_visit(new_context, site)
    yield from _in_line(new_context, site)
    yield from _second_return(new_context, site)
    yield from _refusals(new_context, site, monkeypatch)
    yield from _broken_pages(new_context, site, monkeypatch)
    yield from _checked(new_context, site)
    yield from _previewed(new_context, site)


def _in_development_mode(
    new_context: NewContext, site: str, settings: Settings
) -> Iterator[tuple[str, Page]]:
    with new_context(None) as context:
        page = context.new_page()
        settings.SPOTIFY_APP_MODE = "development"
        caches["pages"].clear()
        page.goto(site + scenes.LANDINGS["landing-with-links"])
        settings.SPOTIFY_APP_MODE = "extended"
        caches["pages"].clear()
        expect(page.get_by_role("heading", name="For invited testers")).to_be_visible()
        yield "landing-development-mode", page


def _without_app(
    new_context: NewContext, site: str, settings: Settings
) -> Iterator[tuple[str, Page]]:
    client_id, settings.SPOTIFY_CLIENT_ID = settings.SPOTIFY_CLIENT_ID, ""
    paths = {
        "landing": scenes.LANDINGS["landing-with-links"],
        "landing-out-now": scenes.LANDINGS["landing-out-now-with-links"],
        "privacy": "/privacy",
    }
    for name, path in paths.items():
        with new_context(None) as context:
            page = context.new_page()
            caches["pages"].clear()
            page.goto(site + path)
            yield f"{name}-without-app", page
    settings.SPOTIFY_CLIENT_ID = client_id
    caches["pages"].clear()


def _without_spotify(new_context: NewContext, site: str) -> Iterator[tuple[str, Page]]:
    with new_context(None) as context:
        page = context.new_page()
        closing.close_for_outage(GateName.ACCOUNTS, database_now())
        caches["pages"].clear()
        page.goto(site + scenes.LANDINGS["landing"])
        Gate.objects.update(blocked_until=None)
        caches["pages"].clear()
        expect(page.get_by_text("Spotify is not taking pre-saves right now.")).to_be_visible()
        yield "landing-spotify-away", page


def _in_another_app(new_context: NewContext, site: str) -> Iterator[tuple[str, Page]]:
    with new_context(INSTAGRAM) as context:
        page = context.new_page()
        for name in ("landing", "refused-browser-changed"):
            page.goto(site + scenes.ALL[name])
            expect(page.locator("[data-in-app]")).to_be_visible()
            yield f"{name}-in-app", page


def _return_visit(new_context: NewContext, site: str) -> Iterator[tuple[str, Page]]:
    with new_context(None) as context:
        page = context.new_page()
        kept = receipts.remembering({}, "first-light", "waiting")
        context.add_cookies([{"name": "receipts", "value": kept, "url": site}])
        # The receipt's script tells the landing page's that there is something to ask for.
        page.goto(site + scenes.RECEIPTS["receipt-waiting"])
        page.goto(site + scenes.LANDINGS["landing"])
        expect(page.get_by_role("link", name="See your receipt")).to_be_visible()
        yield "landing-you-are-in", page


def _in_line(new_context: NewContext, site: str) -> Iterator[tuple[str, Page]]:
    """While Spotify wants the app to wait. The page is shown without what makes it refresh."""
    now = timezone.now()
    pending = starting.start_authorization(Campaign.objects.get(slug="first-light"), now)
    pending = replace(pending, at=pending.at - 5)
    ban = SpotifyError(ErrorReason.RATE_LIMITED, half=GateName.ACCOUNTS, retry_after=180.0)
    closing.close(ban, database_now())
    with new_context(None) as context:
        context.add_cookies([{"name": "presave", "value": cookie.sealed(pending), "url": site}])
        page = context.new_page()
        page.route("**/callback?*", _stand_still)
        page.goto(f"{site}/callback?code=x&state={pending.state}")
        Gate.objects.all().delete()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your turn is coming")
        yield "in-line", page


def _second_return(new_context: NewContext, site: str) -> Iterator[tuple[str, Page]]:
    """While the first may be at Spotify. The page is shown without what makes it refresh."""
    now, campaign = timezone.now(), Campaign.objects.get(slug="first-light")
    pending = starting.start_authorization(campaign, now)
    oauth_state.spend(pending.state, now)

    with new_context(None) as context:
        context.add_cookies([{"name": "presave", "value": cookie.sealed(pending), "url": site}])
        page = context.new_page()
        page.route("**/receipt/*", _stand_still)
        page.goto(f"{site}/receipt/{pending.token.reveal()}")
        expect(page.get_by_role("heading", level=1)).to_have_text("One moment")
        yield "receipt-one-moment", page


def _stand_still(route: Route) -> None:
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "refresh"}
    route.fulfill(response=answer, headers=headers)


def _refusals(
    new_context: NewContext, site: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Page]]:
    with new_context(None) as context:
        page = context.new_page()
        for refusal in Refusal:
            _return_in_vain(page, site, monkeypatch, ConsentError(refusal, "first-light"))
            expect(page.get_by_role("heading", level=1)).to_have_text(str(PAGES[refusal].title))
            yield f"refused-{refusal.value}", page


def _broken_pages(
    new_context: NewContext, site: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Page]]:
    with new_context(None) as context:
        page = context.new_page()
        for name, error, title in (
            ("broken", RuntimeError(), "Something broke"),
            ("no-database", OperationalError(), "We can't reach our database"),
        ):
            _return_in_vain(page, site, monkeypatch, error)
            expect(page.get_by_role("heading", level=1)).to_contain_text(title)
            yield name, page


def _return_in_vain(
    page: Page, site: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> Never:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(completing, "complete_authorization", fail)
        page.goto(f"{site}/callback?code=x&state=first-light..x")


def _checked(new_context: NewContext, site: str) -> Iterator[tuple[str, Page]]:
    with new_context(None) as context:
        page = context.new_page()
        page.goto(f"{site}/check")
        for name, address in {"minimal": OURS, "too-much": SONY.address}.items():
            check(page, address)
            expect(page.locator("[data-result]")).to_be_visible()
            yield f"check-{name}", page


def check(page: Page, text: str) -> None:
    """Have the checker read it."""
    page.get_by_label("Address of the page").fill(text)
    page.get_by_role("button", name="Check link").click()


def _previewed(new_context: NewContext, site: str) -> Iterator[tuple[str, Page]]:
    campaign = Campaign.objects.get(slug="with-links")
    previewing.make_link(campaign, timezone.now())
    with new_context(None) as context:
        page = context.new_page()
        page.goto(f"{site}/preview/{previewing.token_of(campaign)}")
        yield "preview", page
