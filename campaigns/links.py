"""Links that artists paste: the release's own at Spotify, and where else to listen.

The message of a ValidationError tells the artist what to give instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import idna
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from campaigns.pasted import MORE_THAN_ONE, typed, visible_text

MOST_LINKS: Final = 8
LONGEST_LINK: Final = 300


class _Kind(NamedTuple):
    """What a fan does there: before the release, and once it is out. Nothing is said of others."""

    before: str | Promise = ""
    after: str | Promise = ""


class _Service(NamedTuple):
    name: str
    # Its drawing in services.svg, by the class in links.css.
    mark: str
    kind: _Kind


class OtherLink(NamedTuple):
    name: str
    url: str
    mark: str
    to_do: str


_check_address: Final = URLValidator(schemes=["https"])
_AMAZON_ENDINGS: Final = (
    *("ca", "co.jp", "co.uk", "com", "com.au", "com.be", "com.br", "com.mx", "com.tr", "de", "es"),
    *("fr", "in", "it", "nl", "pl", "se"),
)
# In a link that starts as it has to.
_HOST: Final = re.compile(r"(?<=^https://)[^/?#:@\[\]\\]+", re.IGNORECASE)
_OF_ONE_NETWORK: Final = (".localhost", ".local", ".internal")
# What stands around a link and is not its own: quotes, stops, what joins letters, brackets.
_WRAPPERS: Final = (
    "\"'`<>\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"
    ".,;:!?\u2026\u3001\u3002\u034f\u200c\u200d\ufe0e\ufe0f([{"
)
_BRACKETS: Final = {")": "(", "]": "[", "}": "{"}
# "Album:https://…", "[Album](https://…", and text of a script that sets no spaces.
_BEFORE_A_LINK: Final = re.compile(
    r"^(?:[^!-~]+|\w+(?:[:=\uff1a]|\]\())(?=https?://)", re.IGNORECASE
)
_STREAMS: Final = _Kind(after=gettext_lazy("Listen now"))
_ADDS: Final = _STREAMS._replace(before=gettext_lazy("Pre-add"))
_LISTENS_AND_SELLS: Final = _STREAMS._replace(before=gettext_lazy("Pre-order"))
_SELLS: Final = _LISTENS_AND_SELLS._replace(after=gettext_lazy("Buy now"))
_SHOWS: Final = _Kind(gettext_lazy("Watch"), gettext_lazy("Watch"))
_SHOP: Final = _Service("", "bag", _SELLS)
_OTHER: Final = _Service("", "globe", _Kind())
# Their subdomains belong to the same service. One without a name is called by its host.
_SERVICES: Final = {
    "audiomack.com": _Service("Audiomack", "microphone", _STREAMS),
    "bandcamp.com": _Service("Bandcamp", "record", _LISTENS_AND_SELLS),
    "bigcartel.com": _SHOP,
    "deezer.com": _Service("Deezer", "bars", _STREAMS),
    "instagram.com": _Service("Instagram", "camera", _Kind()),
    "itunes.apple.com": _Service("iTunes", "ring", _SELLS),
    "music.apple.com": _Service("Apple Music", "notes", _ADDS),
    "music.youtube.com": _Service("YouTube Music", "play", _STREAMS),
    "myshopify.com": _SHOP,
    "qobuz.com": _Service("Qobuz", "speaker", _LISTENS_AND_SELLS),
    "soundcloud.com": _Service("SoundCloud", "sound", _STREAMS),
    "spotify.com": _Service("Spotify", "globe", _STREAMS),
    "spotify.link": _Service("Spotify", "globe", _STREAMS),
    "tidal.com": _Service("TIDAL", "waves", _STREAMS),
    "tiktok.com": _Service("TikTok", "phone", _Kind()),
    "vimeo.com": _Service("Vimeo", "video", _SHOWS),
    "youtu.be": _Service("YouTube", "video", _SHOWS),
    "youtube.com": _Service("YouTube", "video", _SHOWS),
    "amzn.to": _Service("Amazon", "parcel", _SELLS),
    **{f"amazon.{ending}": _Service("Amazon", "parcel", _SELLS) for ending in _AMAZON_ENDINGS},
    **{
        f"music.amazon.{ending}": _Service("Amazon Music", "headphones", _STREAMS)
        for ending in _AMAZON_ENDINGS
    },
}
_SHOP_HOSTS: Final = ("shop", "store", "merch")
# In the address of an album, the iTunes Store instead of Apple Music.
_OF_ITUNES: Final = ("app", "itunes")


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
    """The one link of a line, in ASCII: what is not is percent-encoded, quotes and angle brackets
    too. A host with letters beyond a to z, which can look like another host, is written as DNS has
    it.
    """
    link = iri_to_uri(_HOST.sub(_host_in_ascii, _one_word(line)))
    if not link.lower().startswith("https://"):
        raise ValidationError(gettext("links must start with https://."))
    if not _is_address(link):
        raise ValidationError(
            gettext("this isn't a complete address, such as https://music.example/album.")
        )
    parts = urlsplit(link)
    if "@" in parts.netloc:
        raise ValidationError(gettext("leave out the user name and password."))
    if _is_of_one_network(parts.hostname or ""):
        raise ValidationError(
            gettext("only your own network can open this address. Enter one that fans can open.")
        )
    link = parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/").geturl()
    if len(link) > LONGEST_LINK:
        text = gettext("the link is longer than %(most)d characters.")
        raise ValidationError(text % {"most": LONGEST_LINK})
    return link


def _host_in_ascii(found: re.Match[str]) -> str:
    if found[0].isascii():
        return found[0]
    try:
        return idna.encode(found[0], uts46=True).decode()
    except idna.IDNAError:
        return found[0]


def _is_of_one_network(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return f".{host}".endswith(_OF_ONE_NETWORK)


def _one_word(line: str) -> str:
    """The line without what stands around its link: a name before it, quotes, a full stop. What
    follows after a space may be the rest of the address, and is not cut off.
    """
    whole = visible_text(line)
    words = [word for word in map(_unwrapped, whole.split()) if word]
    links = {word for word in words if word.lower().startswith("https://")}
    if len(words) > 1 and links != {words[-1]}:
        raise ValidationError(gettext("enter one address per line, without spaces."))
    link = words[-1] if words else ""
    # Names of bands and songs end so, and alone on its line it ends no sentence.
    return whole if whole.rstrip("!") == link else link


def _unwrapped(word: str) -> str:
    """A bracket at the end belongs to an address that opens it, as …/Title_(album)."""
    if len(word) > 2 * LONGEST_LINK:
        return word
    bare = _BEFORE_A_LINK.sub("", word.strip(_WRAPPERS))
    opens = _BRACKETS.get(bare[-1:])
    while opens and bare.count(bare[-1]) > bare.count(opens):
        bare = bare[:-1].rstrip(_WRAPPERS)
        opens = _BRACKETS.get(bare[-1:])
    return bare


def _is_address(link: str) -> bool:
    try:
        _check_address(link)
    except ValidationError:
        return False
    return True


def named(links: Iterable[str], *, is_out: bool) -> list[OtherLink]:
    """What to show for each; without those that are no https address."""
    return [_named(link, is_out) for link in links if _is_address(link)]


def _named(link: str, is_out: bool) -> OtherLink:
    host = urlsplit(link).hostname or ""
    service = _service_of(link, host)
    to_do = str(service.kind.after if is_out else service.kind.before)
    return OtherLink(service.name or host.removeprefix("www."), link, service.mark, to_do)


def _service_of(link: str, host: str) -> _Service:
    parts = host.split(".")
    suffixes = (".".join(parts[at:]) for at in range(len(parts)))
    service = next((_SERVICES[suffix] for suffix in suffixes if suffix in _SERVICES), None)
    if service and service.mark == "notes" and _OF_ITUNES in parse_qsl(urlsplit(link).query):
        return _SERVICES["itunes.apple.com"]
    return service or (_SHOP if parts[0] in _SHOP_HOSTS else _OTHER)


class _SpotifyItem(NamedTuple):
    kind: str
    id: str


# Its host and kind in any case: phones begin a sentence with a capital. What follows the id is
# encoded (spaces, what nobody sees), asked besides (?si=), or text after a dash.
_SPOTIFY_LINK: Final = re.compile(
    r"(?:(?:https?:)?//)?(?:open|play)\.spotify\.com(?::[0-9]+)?/+(?:(?:intl-[\w-]+|embed)/+)*"
    r"(?P<kind>[a-z-]+)/+(?P<id>[a-z0-9]+)(?:%[0-9a-f]{2})*/*(?:[?#&-].*)?"
    r"|spotify(?::|%3a)(?P<uri_kind>[a-z-]+)(?::|%3a)(?P<uri_id>[a-z0-9]+)(?:[?#&-].*)?",
    re.IGNORECASE,
)
# In the addresses of older embedded players a URI follows.
_PLAYER: Final = re.compile(
    r"^(?:(?:https?:)?//)?(?:embed\.spotify\.com/|open\.spotify\.com/embed/?)\?uri=", re.IGNORECASE
)
# Spotify's own, which lead to a link when they are opened.
_SHORT_LINK: Final = re.compile(
    r"(?:(?:https?:)?//)?(?:[a-z0-9-]+\.)*"
    r"(?:spotify\.link|spotify\.app\.link|spoti\.fi|tospotify\.com)(?:[/?#:].*)?",
    re.IGNORECASE,
)
# Links are ASCII, and these stand around them: "(…)", <…>, src='…', [text](…), <…|text>.
_BETWEEN: Final = re.compile(r"""[^!-~]+|["'<>()\[\]{}|`]+""")
_AROUND: Final = ".,;:!?*_~=-"
_SAVED_KINDS: Final = ("album", "track")
_ID_LENGTH: Final = 22


_WRONG_KIND: Final = {
    "prerelease": gettext_lazy(
        "This is a link to a Countdown Page, which has its own field. No app can save it: enter "
        "the album's link from Spotify for Artists or your distributor, or its UPC."
    ),
    "playlist": gettext_lazy(
        "This is a playlist. A pre-save saves an album, single, EP or track: enter its link, or "
        "its UPC."
    ),
    "artist": gettext_lazy(
        "This is an artist's page. Enter the link to the album or track that's coming out, or "
        "its UPC."
    ),
}


def parse_release_link(text: str) -> str:
    """The Spotify URI of the one album's or track's link or URI in a text. Raises
    ValidationError.
    """
    items = _items_in(text)
    if not items:
        _refuse_short_link(text)
        raise ValidationError(
            gettext(
                "This isn't a link to an album or track. Those look like "
                "https://open.spotify.com/album/… (in Spotify: Share, Copy link) or "
                "spotify:album:…"
            )
        )
    saved = [item for item in items if item.kind in _SAVED_KINDS]
    if len(saved) > 1:
        raise ValidationError(MORE_THAN_ONE)
    kind, item_id = next(iter(saved or items))
    if kind not in _SAVED_KINDS:
        text = gettext("There's no pre-save for “%(kind)s”. Enter an album's or track's link.")
        raise ValidationError(_WRONG_KIND.get(kind, text % {"kind": kind}))
    if len(item_id) != _ID_LENGTH:
        raise ValidationError(
            gettext("The ID in this link is incomplete: it should have 22 letters and digits.")
        )
    return f"spotify:{kind}:{item_id}"


def parse_countdown_link(text: str) -> str:
    """The bare address of the one Countdown Page in a text. Raises ValidationError."""
    pages = [item for item in _items_in(text) if item.kind == "prerelease"]
    if len(pages) > 1:
        raise ValidationError(MORE_THAN_ONE)
    if not pages or len(pages[0].id) != _ID_LENGTH:
        _refuse_short_link(text)
        raise ValidationError(
            gettext(
                "This isn't a link to a Countdown Page. Those look like "
                "https://open.spotify.com/prerelease/… (on the page: Share, Copy link)"
            )
        )
    return f"https://open.spotify.com/prerelease/{pages[0].id}"


def _items_in(text: str) -> list[_SpotifyItem]:
    """What the links and URIs of Spotify in a text lead to, each once. A link within another
    address is none.
    """
    found = filter(None, map(_SPOTIFY_LINK.fullmatch, _words_of(text)))
    items = (
        _SpotifyItem((one["kind"] or one["uri_kind"]).lower(), one["id"] or one["uri_id"])
        for one in found
    )
    return list(dict.fromkeys(items))


def _words_of(text: str) -> list[str]:
    words = (word.strip(_AROUND) for word in _BETWEEN.split(typed(text)))
    return [_PLAYER.sub("", _BEFORE_A_LINK.sub("", word)) for word in words]


def _refuse_short_link(text: str) -> None:
    if any(map(_SHORT_LINK.fullmatch, _words_of(text))):
        raise ValidationError(
            gettext(
                "This is a short link. Open it in a browser, and copy the address that it leads to."
            )
        )


def on_spotify(uri: str) -> str:
    """The page of an album or track."""
    kind, item_id = uri.split(":")[1:]
    return f"https://open.spotify.com/{kind}/{item_id}"
