"""The dashboard's and the account's pages that take a hand or another setting: for
`make screenshots`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import ErrorReason, Gate, Invitation, User
from campaigns.spotify.answers import SpotifyError
from demo.cover import TIDE, draw_cover
from tests.campaigns.accounts.test_second_factor import code_of
from tests.factory import PASSWORD
from tests.forms import in_days
from tests.sandbox_process import ALBUM_URI, Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

LINK = f"https://open.spotify.com/album/{ALBUM_URI.split(':')[2]}"
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Safari/604.1",
)
Seen = Iterator[tuple[str, Page]]


@dataclass(frozen=True)
class Visits:
    # Opens a browser in which this one of the people is logged in; "" is nobody.
    open_page: Callable[..., Page]
    people: dict[str, User]
    spotify: Sandbox
    settings: Settings

    def each(self) -> Seen:
        """The name of each such state, and a page that shows it."""
        yield from self._log_in()
        yield from self._new_campaign()
        yield from self._held_night()
        yield from self._development_mode()
        yield from self._account()
        yield from self._second_step()
        yield from self._without_mail()
        yield from self._print()

    def _log_in(self) -> Seen:
        page = self.open_page("")
        for name, path in {
            "log-in": "/accounts/login/",
            "sign-up-closed": "/accounts/signup/",
            "password-reset": "/accounts/password/reset/",
            "password-reset-sent": "/accounts/password/reset/done/",
            "password-reset-dead-link": "/accounts/password/reset/key/1-dead/",
        }.items():
            page.goto(path)
            yield name, page
        self._log_in_as(page, self.people["artist"], "not it")
        expect(page.locator(".error-summary")).to_be_visible()
        yield "log-in-error", page
        cache.clear()

    def _log_in_as(self, page: Page, user: User, password: str = PASSWORD) -> None:
        page.goto("/accounts/login/")
        page.get_by_label("Email").fill(user.email)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Log in").click()

    def _new_campaign(self) -> Seen:
        self.spotify.add_album(release_date=in_days(20)[:10])
        page = self.open_page("artist")
        page.goto("/dashboard/new")
        yield "form-empty", page
        page.get_by_role("button", name="Save draft").click()
        expect(page.locator(".error-summary")).to_be_visible()
        yield "form-errors", page
        page.goto("/dashboard/new")
        self._fill_in(page)
        yield "form-filled-by-look-up", page
        content: FilePayload = {
            "name": "cover.png",
            "mimeType": "image/png",
            "buffer": _wide_cover(),
        }
        page.locator("[name=artwork]").set_input_files(content)
        expect(page.locator("[data-whole] img")).to_be_visible()
        yield "form-with-cover", page
        page.locator(".advanced summary").first.click()
        page.locator("[value=local_midnight]").check()
        yield "form-unfolded-local-midnight", page
        with page.context.expect_page() as opened:
            page.locator("[data-in-a-tab]").dispatch_event("click")
        yield "preview-of-the-form", opened.value
        page.context.clear_cookies()
        page.get_by_role("button", name="Save draft").click()
        yield "form-log-in-expired", page

    def _fill_in(self, page: Page) -> None:
        link = page.locator("[name=spotify_uri]")
        link.fill(LINK)
        link.press("Tab")
        expect(page.get_by_role("textbox", name="Title")).to_have_value("Night Bus")

    def _held_night(self) -> Seen:
        page = self.open_page("night")
        closing.close(SpotifyError(ErrorReason.RATE_LIMITED, retry_after=60), database_now())
        page.goto("/dashboard/campaigns/running/night")
        Gate.objects.all().delete()
        yield "night-held", page

    def _development_mode(self) -> Seen:
        page = self.open_page("night")
        self.settings.SPOTIFY_APP_MODE = "development"
        page.goto("/dashboard/campaigns/draft")
        yield "checklist-development-mode", page
        page.goto("/dashboard/campaigns/ready")
        yield "overview-development-mode", page
        self.settings.SPOTIFY_APP_MODE = "extended"

    def _account(self) -> Seen:
        """With sessions elsewhere: only who logs in by hand has one that is listed."""
        artist = self.people["artist"]
        for browser in BROWSERS:
            log_in = {"login": artist.email, "password": PASSWORD}
            Client(headers={"user-agent": browser}).post("/accounts/login/", log_in)
        page = self.open_page("")
        self._log_in_as(page, artist)
        page.wait_for_url("**/dashboard")
        for name, path in {
            "account": "/accounts/",
            "account-email": "/accounts/email/",
            "account-password": "/accounts/password/change/",
            "account-second-step": "/accounts/2fa/",
            "account-passkeys": "/accounts/2fa/passkeys/",
            "account-sessions": "/accounts/sessions/",
            "log-out": "/accounts/logout/",
        }.items():
            page.goto(path)
            yield name, page
        page = self.open_page("artist", confirmed=False)
        page.goto("/accounts/2fa/totp/activate/")
        yield "confirm-it-is-you", page

    def _second_step(self) -> Seen:
        page = self.open_page("artist")
        page.goto("/accounts/2fa/totp/activate/")
        yield "account-authenticator", page
        secret = page.locator("p code").inner_text()
        page.get_by_label("Code", exact=True).fill(code_of(secret))
        page.get_by_role("button", name="Turn on").click()
        page.wait_for_url("**/recovery-codes/")
        yield "account-recovery-codes", page
        page.goto("/accounts/2fa/")
        yield "account-second-step-on", page
        guest = self.open_page("")
        self._log_in_as(guest, self.people["artist"])
        guest.wait_for_url("**/2fa/authenticate/")
        yield "log-in-second-step", guest
        Authenticator.objects.all().delete()
        cache.clear()

    def _without_mail(self) -> Seen:
        self.settings.SENDS_EMAIL = False
        page = self.open_page("artist")
        page.goto("/dashboard")
        page.get_by_role("link", name="Demo Label").click()
        page.get_by_role("link", name="Invite someone").click()
        page.get_by_label("Email").fill("colleague@example.com")
        page.get_by_role("button", name="Create link").click()
        page.wait_for_load_state()
        yield "invitation-to-pass-on", page
        Invitation.objects.filter(email="colleague@example.com").delete()
        page.goto("/accounts/password/reset/")
        yield "password-reset-without-mail", page
        self.settings.SENDS_EMAIL = True

    def _print(self) -> Seen:
        page = self.open_page("artist")
        page.emulate_media(media="print")
        page.goto("/dashboard/campaigns/first-light/report")
        yield "report-printed", page


def _wide_cover() -> bytes:
    """One that has to be cropped."""
    square = Image.open(BytesIO(draw_cover(TIDE)))
    content = BytesIO()
    square.crop((0, 150, 1200, 1050)).save(content, "PNG")
    return content.getvalue()
