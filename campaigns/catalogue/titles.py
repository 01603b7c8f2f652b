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
# "Pt. 1" is "Part One", and "Vol. II" is "Volume 2".
_WORDS: Final = {"pt": "part", "vol": "volume"}
_NUMBERS: Final = {
    word: str(number)
    for words in (
        "one two three four five six seven eight nine ten",
        "i ii iii iv v vi vii viii ix x",
    )
    for number, word in enumerate(words.split(), start=1)
}
_COUNTED: Final = re.compile(
    rf"\b(?P<word>pt|part|vol|volume)(?:\.\s*|\s+|(?=\d))(?P<number>\d+|{'|'.join(_NUMBERS)})\b",
    re.IGNORECASE,
)


class _Title(NamedTuple):
    name: str
    guests: tuple[str, ...]
    kind: str


def is_titled(title: str, release: Release) -> bool:
    """Whether the release has the title, however spelled. A guest who is named on one side alone
    makes no difference, nor does an ending "- Single", "- EP" or "LP".
    """
    if is_same_name(title, release.title):
        return True
    known = [*featured(title), *featured(release.title), *(one.name for one in release.artists)]
    typed, shown = (_title(text, known) for text in (title, release.title))
    return (
        is_same_name(shown.name, typed.name)
        or is_same_name(shown.name, _without_artist(typed.name, release))
    ) and _goes_with(typed, shown)


def _goes_with(one: _Title, other: _Title) -> bool:
    """Whether they name the same guests and kind, or one of them names none or fewer."""
    same_kind = "" in (one.kind, other.kind) or one.kind == other.kind
    return same_kind and (
        _all_among(one.guests, other.guests) or _all_among(other.guests, one.guests)
    )


def _title(text: str, known: list[str]) -> _Title:
    guests: list[str] = []

    def take(found: re.Match[str]) -> str:
        if not _names_guests(found, known):
            return found[0]
        guests.extend(split_names(found["guest"]))
        return " "

    name = _COUNTED.sub(_counted, spelled_out(text))
    name = AT_THE_END.sub(take, IN_BRACKETS.sub(take, name))
    kind = _KIND.search(name)
    return _Title(
        name=name[: kind.start()] if kind else name,
        guests=tuple(guests),
        kind=(kind["dashed"] or kind["bracketed"] or kind["plain"]).lower() if kind else "",
    )


def _counted(found: re.Match[str]) -> str:
    word, number = found["word"].lower(), found["number"].lower()
    return f"{_WORDS.get(word, word)} {_NUMBERS.get(number, number)}"


def _names_guests(found: re.Match[str], known: list[str]) -> bool:
    """Whether the words name guests. "(with Strings)" may be a version: guests are known."""
    if VERSION.search(found["guest"]):
        return False
    return not found.groupdict().get("with") or are_credited(found["guest"], known)


def _without_artist(title: str, release: Release) -> str:
    """What follows the artist in "Demo Artist - Night Bus", unless that is a version."""
    found = _AFTER_THE_ARTIST.fullmatch(title)
    if found and is_by(found["artist"], release) and not VERSION.search(found["title"]):
        return found["title"]
    return title


def _all_among(names: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return all(is_same_artist(name, others) for name in names)
