"""What a release is to its fans: title and artist. When two spellings are the same to them, and the
digest of what they agree to.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Final

# Part of every digest: another number when something else is digested, or in another way.
_VERSION: Final = "presave/agreed/1"
_ACCENTS: Final = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")
# Punctuation, spaces, what nobody sees, and accents that stand alone, typed as apostrophes.
_SIGNS: Final = ("P", "Z", "C", "Sk")
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
    added at the end.
    """
    if folded(agreed) == folded(shown):
        return True
    return any(
        folded(agreed) == folded(shown[: found.start()]) and _has_letters(found["guest"])
        for found in _GUEST.finditer(shown)
    )


def folded(text: str) -> str:
    """The letters and digits alone. Digits that something stood between stay apart: 4:44 is not
    444. A text of signs alone stays as it is, so that it equals itself only.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = _ACCENTS.sub("", plain)
    spaced = "".join(" " if _is_sign(character) else character for character in plain)
    kept = re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", " ".join(spaced.split()))
    return unicodedata.normalize("NFKC", kept) or "".join(plain.split())


def _is_sign(character: str) -> bool:
    return unicodedata.category(character).startswith(_SIGNS) or "\ufe00" <= character <= "\ufe0f"


def _has_letters(text: str) -> bool:
    return any(not _is_sign(character) for character in text)
