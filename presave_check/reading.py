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
    r"""(?:^|[ \t\n\r"'<(=,;]|https?://)accounts\.spotify\.com(?::443)?/"""
    r"""(?:[a-z]{2}(?:-[a-z0-9]{2,8})*/)?(?:oauth2/v2/auth|authorize)/?\?([^#"<>\n]*)""",
    re.ASCII | re.IGNORECASE,
)
_HOST: Final = re.compile(
    r"""https?://(?:[^ \t\n\r/?#"'<>\\]*@)?([^ \t\n\r/?#:@"'<>\\]+)""", re.ASCII | re.IGNORECASE
)
_BARE_HOST: Final = re.compile(
    r"^[ \t\n\r]*([a-z0-9.-]+\.[a-z]{2,})(?![a-z0-9@.-])", re.ASCII | re.IGNORECASE
)
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
# A line that was broken on the way goes on; a header of the next line does not belong to it.
_BROKEN_LINE: Final = re.compile(r"[\r\n]+(?![A-Za-z-]+:[ \t])")
_ENCODED: Final = re.compile(r"%([2-7][0-9A-Fa-f])")
_SEPARATORS: Final = re.compile(r"""[ \t\r,;+'"()\[\]]+""")


class Verdict(StrEnum):
    """What the text turned out to be."""

    MINIMAL = "minimal"  # the one that a pre-save needs, and no other
    MORE = "more"  # that one and others
    OTHER = "other"  # others, without it
    NOTHING = "nothing"  # a consent page that names none: a log-in
    SPOTIFY = "spotify"  # another page of Spotify's
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
    `returns_to` the host that is given the permission.
    """

    verdict: Verdict
    asked: tuple[str, ...] = ()
    through: str = ""
    returns_to: str = ""
    lasts: Lasts = Lasts.NOT_SAID

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
            return _read_consent(before, query)
        layer = _decoded(layer)
    return _without_consent(_host(tidied) or _host(layer))


def _tidied(text: str) -> str:
    """As copied out of a page's source, a log or a mail."""
    text = text.replace("&amp;", "&").replace("\\u0026", "&").replace("\\/", "/")
    return _BROKEN_LINE.sub("", _INVISIBLE.sub("", text))


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
        values += [_decoded_whole(value) for key, _, value in named if key == name]
        query = _decoded(query)
    return values


def _read_consent(before: str, query: str) -> Reading:
    names = _SEPARATORS.split(" ".join(_values(query, "scope")))
    asked = tuple(dict.fromkeys(name for name in names if name))
    through = _host(before)
    return Reading(
        verdict=_verdict(asked),
        asked=asked,
        through="" if through == "accounts.spotify.com" else through,
        returns_to=_host(" ".join(_values(query, "redirect_uri"))),
        lasts=Lasts.HOUR if set(_values(query, "response_type")) == {"token"} else Lasts.MONTHS,
    )


def _verdict(asked: tuple[str, ...]) -> Verdict:
    if not asked:
        return Verdict.NOTHING
    if NEEDED not in asked:
        return Verdict.OTHER
    return Verdict.MINIMAL if asked == (NEEDED,) else Verdict.MORE


def _without_consent(host: str) -> Reading:
    if not host:
        return Reading(Verdict.UNREADABLE)
    if f".{host}".endswith((".spotify.com", ".spotify.link")):
        return Reading(Verdict.SPOTIFY)
    return Reading(Verdict.ELSEWHERE, through=host)


def _host(text: str) -> str:
    """The first host that is named, in the letters of an address."""
    found = _HOST.search(text) or _BARE_HOST.search(text)
    return re.sub("[A-Z]+", lambda capitals: capitals[0].lower(), found[1]) if found else ""
