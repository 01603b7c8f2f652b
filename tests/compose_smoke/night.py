"""An artist logs in and opens a campaign, fans pre-save, it comes out, and the report says so."""

from __future__ import annotations

import re
import ssl
import struct
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urljoin

from tests.compose_smoke.browser import Browser, Page, SmokeError, control

PRESAVE = "https://presave.localhost"
SANDBOX = "http://sandbox.localhost:8765"
EMAIL = "artist@example.com"
PASSWORD = "correct-horse-battery"
SLUG = "smoke-signals"
URI = "spotify:album:smokesignalsxxxxxxxxxx"
FANS = 5
PATIENCE_SECONDS = 180
# Nobody answers Spotify's question at once, and Presave knows that.
READING_SECONDS = 2


def play(invitation: str, trusted: ssl.SSLContext) -> None:
    """Raises SmokeError at the first promise that is not kept."""
    artist = Browser(trusted)
    log_in(artist, invitation)
    print("Logged in.", flush=True)
    release_at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=2)
    create_campaign(artist, release_at)
    put_into_catalogue(release_at)
    page = publish(artist)
    print(f"{page.url} takes pre-saves; the release is at {release_at:%H:%M} UTC.", flush=True)
    for number in range(1, FANS + 1):
        pre_save(Browser(trusted), f"fan-{number}")
    print(f"{FANS} fans have pre-saved.", flush=True)
    report(artist, release_at)


def log_in(artist: Browser, invitation: str) -> None:
    page = artist.get(invitation)
    artist.submit(page, 'name="password1"', {"password1": PASSWORD, "password2": PASSWORD})
    page = artist.get(f"{PRESAVE}/dashboard")
    page = artist.submit(page, 'name="login"', {"login": EMAIL, "password": PASSWORD})
    page.expect(page.url == f"{PRESAVE}/dashboard", "the artist is logged in")


def create_campaign(artist: Browser, release_at: datetime) -> None:
    fields = {
        "title": "Smoke Signals",
        "artist": "Demo Artist",
        "slug": SLUG,
        "spotify_uri": URI,
        "release_mode": "one_instant",
        "release_at": f"{release_at:%Y-%m-%dT%H:%M}",
        "release_zone": "UTC",
        "artwork_alt": "An orange square",
    }
    page = artist.get(f"{PRESAVE}/dashboard/new")
    page = artist.submit(page, 'name="spotify_uri"', fields, cover())
    page.expect(page.url.endswith(f"/campaigns/{SLUG}"), "the campaign is created")


def cover() -> bytes:
    """A PNG of one colour."""
    side = 640
    rows = zlib.compress((b"\0" + b"\xe0\x70\x20" * side) * side)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def put_into_catalogue(release_at: datetime) -> None:
    album = {
        "kind": "album",
        "id": URI.rpartition(":")[2],
        "name": "Smoke Signals",
        "artists": ["Demo Artist"],
        "release_date": f"{release_at:%Y-%m-%d}",
        "available_at": release_at.isoformat(),
    }
    control(f"{SANDBOX}/_sandbox/catalogue", album)


def publish(artist: Browser) -> Page:
    page = artist.get(f"{PRESAVE}/dashboard/campaigns/{SLUG}")
    artist.submit(page, f'/{SLUG}/open"', {})
    until("the page opens", lambda: f"/{SLUG}/go" in artist.get(f"{PRESAVE}/{SLUG}").text)
    return artist.get(f"{PRESAVE}/{SLUG}")


def pre_save(fan: Browser, account: str) -> None:
    """From the landing page by way of Spotify's consent page to the receipt."""
    page = fan.get(f"{PRESAVE}/{SLUG}")
    button = re.search(r'href="([^"]+/go[?"][^"]*)"', page.text)
    page.expect(button, "there is a button to pre-save")
    assert button is not None
    page = fan.get(urljoin(page.url, unescape(button[1])))
    page.expect(page.url.startswith(f"{SANDBOX}/authorize"), "the button leads to the sandbox")
    time.sleep(READING_SECONDS)
    page = fan.submit(page, "decision", {"account": account, "decision": "allow"})
    page.expect("/receipt/" in page.url and page.status == 200, "the fan has a receipt")


def report(artist: Browser, release_at: datetime) -> None:
    """All fans are saved, in the report as in the sandbox's libraries, and nothing is left."""
    address = f"{PRESAVE}/dashboard/campaigns/{SLUG}"
    saved = f"<dt>Saved</dt><dd>{FANS}</dd>"
    until("the report has all saves", lambda: saved in artist.get(f"{address}/report").text)
    destroyed = re.compile(r"Destroyed [^<]* UTC")
    until("the key is destroyed", lambda: destroyed.search(artist.get(address).text) is not None)
    libraries = control(f"{SANDBOX}/_sandbox/libraries")
    at = [library[URI] for library in libraries.values() if URI in library]
    if len(at) != FANS:
        raise SmokeError(f"{len(at)} libraries have the release, not {FANS}.")
    late = max((datetime.fromisoformat(moment) - release_at).total_seconds() for moment in at)
    print(f"{len(at)} of {FANS} libraries have it, the last {late:.1f} s after the release.")
    print(f"The key is destroyed. The report: {address}/report", flush=True)


def until(what: str, is_so: Callable[[], bool]) -> None:
    """Raises SmokeError when it is not so in time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise SmokeError(f"Waited {PATIENCE_SECONDS} s in vain until {what}.")
        time.sleep(1)
