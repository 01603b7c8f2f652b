"""What an artist may write is shown as it is on every fan page, even with the policy off: nothing
runs, and nothing breaks the layout.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from campaigns.models import Campaign, CampaignState, PauseReason, PreSaveState
from tests import scenes
from tests.accessibility import widest
from tests.factory import (
    make_artist_page,
    make_campaign,
    make_label,
    make_local_campaign,
    make_presave,
)

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = {
    "markup": '"><script>window.ran=1</script><img src=x onerror="window.ran=1">',
    "attribute": "' onmouseover='window.ran=1' autofocus onfocus='window.ran=1' x='",
    "template": "{{ 7|add:7 }}{% load x %}</title><svg onload=window.ran=1>",
    "bidi": "\u202e\u2066gnp.exe\u2067\u202d\u200f\u061c end",
    "zalgo": "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d" * 37,
    "long word": "W" * 300,
    "long words": "Never gonna " * 25,
    "arabic": "ليلة الحافلة الأخيرة " * 15,
    "emoji": "👩‍👩‍👧‍👦" * 30,
}


TOUCH_EVERYTHING = """
  for (const element of document.querySelectorAll("body *"))
    for (const event of ["mouseover", "focus"]) element.dispatchEvent(new Event(event));
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_do_nothing(
    browser: Browser, site: str, settings: Settings, tmp_path: Path, name: str
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    text = HOSTILE[name][:300]
    paths = set_up(text)
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for path in paths:
        page.goto(site + path)
        page.evaluate(TOUCH_EVERYTHING)
        assert page.evaluate("window.ran") is None, path
        assert widest(page, 320, "100%") <= 320, path
        assert "14" not in page.title(), path
        footer = page.get_by_role("contentinfo").evaluate("it => getComputedStyle(it).direction")
        assert footer == "ltr", path
    context.close()


def test_the_longest_title_leaves_the_button_on_the_first_screen(
    browser: Browser, site: str, settings: Settings, tmp_path: Path
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    cover = scenes.store_cover(scenes.small_picture(400))
    make_campaign(slug="long", title=("Night Bus " * 30)[:300], **cover)
    page = browser.new_page(base_url=site, viewport={"width": 390, "height": 844})
    page.goto("/long")
    expect(page.get_by_role("link", name="Pre-save on Spotify")).to_be_in_viewport(ratio=1)
    page.context.close()


LONG = ("Night Bus " * 30)[:300]


@pytest.mark.parametrize(("title", "artist"), [("Night Bus", LONG), (LONG, "Demo"), (LONG, LONG)])
@pytest.mark.parametrize("path", ["/long", "/long/go"])
def test_a_long_artist_is_set_smaller_and_never_larger_than_the_title(
    title: str, artist: str, path: str, browser: Browser, site: str
) -> None:
    make_campaign(slug="long", title=title, artist=artist)
    page = browser.new_page(base_url=site, viewport={"width": 390, "height": 844})
    page.goto(path)
    sizes = [
        page.locator(f"main {what}").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        for what in ("h1", "p.artist")
    ]
    assert sizes[1] < sizes[0]
    assert (sizes[1] <= 16) is (len(artist) > 120 or len(title) > 120)
    page.context.close()


def set_up(text: str) -> list[str]:
    links = ["https://example.com/" + "x" * 200, "https://example.com/%22%3E%3Cscript%3E"]
    fields = {
        **scenes.store_cover(scenes.small_picture(400)),
        "title": text,
        "artist": text,
        "links_before": links,
        "links": links,
        "countdown_url": "https://open.spotify.com/prerelease/4aawyAB9vmqN3uQ7FjRGTy",
        "artwork_alt": text[:200],
    }
    label = make_label(name=text[:100])
    make_artist_page(label, name=text, handle="artist")
    night_bus = make_campaign(slug="open", label=label, **fields)
    make_campaign(slug="bare", title=text, artist=text, label=label)
    make_local_campaign(slug="local", **fields)
    out: Campaign = make_campaign(slug="out", state=CampaignState.FINISHED, label=label, **fields)
    make_campaign(slug="paused", paused_reason=PauseReason.KEY_MISSING, **fields)
    make_campaign(slug="releasing", state=CampaignState.RELEASING, **fields)
    make_campaign(slug="cancelled", state=CampaignState.CANCELLED, **fields)
    make_presave(night_bus, receipt="waiting")
    make_presave(out, receipt="saved", state=PreSaveState.SAVED)
    make_presave(out, receipt="failed", state=PreSaveState.FAILED)
    pages = ["/open", "/bare", "/local", "/paused", "/releasing", "/out", "/cancelled", "/open/go"]
    pages.append("/@artist")
    return [*pages, *(f"/receipt/{receipt}" for receipt in ("waiting", "saved", "failed"))]
