"""`make screenshots`: the README's pictures, taken of the running service with the sandbox."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from playwright.sync_api import sync_playwright

from demo import fans
from demo.environment import prepare
from embedded.processes import free_port
from embedded.stack import Sandbox, Stack
from embedded.valkey import Valkey
from tests.browser import ARGUMENTS, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

    from demo.night import Night

PICTURES: Final = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 900}
FANS: Final = 24
Scheme = Literal["light", "dark"]


def main() -> None:
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with ExitStack() as closing:
        directory = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        web_port, sandbox_port = free_port(), free_port()
        prepare(directory, web_port, closing.enter_context(Valkey()).url, sandbox_port)
        sandbox = closing.enter_context(
            Sandbox(
                directory,
                sandbox_port,
                os.environ["SPOTIFY_CLIENT_ID"],
                os.environ["SPOTIFY_CLIENT_SECRET"],
            )
        )
        from demo import night

        night.make_tables()
        stack = closing.enter_context(Stack(directory, os.environ, web_port))
        landing, receipt, password = stage(night.Night(sandbox.url, stack.check_alive))
        playwright = closing.enter_context(sync_playwright())
        sandboxing = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=[*ARGUMENTS, *sandboxing]
        )
        take_fan_pictures(browser, landing, receipt)
        take_dashboard_pictures(browser, landing, night.EMAIL, password)
        browser.close()
    print(f"Took {len(list(PICTURES.iterdir()))} pictures into {PICTURES}.")


def stage(release: Night) -> tuple[str, str, str]:
    """A campaign with some fans; the answer is its landing page, a receipt and the password."""
    from django.utils import timezone

    from campaigns import publishing
    from campaigns.models import User
    from demo import night

    night.control(release.sandbox_url, "users", {"count": FANS})
    artist = User.objects.create_user(night.EMAIL, None)
    label = publishing.create_label(artist, "Demo Label")
    midnight = (timezone.now() + timedelta(days=12)).replace(hour=0, minute=0, second=0)
    night.make_campaign(release, label, "second-light", night.LATER_ALBUM_ID, midnight)
    campaign = night.make_campaign(
        release, label, "first-light", night.ALBUM_ID, midnight - timedelta(days=7)
    )
    landing = night.landing_url(campaign)
    accounts = [f"fan-{number}" for number in range(1, FANS + 1)]
    receipts = fans.pre_save_all(landing, accounts, lambda done: None)
    return landing, receipts[0], night.set_password().password


def take_fan_pictures(browser: Browser, landing: str, receipt: str) -> None:
    for name, url in (("landing", landing), ("receipt", receipt)):
        take(browser, url, f"{name}-phone", PHONE, "light")
        take(browser, url, f"{name}-phone-dark", PHONE, "dark")
        take(browser, url, f"{name}-desktop", DESKTOP, "light")


def take_dashboard_pictures(browser: Browser, landing: str, email: str, password: str) -> None:
    origin, _, slug = landing.rpartition("/")
    context = browser.new_context(viewport=DESKTOP, color_scheme="light")
    page = context.new_page()
    page.goto(f"{origin}/dashboard")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/dashboard")
    save(page, "dashboard-list-desktop")
    page.goto(f"{origin}/dashboard/campaigns/{slug}")
    save(page, "dashboard-desktop")
    page.goto(f"{origin}/dashboard/new")
    save(page, "campaign-form-desktop")
    context.close()


def take(browser: Browser, url: str, name: str, size: ViewportSize, scheme: Scheme) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=1.5)
    page = context.new_page()
    page.goto(url)
    save(page, name)
    context.close()


def save(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


if __name__ == "__main__":
    main()
