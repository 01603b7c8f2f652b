"""What an address asks for: a pure function of the text that somebody pasted.

campaigns/static/campaigns/check.js does the same, step by step, with the same expressions; a test
holds both against one list of addresses and against thousands made up. So there is no URL parser
here: those of Python and of browsers differ just where somebody would want to hide something.
Where a text could be read in two ways, it counts as asking for more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from presave_check.scopes import NEEDED, SCOPES

# Addresses of consent pages have some hundred characters, with a long state two thousand.
LONGEST: Final = 16_384
# Log-in pages and redirects carry the address in a parameter, which may be in another's.
MOST_LAYERS: Final = 5

_CONSENT: Final = re.compile(
    r"""(?:(?:^|[ \t\n\r"'<(=,;])(?://)?|https?://(?:[^ \t\n\r/?#"'<>\\]*@)?)"""
    r"""accounts\.spotify\.com\.?(?::443)?/(?:[a-z]{2}(?:-[a-z0-9]{2,8})*/)?"""
    r"""(?:oauth2/v2/auth|authorize)/?\?([^\t\n]*)""",
    re.ASCII | re.IGNORECASE,
)
_HOST: Final = re.compile(
    r"""https?://(?:[^ \t\n\r/?#"'<>\\]*@)?([^ \t\n\r/?#:@&"'<>\\]+)""", re.ASCII | re.IGNORECASE
)
_BARE_HOST: Final = re.compile(
    r"""^[ \t\n\r]*(?://)?(?:[^ \t\n\r/?#@]*@)?"""
    r"""((?:[^ \t\n\r/?#:@"'<>\\=,;().]+\.)+(?:[a-z][a-z0-9-]+|[^\x00-\x7f]+|[0-9]+)|localhost)"""
    r"""\.?(?::[0-9]+)?(?![^ \t\n\r/?#,;)"'<>])""",
    re.ASCII | re.IGNORECASE,
)
# What follows the host of Spotify's page that asks, where the host is another's.
_SHAPED: Final = re.compile(
    r"(?::[0-9]*)?/(?:[a-z]{2}(?:-[a-z0-9]{2,8})*/)?(?:oauth2/v2/auth|authorize)/?"
    r"\?[^\t\n]*(?:user|playlist)-[a-z]+-",
    re.ASCII | re.IGNORECASE,
)
_NAMED: Final = re.compile("spotify", re.ASCII | re.IGNORECASE)
_OF_SPOTIFY: Final = re.compile(
    r"\.(?:spotify\.com|spotify\.link|spotify\.app\.link|spoti\.fi|tospotify\.com)\Z"
)
# Also what turns the direction of writing around, with which one host can look like another.
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
# As pages and scripts write the letters of an address that mean something to them.
_ESCAPED: Final = re.compile(
    r"&#x0*([2-7][0-9a-f]);|&#0*(3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6]);"
    r"|\\(?:u00|x)([2-7][0-9a-f])",
    re.ASCII | re.IGNORECASE,
)
# A line that was broken on the way goes on; the next header or answer does not belong to it.
_BROKEN_LINE: Final = re.compile(r"[\r\n]+(?!HTTP/[0-9]|[A-Za-z0-9_-]+:(?![^ \t\r\n]))")
# What a quotation mark or bracket ends, unless more parameters follow on its heels.
_END: Final = re.compile(r"""(?:["<>]|'(?![^ \t\n\r>,;)\]}]))(?![^ \t\n\r"<>]*&[A-Za-z0-9_%]+=)""")
_ENCODED: Final = re.compile(r"%([2-7][0-9A-Fa-f])")
_SEPARATORS: Final = re.compile(r"""[ \t\r\n,;+.*|#'"`()\[\]{}\\]+""")


class Verdict(StrEnum):
    """What the text turned out to be."""

    MINIMAL = "minimal"  # the one that a pre-save needs, and no other
    MORE = "more"  # that one and others
    OTHER = "other"  # others, without it
    NOTHING = "nothing"  # a consent page that names none: a log-in
    SPOTIFY = "spotify"  # another page of Spotify's
    LOOKALIKE = "lookalike"  # somebody else's, which looks like Spotify's
    ELSEWHERE = "elsewhere"  # an address of somebody else's
    TOO_LONG = "too-long"
    UNREADABLE = "unreadable"  # no address at all


class Lasts(StrEnum):
    """How long what is granted can be used."""

    HOUR = "hour"
    MONTHS = "months"
    NOT_SAID = ""


@dataclass(frozen=True)
class Reading:
    """`through` is another site's host if that leads to the consent page, or is all there is;
    `returns_to` the host that is given the permission, or several where the address names several;
    `asks_again` that Spotify shows its page to those too who have allowed the same before.
    """

    verdict: Verdict
    asked: tuple[str, ...] = ()
    through: str = ""
    returns_to: str = ""
    lasts: Lasts = Lasts.NOT_SAID
    asks_again: bool = False

    @property
    def unknown(self) -> tuple[str, ...]:
        """What is asked for and stands in no list of Spotify's."""
        return tuple(name for name in self.asked if name not in _LISTED)


_LISTED: Final = {scope.name for scope in SCOPES}


def read(text: str) -> Reading:
    """Read a pasted address, a redirect that leads to it, or a piece of either."""
    if len(text) > LONGEST:
        return Reading(Verdict.TOO_LONG)
    tidied = layer = _tidied(text)
    for _ in range(MOST_LAYERS):
        found = list(_CONSENT.finditer(layer))
        if found:
            before, query = layer[: found[0].start()], "&".join(each[1] for each in found)
            return _read_consent(before.rpartition("\n")[2], query)
        layer = _decoded(layer)
    return _without_consent(tidied if _host(tidied) else layer)


def _tidied(text: str) -> str:
    r"""As copied out of a page's source, a log or a mail.

    Afterwards \n ends an address and \t its part before the #. Only what is pasted so does that:
    nothing that stands there encoded is decoded to either.
    """
    text = text.replace("&amp;", "&").replace("\\/", "/")
    text = _ESCAPED.sub(_unescaped, _INVISIBLE.sub("", text))
    text = _BROKEN_LINE.sub("", text).replace("\t", " ")
    return _END.sub("\n", text).replace("#", "\t#")


def _unescaped(found: re.Match[str]) -> str:
    """What would end an address only parts it, as it was written so to belong to it."""
    letter = chr(int(found[2])) if found[2] else chr(int(found[1] or found[3], 16))
    return "&" if letter in "\"'<>#" else letter


def _decoded(text: str) -> str:
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), text)


def _decoded_whole(value: str) -> str:
    for _ in range(MOST_LAYERS):
        value = _decoded(value)
    return value


def _values(query: str, name: str) -> list[str]:
    """Of a parameter, which may stand there encoded, as where only a part of an address was."""
    values = []
    for _ in range(MOST_LAYERS):
        named = [part.partition("=") for part in re.split("[?&]", query)]
        values += [value for key, _, value in named if key == name]
        query = _decoded(query)
    return values


def _read_consent(before: str, query: str) -> Reading:
    through = _host(before)
    if _looks_alike(before):
        return Reading(Verdict.LOOKALIKE, through=through)
    names = _SEPARATORS.split(_decoded_whole(" ".join(_values(query, "scope"))))
    asked = tuple(dict.fromkeys(name for name in names if name))
    receivers = map(_host_below, _values(query, "redirect_uri"))
    kinds = set(map(_decoded_whole, _values(query, "response_type")))
    return Reading(
        verdict=_verdict(asked),
        asked=asked,
        through="" if through == "accounts.spotify.com" else through,
        returns_to=", ".join(dict.fromkeys(host for host in receivers if host)),
        lasts=Lasts.HOUR if kinds == {"token"} else Lasts.MONTHS,
        asks_again={value.lower() for value in _values(query, "show_dialog")} == {"true"},
    )


def _verdict(asked: tuple[str, ...]) -> Verdict:
    if not asked:
        return Verdict.NOTHING
    if NEEDED not in asked:
        return Verdict.OTHER
    return Verdict.MINIMAL if asked == (NEEDED,) else Verdict.MORE


def _without_consent(text: str) -> Reading:
    host = _host(text)
    if not host:
        return Reading(Verdict.UNREADABLE)
    if _is_spotifys(host):
        return Reading(Verdict.SPOTIFY)
    verdict = Verdict.LOOKALIKE if _looks_alike(text) else Verdict.ELSEWHERE
    return Reading(verdict, through=host)


def _is_spotifys(host: str) -> bool:
    return bool(_OF_SPOTIFY.search(f".{host}"))


def _looks_alike(text: str) -> bool:
    """Whether a host of somebody else's names Spotify, itself or as a user before it, or shows a
    page at the address of the one that asks.
    """
    found = _find_host(text)
    if not found or _is_spotifys(_host(text)):
        return False
    return bool(_NAMED.search(found[0]) or _SHAPED.match(text, found.end()))


def _find_host(text: str) -> re.Match[str] | None:
    return _BARE_HOST.search(text) or _HOST.search(text)


def _host(text: str) -> str:
    """The first host that is named, in the letters of an address."""
    found = _find_host(text)
    if not found:
        return ""
    return re.sub("[A-Z]+", lambda capitals: capitals[0].lower(), found[1]).rstrip(".")


def _host_below(value: str) -> str:
    """Decoded no further than needed: in what is left an encoded / would seem to end the host."""
    for _ in range(MOST_LAYERS):
        if host := _host(value):
            return host
        value = _decoded(value)
    return ""
