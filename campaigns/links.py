"""Links that artists paste: the release's own at Spotify, and where else to listen.

The message of a ValidationError tells the artist what to give instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext, gettext_lazy

MOST_LINKS: Final = 8
LONGEST_LINK: Final = 300


class OtherLink(NamedTuple):
    name: str
    url: str


_check_address: Final = URLValidator(schemes=["https"])
_AMAZON_ENDINGS: Final = (
    *("ca", "co.jp", "co.uk", "com", "com.au", "com.br", "com.mx", "de", "es", "fr", "in", "it"),
)
# Their subdomains belong to the same service.
_SERVICES: Final = {
    "audiomack.com": "Audiomack",
    "bandcamp.com": "Bandcamp",
    "deezer.com": "Deezer",
    "instagram.com": "Instagram",
    "itunes.apple.com": "Apple Music",
    "music.apple.com": "Apple Music",
    "music.youtube.com": "YouTube Music",
    "qobuz.com": "Qobuz",
    "soundcloud.com": "SoundCloud",
    "tidal.com": "TIDAL",
    "tiktok.com": "TikTok",
    "youtu.be": "YouTube",
    "youtube.com": "YouTube",
    **{f"music.amazon.{ending}": "Amazon Music" for ending in _AMAZON_ENDINGS},
}


def parse_links(text: str) -> list[str]:
    """The links of a text with one on each line. Raises ValidationError, which names every line
    that is wrong.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST_LINKS:
        text = gettext("You entered %(given)d links; the page can show %(most)d.")
        raise ValidationError(text % {"given": len(lines), "most": MOST_LINKS})
    links: list[str] = []
    errors: list[str] = []
    for number, line in lines:
        try:
            link = _parse(line)
            if link in links:
                raise ValidationError(gettext("this link is already listed."))
            links.append(link)
        except ValidationError as error:
            text = gettext("Line %(number)d: %(wrong)s")
            errors.append(text % {"number": number, "wrong": error.message})
    if errors:
        raise ValidationError(errors)
    return links


def _parse(line: str) -> str:
    """One link, in ASCII: what is not is percent-encoded, quotes and angle brackets too. A host
    with letters beyond a to z, which can look like another host, is no address then.
    """
    if len(line.split()) > 1:
        raise ValidationError(gettext("enter one address per line, without spaces."))
    link = iri_to_uri(line.strip())
    if not link.lower().startswith("https://"):
        raise ValidationError(gettext("links must start with https://."))
    if not _is_address(link):
        raise ValidationError(
            gettext("this isn't a complete address, such as https://music.example/album.")
        )
    parts = urlsplit(link)
    if "@" in parts.netloc:
        raise ValidationError(gettext("leave out the user name and password."))
    link = parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/").geturl()
    if len(link) > LONGEST_LINK:
        text = gettext("the link is longer than %(most)d characters.")
        raise ValidationError(text % {"most": LONGEST_LINK})
    return link


def _is_address(link: str) -> bool:
    try:
        _check_address(link)
    except ValidationError:
        return False
    return True


def named(links: Iterable[str]) -> list[OtherLink]:
    """What to show for each; without those that are no https address."""
    return [OtherLink(_name_of(link), link) for link in links if _is_address(link)]


def _name_of(link: str) -> str:
    """The service's name; for others the host itself."""
    host = urlsplit(link).hostname or ""
    parts = host.split(".")
    suffixes = (".".join(parts[at:]) for at in range(len(parts)))
    service = next((_SERVICES[suffix] for suffix in suffixes if suffix in _SERVICES), "")
    return service or host.removeprefix("www.")


_SPOTIFY_LINK: Final = re.compile(
    r"(?:https?://)?(?:open|play)\.spotify\.com/(?:intl-[a-z-]+/)?(?P<kind>[a-z-]+)/(?P<id>[A-Za-z0-9]+)/?(?:[?#].*)?"
    r"|spotify:(?P<uri_kind>[a-z-]+):(?P<uri_id>[A-Za-z0-9]+)"
)


_WRONG_KIND: Final = {
    "prerelease": gettext_lazy(
        "This is the link of a Countdown Page, which has its own field. No app can save it: enter "
        "the album's link from Spotify for Artists or your distributor, or its UPC."
    ),
    "playlist": gettext_lazy(
        "This is a playlist. A pre-save saves an album, single, EP or track: enter its link, or "
        "its UPC."
    ),
    "artist": gettext_lazy(
        "This is an artist's page. Enter the link of the album or track that comes out, or its UPC."
    ),
}


def parse_release_link(text: str) -> str:
    """The Spotify URI of an album's or track's link or URI. Raises ValidationError."""
    found = _SPOTIFY_LINK.fullmatch(text.strip())
    if not found:
        raise ValidationError(
            gettext(
                "This is not the link of an album or track. It looks like "
                "https://open.spotify.com/album/… (in Spotify: Share, Copy link) or spotify:album:…"
            )
        )
    kind, item_id = found["kind"] or found["uri_kind"], found["id"] or found["uri_id"]
    if kind not in ("album", "track"):
        text = gettext("A %(kind)s can't be pre-saved. Enter an album's or track's link.")
        raise ValidationError(_WRONG_KIND.get(kind, text % {"kind": kind}))
    if len(item_id) != 22:
        raise ValidationError(
            gettext("The id in this link is incomplete: it has 22 letters and digits.")
        )
    return f"spotify:{kind}:{item_id}"


def parse_countdown_link(text: str) -> str:
    """The bare address of a Countdown Page. Raises ValidationError."""
    found = _SPOTIFY_LINK.fullmatch(text.strip())
    if not found or found["kind"] != "prerelease" or len(found["id"]) != 22:
        raise ValidationError(
            gettext(
                "This is not the link of a Countdown Page. It looks like "
                "https://open.spotify.com/prerelease/… (on the page: Share, Copy link)"
            )
        )
    return f"https://open.spotify.com/prerelease/{found['id']}"


def on_spotify(uri: str) -> str:
    """The page of an album or track."""
    kind, item_id = uri.split(":")[1:]
    return f"https://open.spotify.com/{kind}/{item_id}"
