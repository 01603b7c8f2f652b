"""Chromium for the tests: finding it, and the fixtures `browser` and `page`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Chromium without windows, Playwright's own choice where nobody looks, takes half the processor
# time: Debian has it as a package of its own.
HEADLESS_SHELL = "chromium-headless-shell"
NAMES = (
    HEADLESS_SHELL,
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
)
MAC_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# Playwright itself adds --no-sandbox, without which root and many containers cannot run Chromium.
ARGUMENTS = [
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    # Each new context opens a window, whose address bar would start pages of its own: a third of
    # what a short test costs. This list takes the place of Playwright's, so that is in it, too.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,"
    "ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,TcpPortRandomizationWin,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch",
]


class ChromiumNotFoundError(Exception):
    """This machine has no browser for the tests; the message says what to install."""


class DriverBrokenError(Exception):
    """Playwright's own program does not run; the message says what to install."""


def check_driver() -> None:
    """Playwright brings a Node that wants a library which a small system may lack."""
    command = [sys.executable, "-m", "playwright", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DriverBrokenError(
            f"Playwright does not run: {done.stderr.strip()} Install what is missing, mostly "
            "libatomic1 and libstdc++6 (apt-get install) or libatomic (dnf install)."
        )


def find_chromium() -> Path:
    found = [Path(path) for path in map(shutil.which, NAMES) if path]
    for path in [*found, MAC_CHROME]:
        if path.exists() and _runs(path):
            return path
    managed = _managed_by_playwright()
    if managed.exists():
        return managed
    raise ChromiumNotFoundError(
        "The tests need Chromium. Install it: apt-get install chromium (Debian), "
        "dnf install chromium (Fedora), brew install --cask google-chrome (macOS), "
        "or .venv/bin/playwright install chromium."
    )


def _runs(path: Path) -> bool:
    """Ubuntu's chromium-browser is a script that only says which snap to install."""
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


def _managed_by_playwright() -> Path:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: once Playwright runs, its event loop occupies the main thread, and
    no later test could call asyncio.run() there."""
    others: list[pytest.Item] = []
    in_browser: list[pytest.Item] = []
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        (in_browser if item.get_closest_marker("browser") else others).append(item)
    items[:] = [*others, *_long_ones_early(in_browser)]


def _long_ones_early(items: list[pytest.Item]) -> list[pytest.Item]:
    """Spread over the first half, so that no process is left alone with one in the end."""
    long = [item for item in items if any(map(item.get_closest_marker, ("long", "stack")))]
    ordered = [item for item in items if item not in long]
    apart = max(1, len(items) // (2 * max(1, len(long))))
    for number, item in enumerate(long):
        ordered.insert(number * apart, item)
    return ordered


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from django.db import connections
    from playwright.sync_api import expect, sync_playwright

    path = find_chromium()
    # As long as Playwright waits for whatever is clicked. Its own five seconds are few where four
    # processes share two cores, and who sees what is expected waits no longer.
    expect.set_options(timeout=30_000)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop makes Django take every call in this thread for one from a coroutine.
        # It is not: a test never awaits, so its database calls are as safe as without Playwright.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()
        # Under a running loop Django opens connections of its own, which only code here can close.
        connections.close_all()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab in a profile of its own: no cookie survives the test."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
