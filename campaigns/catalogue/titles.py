"""Compares titles as people and distributors write them."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from campaigns.catalogue.credits import (
    AT_THE_END,
    DASH,
    IN_BRACKETS,
    VERSION,
    are_credited,
    featured,
    is_by,
    is_same_artist,
    spelled_out,
    split_names,
)
from campaigns.catalogue.folding import is_same_name
from campaigns.spotify import Release

# As some titles end: "Night Bus - Single", "Night Bus (EP)", "Night Bus LP".
_KIND: Final = re.compile(
    rf"\s(?:{DASH}\s*(?P<dashed>single|ep|lp)|[(\[](?P<bracketed>single|ep|lp)[)\]]"
    r"|(?P<plain>ep|lp))\s*$",
    re.IGNORECASE,
)
# "Demo Artist - Night Bus", as artists type it.
_AFTER_THE_ARTIST: Final = re.compile(rf"(?P<artist>.+?)\s+{DASH}\s+(?P<title>.+)")
# "Pt. 01" is "Part One", and "Vol. II" is "Volume 2".
_WORDS: Final = {"pt": "part", "vol": "volume"}
_NUMBERS: Final = {
    word: str(number)
    for words in (
        "one two three four five six seven eight nine ten eleven twelve",
        "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx",
    )
    for number, word in enumerate(words.split(), start=1)
}
_NUMBER: Final = rf"(?:\d+|{'|'.join(_NUMBERS)})"
_COUNTED: Final = re.compile(
    rf"\b(?P<word>pt|part|vol|volume)(?:\.\s*|\s+|(?=\d))(?P<number>{_NUMBER})\b", re.IGNORECASE
)
# "feat. Guest Pt. 2" and "feat. Guest II" are the second of their name, and not only a guest.
_NUMBERED: Final = re.compile(
    rf"\b(?:pt|part|vol|volume|chapter|episode)\b|\b{_NUMBER}\W*$", re.IGNORECASE
)
# "Live", "2024 Remaster" and "The Remixes" after a dash are versions of what stands before it.
_IS_A_VERSION: Final = re.compile(rf"\W*(?:(?:the|\d\w*)\W+)*{VERSION.pattern}", re.IGNORECASE)


class _Title(NamedTuple):
    name: str
    guests: tuple[str, ...]
    kind: str


def is_titled(title: str, release: Release) -> bool:
    """Whether the release has the title, however spelled. A guest who is named on one side alone
    makes no difference, nor does an ending "- Single", "- EP" or "LP", or the artist in front.
    """
    if is_same_name(title, release.title):
        return True
    artists = [one.name for one in release.artists]
    guests = [guest for text in (title, release.title) for guest in _bracketed(text)]
    typed, shown = (_title(text, artists, guests) for text in (title, release.title))
    return _goes_with(typed, shown) and any(
        is_same_name(one, other)
        for one in (typed.name, _without_artist(typed.name, release))
        for other in (shown.name, _without_artist(shown.name, release))
    )


def _goes_with(one: _Title, other: _Title) -> bool:
    """Whether they name the same guests and kind, or one of them names none or fewer."""
    same_kind = "" in (one.kind, other.kind) or one.kind == other.kind
    return same_kind and (
        _all_among(one.guests, other.guests) or _all_among(other.guests, one.guests)
    )


def _bracketed(text: str) -> list[str]:
    """The guests whom a title names as such in brackets."""
    return [
        guest
        for found in IN_BRACKETS.finditer(_plain(text))
        if not found["with"]
        for guest in split_names(found["guest"])
    ]


def _title(text: str, artists: list[str], bracketed: list[str]) -> _Title:
    guests: list[str] = []

    def take(found: re.Match[str]) -> str:
        if not _names_guests(found, artists, bracketed):
            return found[0]
        guests.extend(split_names(found["guest"]))
        return " "

    name = AT_THE_END.sub(take, IN_BRACKETS.sub(take, _plain(text)))
    kind = _KIND.search(name)
    return _Title(
        name=name[: kind.start()] if kind else name,
        guests=tuple(guests),
        kind=(kind["dashed"] or kind["bracketed"] or kind["plain"]).lower() if kind else "",
    )


def _plain(title: str) -> str:
    return _COUNTED.sub(_counted, spelled_out(title))


def _counted(found: re.Match[str]) -> str:
    word, number = found["word"].lower(), found["number"].lower()
    return f"{_WORDS.get(word, word)} {_NUMBERS.get(number, number.lstrip('0') or '0')}"


def _names_guests(found: re.Match[str], artists: list[str], bracketed: list[str]) -> bool:
    """Whether the words name guests. "(with Strings)" may be a version, and what follows a "feat."
    without brackets may be more of the title: there, each name has to be known.
    """
    names = found["guest"]
    if not _may_be_guests(names, artists):
        return False
    says_so = found.re is IN_BRACKETS and not found["with"]
    return says_so or are_credited(names, [*artists, *bracketed])


def _may_be_guests(names: str, artists: list[str]) -> bool:
    """Whether no name that the release does not credit tells of a version or a number: Little Mix
    are guests, if credited.
    """
    return are_credited(names, artists) or not any(
        VERSION.search(name) or _NUMBERED.search(name)
        for name in split_names(names)
        if not is_same_artist(name, artists)
    )


def _without_artist(title: str, release: Release) -> str:
    """What follows the artist in "Demo Artist - Night Bus", unless that is a version. A guest who
    is still named there is not known.
    """
    found = _AFTER_THE_ARTIST.fullmatch(title)
    if not found or _IS_A_VERSION.match(found["title"]) or featured(found["artist"]):
        return title
    return found["title"] if is_by(found["artist"], release) else title


def _all_among(names: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return all(is_same_artist(name, others) for name in names)
