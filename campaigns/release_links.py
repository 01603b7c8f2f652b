"""What artists paste: the link or URI of an album or track."""

from __future__ import annotations

import re
from typing import Final


class ReleaseLinkError(ValueError):
    """The text is not the address of an album or track.

    The message tells the artist what to give instead.
    """


_LINK: Final = re.compile(
    r"(?:https?://)?(?:open|play)\.spotify\.com/(?:intl-[a-z-]+/)?(?P<kind>[a-z-]+)/(?P<id>[A-Za-z0-9]+)/?(?:[?#].*)?"
    r"|spotify:(?P<uri_kind>[a-z-]+):(?P<uri_id>[A-Za-z0-9]+)"
)
_WRONG_KIND: Final = {
    "prerelease": "This is the link of a Countdown Page, which has a field of its own. It has "
    "another id than the album and cannot be saved by an app: give the album's own link from "
    "Spotify for Artists or your distributor, or its UPC.",
    "playlist": "This is a playlist. A pre-save saves an album, single, EP or track: give its "
    "link, or its UPC.",
    "artist": "This is an artist's page. Give the link of the album or track that comes out, or "
    "its UPC.",
}


def parse_release_link(text: str) -> str:
    """The Spotify URI of an album's or track's link or URI. Raises ReleaseLinkError."""
    found = _LINK.fullmatch(text.strip())
    if not found:
        raise ReleaseLinkError(
            "This is not the link of an album or track. It looks like "
            "https://open.spotify.com/album/… (in Spotify: Share, Copy link) or spotify:album:…"
        )
    kind, item_id = found["kind"] or found["uri_kind"], found["id"] or found["uri_id"]
    if kind not in ("album", "track"):
        raise ReleaseLinkError(
            _WRONG_KIND.get(kind, f"A {kind} cannot be pre-saved. Give an album's or track's link.")
        )
    if len(item_id) != 22:
        raise ReleaseLinkError("The id in this link is incomplete: it has 22 letters and digits.")
    return f"spotify:{kind}:{item_id}"


def parse_countdown_link(text: str) -> str:
    """The bare address of a Countdown Page. Raises ReleaseLinkError."""
    found = _LINK.fullmatch(text.strip())
    if not found or found["kind"] != "prerelease" or len(found["id"]) != 22:
        raise ReleaseLinkError(
            "This is not the link of a Countdown Page. It looks like "
            "https://open.spotify.com/prerelease/… (on the page: Share, Copy link)"
        )
    return f"https://open.spotify.com/prerelease/{found['id']}"
