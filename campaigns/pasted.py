"""What people paste, as they would have typed it; and the codes in it, whatever stands around."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy

MORE_THAN_ONE: Final = gettext_lazy(
    "There's more than one here. Enter only the one for this release."
)

# Nobody sees them in any script, or they turn the text around and make it read as another one, or
# they may stand in no XML.
# https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
_NEVER_SEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffc\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]"
)
# Letters and symbols to Unicode, and empty to the eye: the fillers of Hangul, Braille's empty
# cell, a note without its head, two blanks among the hieroglyphs.
_BLANKS: Final = "\u115f\u1160\u3164\uffa0\u2800\U0001d159\U00013441\U00013442"
_SEEN: Final = ("L", "N", "P", "S")
# As word processors write a hyphen, and Japanese keyboards, besides Unicode's own dashes.
_LIKE_DASHES: Final = "\u02d7\u2043\u2212\u2500\u30fc"
# What only joins or chooses signs next to it, and has no place in a code.
_JOINERS: Final = ("Cf", "Mn")

_UPC_LABEL: Final = re.compile(r"(?<![A-Z0-9])(?:UPC|EAN|GTIN|JAN)-?(?:A\b|\d{1,2}\b)?")
_DIGITS: Final = re.compile(r"(?<![A-Z0-9])[0-9](?:[ -]{0,3}[0-9])+(?![A-Z0-9])")
# As spreadsheets group them: 609,008,295,069 or 609.008.295.069.
_THOUSANDS: Final = re.compile(
    r"(?<![A-Z0-9.,'\u2019])[0-9]{1,3}([.,'\u2019])[0-9]{3}(?:\1[0-9]{3}){2,3}(?!\1?[0-9A-Z])"
)
# As barcodes are printed, the last two after a lost zero; any other digits next to one another are
# several numbers, as in "Vol. 2 609008295069".
_GROUPED_UPCS: Final = (
    *((1, 5, 5, 1), (6, 6), (3, 3, 3, 3), (4, 4, 4), (1, 10, 1)),
    *((1, 6, 6), (2, 5, 5, 1), (7, 6), (1, 3, 3, 3, 3)),
    *((1, 2, 5, 5, 1), (5, 5, 1), (5, 6)),
)
_ROUNDED: Final = re.compile(r"(?<![A-Z0-9])[0-9](?:[.,][0-9]+E\+?|E\+)[0-9]{2}(?![A-Z0-9])")
_UPC_DIGITS: Final = range(12, 15)
_CUT_DIGITS: Final = range(10, 12)
_ISRC: Final = re.compile(
    r"(?<![A-Z0-9-])(?:ISRC[ :#.-]*)?"
    r"((?:[A-Z][ -]{0,3}){2}(?:[A-Z0-9][ -]{0,3}){3}(?:[0-9][ -]{0,3}){6}[0-9])"
    r"(?![A-Z0-9]|-[0-9])"
)
# Country, registrant, year and number: as they are printed, or in even groups. Of one with a year
# of four digits the end would be another ISRC.
_GROUPED_ISRCS: Final = (
    *((12,), (2, 10), (2, 3, 7), (2, 3, 2, 5), (5, 7), (5, 2, 5), (7, 5)),
    *((3, 3, 3, 3), (4, 4, 4)),
)


def visible_text(text: str) -> str:
    """Without what nobody sees, and with single spaces; empty when nothing of it is visible."""
    kept = _NEVER_SEEN.sub("", " ".join(text.replace("\0", "").split()))
    is_seen = any(
        unicodedata.category(character)[0] in _SEEN and character not in _BLANKS
        for character in kept
    )
    return kept.strip(f" {_BLANKS}") if is_seen else ""


def typed(text: str) -> str:
    """A link or code as a keyboard would have written it: full-width letters and digits as plain
    ones, and every dash as a hyphen.
    """
    plain = unicodedata.normalize("NFKC", visible_text(text))
    return "".join(map(_typed, plain)).strip()


def _typed(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Pd" or character in _LIKE_DASHES:
        return "-"
    return "" if category in _JOINERS else character


class EmailInput(forms.EmailInput):
    """Django takes an address with a zero-width space in its host for one of its own."""

    def value_from_datadict(self, *args: Any) -> str:
        return typed(super().value_from_datadict(*args) or "")


def upcs(text: str) -> list[str]:
    """The numbers of 12 to 14 digits in a text, each once: a UPC is also an EAN with a zero."""
    found: dict[str, str] = {}
    for digits in _numbers(text, _UPC_DIGITS):
        found.setdefault(digits.lstrip("0"), digits)
    return list(found.values())


def without_lost_zeros(text: str) -> str:
    """The number that spreadsheets cut by the zeros at its start, with them; empty without one."""
    cut = set(_numbers(text, _CUT_DIGITS))
    return cut.pop().zfill(12) if len(cut) == 1 else ""


def is_rounded(text: str) -> bool:
    """Whether it is a number as spreadsheets shorten it: 6.09008E+11."""
    return bool(_ROUNDED.search(typed(text).upper()))


def _numbers(text: str, lengths: range) -> list[str]:
    plain = _THOUSANDS.sub(_joined, _UPC_LABEL.sub(" ", typed(text).upper()))
    numbers = (one for run in _DIGITS.findall(plain) for one in _as_printed(_groups(run)))
    return [number for number in numbers if len(number) in lengths]


def _joined(grouped: re.Match[str]) -> str:
    return re.sub(r"[^0-9]", "", grouped[0])


def _as_printed(groups: list[str]) -> Iterator[str]:
    """The numbers in a row of groups: those that are one barcode together, and the others."""
    while groups:
        sizes = (size for size in (5, 4, 3, 2) if _lengths(groups[:size]) in _GROUPED_UPCS)
        size = next(sizes, 1)
        yield "".join(groups[:size])
        groups = groups[size:]


def isrcs(text: str) -> list[str]:
    """The ISRCs in a text, each once, in capitals and without hyphens."""
    found = (_groups(code) for code in _ISRC.findall(typed(text).upper()))
    grouped = ("".join(groups) for groups in found if _lengths(groups) in _GROUPED_ISRCS)
    return list(dict.fromkeys(grouped))


def _groups(code: str) -> list[str]:
    return re.split(r"[ -]+", code)


def _lengths(groups: Iterable[str]) -> tuple[int, ...]:
    return tuple(map(len, groups))
