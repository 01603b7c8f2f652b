"""What a release is to its fans: title and artist. When two spellings are the same to them, and the
digest of what they agree to.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

# Part of every digest: another number when something else is digested, or in another way.
_VERSION: Final = "presave/agreed/1"
_ACCENTS: Final = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")
# What is typed as an apostrophe, and is no punctuation to Unicode.
_APOSTROPHES: Final = str.maketrans(dict.fromkeys("`\u00b4\u02bb\u02bc", "'"))
# Punctuation, spaces, and what nobody sees. Symbols stay: A+ is not A.
_SIGNS: Final = ("P", "Z", "Cc", "Cf")
# They choose between a symbol and its picture.
_SELECTORS: Final = "\ufe0e\ufe0f"
_LETTERS_AND_DIGITS: Final = ("L", "N")
_GUEST: Final = re.compile(
    r"[\s(\[,]*\b(?:feat|ft|featuring)\b\.?\s*(?=(?P<guest>.+))", re.IGNORECASE
)


def digest(title: str, artist: str, consent_version: int, release_mode: str) -> bytes:
    """What a fan agrees to, in 32 bytes.

    Of the texts as they stand, and not folded: another Unicode version may fold them another way,
    and a permission that is sealed to the digest has to open for months.
    """
    agreed = json.dumps([_VERSION, title, artist, consent_version, str(release_mode)])
    return hashlib.sha256(agreed.encode()).digest()


def is_same(agreed: str, shown: str) -> bool:
    """Whether a fan who agreed to one title or artist would call the other the same: case, width,
    spaces, punctuation and accents on Latin letters make no difference, nor does a guest that was
    added at the end. Nothing is the same as an empty one.
    """
    wanted = folded(agreed)
    return bool(wanted) and wanted in readings(shown)


def readings(shown: str) -> set[str]:
    """The folded text, with the guests at its end and without."""
    return {folded(shown), *_without_guests(shown)}


def _without_guests(text: str) -> Iterator[str]:
    for found in _GUEST.finditer(text):
        if _has_letters(found["guest"]):
            yield folded(text[: found.start()])


def folded(text: str) -> str:
    """The letters, digits and symbols alone. Digits that something stood between stay apart: 4:44
    is not 444. Of a text without any letter or digit the spaces alone go, so that it equals itself
    only.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))
    if not _has_letters(plain):
        return re.sub(rf"[\s{_SELECTORS}]", "", plain)
    spaced = "".join(" " if _is_sign(character) else character for character in plain)
    kept = re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", " ".join(spaced.split()))
    return unicodedata.normalize("NFKC", kept)


def _is_sign(character: str) -> bool:
    return character in _SELECTORS or unicodedata.category(character).startswith(_SIGNS)


def _has_letters(text: str) -> bool:
    return any(
        unicodedata.category(character).startswith(_LETTERS_AND_DIGITS) for character in text
    )
