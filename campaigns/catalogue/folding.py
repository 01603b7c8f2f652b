"""Writes names plainly, so that two spellings of one name are the same."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

# Letters that Unicode's decomposition does not take apart, as people write them who do not have the
# key; and what is left out: apostrophes that count as letters or symbols, and letters that show
# nothing.
LETTERS: Final = str.maketrans(
    {
        **dict(zip("øłđð\u0131ħŧĸɓɗƙ", "olddihtkbdk", strict=True)),
        **dict(zip("æœßþŋ", ("ae", "oe", "ss", "th", "ng"), strict=True)),
        **dict.fromkeys("`\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf", ""),
        **dict.fromkeys("\u115f\u1160\u2800\ufe0e\ufe0f", ""),
    }
)
# Accents of Latin and Greek. Of other scripts, marks make vowels, tones or other letters: the
# short i of Cyrillic is no i. The dots of ё alone are mostly left out. A mark after a space stands
# for an apostrophe (U+00B4).
_ACCENTS: Final = re.compile(
    r"(?<=[\sa-z\u00df-\u02af\u03b1-\u03c9])[\u0300-\u036f]+|(?<=\u0435)\u0308"
)
# What stays of a name besides letters and digits: symbols, which make another name (F♯, A+, love
# and one emoji or another), as do these (C#, 100%). A tilde is a dash in Japanese.
_LIKE_SYMBOLS: Final = "#%"
_NO_SYMBOLS: Final = "~"
_LETTER: Final = r"[^\W\d_]"
# Ke$ha, A$AP, Joey Bada$$, $uicideboy$: a dollar that touches a letter is an s.
_DOLLARS: Final = re.compile(rf"(?<={_LETTER})\$+|\$+(?={_LETTER})")
# P!nk, !llmind: an exclamation mark in front of a letter is an i; after a word it is none.
_I: Final = re.compile(rf"(?<![!¡])!(?={_LETTER})")
# Florence + The Machine; a plus at an end stays one: +44, A+.
_AND: Final = re.compile(r"&|(?<=[\w ])\+(?=[\w ])")


def folded(name: str) -> str:
    """The name's words and symbols without what spellings differ in: case, width, accents,
    punctuation, the letters of LETTERS, and the signs `$ ! & +` as the letters they stand for.

    A name of signs alone is those signs. Scripts are left as they are: nothing is transliterated.
    """
    return _read(with_letters_for_signs(name)) if _has_words(name) else _signs(name)


def is_same_name(one: str, other: str) -> bool:
    """Whether two spellings are of one name. An empty one is no name."""
    return not readings(one).isdisjoint(readings(other))


@lru_cache(maxsize=4096)
def readings(name: str) -> frozenset[tuple[str, str]]:
    """What a name can be read as; two names are the same if they have one of these in common.

    Whether an exclamation mark stands for a letter cannot always be told (P!nk, Hey!Say!JUMP), so
    that there are two ways to read it.
    """
    read = (("as a letter", _joined(name)), ("as punctuation", _joined_plainly(name)))
    return frozenset(one for one in read if one[1])


def _joined(name: str) -> str:
    return _without_spaces(folded(name))


def _joined_plainly(name: str) -> str:
    """As `_joined`, with exclamation marks as punctuation."""
    return _without_spaces(_read(_with_dollars(plain(name)))) if _has_words(name) else _signs(name)


def _without_spaces(words: str) -> str:
    """Digits that something stood between stay apart: 4:44 is not 444."""
    return re.sub(r"(?<!\d) | (?!\d)", "", words)


def _read(name: str) -> str:
    return _words(_AND.sub(" and ", name))


def with_letters_for_signs(name: str) -> str:
    """The name in small plain letters where it has any of the Latin script, and with its
    punctuation.
    """
    return _I.sub("i", _with_dollars(plain(name)))


def _with_dollars(name: str) -> str:
    return _DOLLARS.sub(lambda found: "s" * len(found[0]), name)


def plain(name: str) -> str:
    """Without case, width and accents, and with the letters of LETTERS taken apart."""
    small = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    bare = unicodedata.normalize("NFC", _ACCENTS.sub("", small))
    return unicodedata.normalize("NFC", bare.translate(LETTERS))


def _has_words(name: str) -> bool:
    return bool(re.search(r"[^\W_]", plain(name)))


def _words(name: str) -> str:
    """Letters, digits and symbols with what belongs to them; single spaces stand for everything
    else.
    """
    kept = (c if _stays(c) else " " for c in plain(name))
    return " ".join("".join(kept).split())


def _stays(character: str) -> bool:
    if character in _NO_SYMBOLS:
        return False
    return character in _LIKE_SYMBOLS or unicodedata.category(character)[0] in "LMNS"


def _signs(name: str) -> str:
    return "".join(c for c in plain(name) if unicodedata.category(c)[0] in "PS")
