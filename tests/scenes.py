"""Every page and state that a fan can meet, as rows: for the tests of all pages, and for the
pictures of `make screenshots`.
"""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any, Final

from django.utils import timezone
from PIL import Image

from campaigns.artwork import decoding, files
from campaigns.artwork.cropping import CENTRE, to_square
from campaigns.consent import oauth_state
from campaigns.models import (
    Accent,
    Campaign,
    CampaignState,
    PauseReason,
    PreSaveState,
    Reason,
    midnights,
)
from demo.cover import draw_cover
from tests.factory import (
    make_artist_page,
    make_campaign,
    make_label,
    make_local_campaign,
    make_presave,
)

ALT: Final = "A sun of five rings over a dark horizon"
LINKS: Final = [
    "https://music.apple.com/album/first-light/1700000000",
    "https://www.deezer.com/album/500000000",
    "https://tidal.com/album/300000000",
    "https://demoartist.bandcamp.com/album/first-light",
    "https://shop.example.com/first-light",
]
COUNTDOWN: Final = "https://open.spotify.com/prerelease/0a1b2c3d4e5f6a7b8c9d0e"
NOTE: Final = "Five songs, recorded in one night with all the windows open. Play it at sunrise."
THANKS: Final = "Thank you for waiting with us. The next one is half written."
LONG: Final = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 2

LANDINGS: Final = {
    "landing": "/first-light",
    "landing-local-midnights": "/everywhere",
    "landing-without-artwork": "/plain",
    "landing-with-links": "/with-links",
    "landing-last-hour": "/last-hour",
    "landing-long-names": "/long",
    "landing-not-open-yet": "/opening",
    "landing-paused": "/paused",
    "landing-due": "/due",
    "landing-releasing": "/releasing",
    "landing-releasing-local-midnights": "/under-way",
    "landing-held-up": "/held-up",
    "landing-out-now": "/out",
    "landing-out-now-with-links": "/out-with-links",
    "landing-missed": "/missed",
    "landing-cancelled": "/cancelled",
}
RECEIPTS: Final = {
    "receipt-waiting": "/receipt/waiting",
    "receipt-without-zone": "/receipt/without-zone",
    "receipt-at-it": "/receipt/at-it",
    "receipt-sent": "/receipt/sent",
    "receipt-asked-again": "/receipt/asked-again",
    "receipt-saved": "/receipt/saved",
    "receipt-saved-with-links": "/receipt/saved-with-links",
    **{
        f"receipt-{reason.value.replace('_', '-')}": f"/receipt/{reason.value}"
        for reason in Reason
        if reason
    },
    "receipt-by-fan-after-sent": "/receipt/by-fan-after-sent",
    "receipt-hard-stop-after-sent": "/receipt/hard-stop-after-sent",
    "receipt-none": "/receipt/nobody-has-this-one",
}
OTHERS: Final = {
    "confirm": "/first-light/go",
    "confirm-local-midnights": "/everywhere/go",
    "confirm-release-changed": "/first-light/go?seen=another",
    "refused-browser-changed": f"/callback?code=x&state={oauth_state.new('first-light')}",
    "refused-made-up": "/callback?code=x&state=made-up",
    "refused-closed": "/cancelled/go",
    "artist": "/@demo-artist",
    "artist-nothing-announced": "/@night-desk",
    "privacy": "/privacy",
    "terms": "/terms",
    "transparency": "/transparency",
    "check": "/check",
    "home": "/",
    "not-found": "/nobody-knows",
}
ALL: Final = {**LANDINGS, **RECEIPTS, **OTHERS}

_ENDED_BY: Final = {
    Reason.BY_FAN: PreSaveState.CANCELLED,
    Reason.CAMPAIGN_CANCELLED: PreSaveState.CANCELLED,
    Reason.PERMISSION_AGE: PreSaveState.EXPIRED,
    Reason.HARD_STOP: PreSaveState.EXPIRED,
}


def set_up(picture: bytes | None = None) -> None:
    """One row or more for each page; `picture` is the artwork, else the demo's own is drawn."""
    cover = store_cover(picture or draw_cover())
    fields: dict[str, Any] = {"title": "First Light", "artist": "Demo Artist", **cover}
    midnight = (timezone.now() + timedelta(days=9)).replace(hour=23, minute=0, second=0)
    first = make_campaign(slug="first-light", release_at=midnight, **fields)
    make_campaign(slug="plain", title="Night Bus")
    make_campaign(slug="long", title=LONG, artist=LONG)
    before: dict[str, Any] = {"links_before": LINKS, "countdown_url": COUNTDOWN}
    before |= {"note": NOTE, "thanks": THANKS}
    make_campaign(slug="with-links", release_at=midnight, **before, **fields)
    make_campaign(slug="last-hour", release_at=timezone.now() + timedelta(minutes=50), **fields)
    make_campaign(slug="opening", public_key=None, **fields)
    make_campaign(slug="paused", paused_reason=PauseReason.KEY_MISSING, **fields)
    make_campaign(slug="due", release_at=timezone.now(), **fields)
    _set_up_releases(fields)
    _set_up_artists(fields)
    _set_up_receipts(first, fields)


def store_cover(picture: bytes) -> dict[str, Any]:
    stored = files.write(to_square(decoding.prepare(BytesIO(picture)), CENTRE))
    return {
        "artwork": stored.name,
        "artwork_width": stored.width,
        "artwork_height": stored.height,
        "artwork_weights": stored.weights,
        "artwork_accent": stored.accent,
        "artwork_ground": stored.ground,
        "artwork_alt": ALT,
    }


def small_picture(size: int = 640) -> bytes:
    """Quick to encode, for tests that look at something else."""
    file = BytesIO()
    Image.radial_gradient("L").resize((size, size)).save(file, "PNG")
    return file.getvalue()


def _set_up_releases(fields: dict[str, Any]) -> None:
    releasing, finished = CampaignState.RELEASING, CampaignState.FINISHED
    make_local_campaign(slug="everywhere", **fields)
    begun = midnights.first_midnight(timezone.now().date())
    make_local_campaign(slug="under-way", state=releasing, release_at=begun, **fields)
    make_campaign(slug="releasing", state=releasing, **fields)
    refused = PauseReason.RELEASE_REFUSED
    make_campaign(slug="held-up", state=releasing, paused_reason=refused, **fields)
    make_campaign(slug="out", state=finished, **fields)
    make_campaign(
        slug="out-with-links", state=finished, links=LINKS, note=NOTE, thanks=THANKS, **fields
    )
    make_campaign(slug="missed", state=finished, confirmed_uri="", **fields)
    make_campaign(slug="cancelled", state=CampaignState.CANCELLED, **fields)


def _set_up_artists(fields: dict[str, Any]) -> None:
    label, now, finished = make_label(), timezone.now(), CampaignState.FINISHED
    make_artist_page(label)
    make_artist_page(label, name="Night Desk")
    day = (now + timedelta(days=30)).date()
    make_local_campaign(day, label=label, **fields | {"title": "Paper Planes"})
    guest = "Demo Artist feat. Night Desk"
    make_campaign(label=label, title="Slow Tide", artist=guest, accent=Accent.BLUE)
    for number, title in enumerate(("Last Stop", "Ferry", "Glass Hour")):
        released: dict[str, Any] = {"state": finished, "title": title, "label": label}
        released["release_at"] = now - timedelta(days=70 * (number + 1))
        make_campaign(**(fields if number % 2 == 0 else {}) | released)
    make_campaign(label=label, state=CampaignState.CANCELLED)


def _set_up_receipts(first: Campaign, fields: dict[str, Any]) -> None:
    now = timezone.now()
    make_presave(first, receipt="waiting")
    make_presave(first, receipt="at-it", due_at=now)
    refused: dict[str, Any] = {"refused_at": now, "reason": Reason.REVOKED}
    make_presave(first, receipt="asked-again", due_at=now, **refused)
    everywhere = Campaign.objects.get(slug="everywhere")
    make_presave(everywhere, receipt="without-zone", due_at=everywhere.everywhere_at)
    out = Campaign.objects.get(slug="out")
    saved_at = out.release_at + timedelta(seconds=4)
    saved: dict[str, Any] = {"sent_at": saved_at, "settled_at": saved_at + timedelta(seconds=12)}
    make_presave(out, receipt="saved", state=PreSaveState.SAVED, **saved)
    with_links = Campaign.objects.get(slug="out-with-links")
    make_presave(with_links, receipt="saved-with-links", state=PreSaveState.SAVED, **saved)
    releasing = Campaign.objects.get(slug="releasing")
    make_presave(releasing, receipt="sent", sent_at=releasing.release_at + timedelta(seconds=4))
    for reason in (Reason.BY_FAN, Reason.HARD_STOP):
        receipt, state = f"{reason.value.replace('_', '-')}-after-sent", _ENDED_BY[reason]
        make_presave(out, receipt=receipt, state=state, reason=reason, sent_at=saved_at)
    for reason in Reason:
        if reason:
            state = _ENDED_BY.get(reason, PreSaveState.FAILED)
            make_presave(out, receipt=reason.value, state=state, reason=reason)
