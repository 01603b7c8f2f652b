"""Words on pictures: the font that has their letters, and the largest size in which they fit.

A script that no font here has is never drawn as boxes: `font_for` says so, and the words stay out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont, features
from PIL.ImageFont import FreeTypeFont

_FONTS: Final = Path(__file__).parent / "fonts"
# Tried in this order. A text has one font, so that its scripts are shaped and ordered together.
_FILES: Final = ("Inter", "NotoSans", "NotoSansJP", "NotoSansKR", "NotoSansSC")
# No character, and so what a font shows for each one that it lacks.
_NO_CHARACTER: Final = "\uffff"
_EMOJI: Final = re.compile(
    "[\U0001f000-\U0001faff\U000e0020-\U000e007f\u2600-\u27bf\u2b00-\u2bff\ufe0f\u20e3\u200d]+"
)
# Chinese and Japanese break between any two letters, but for what may not begin a line.
_WORD: Final = re.compile(
    r"\s*(?:[^\s\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff]+|\S)"
    # Marks that close or go on, long vowels, small kana.
    r"[\u3001\u3002\uff0c\uff0e\u30fb\uff1a\uff1b\uff1f\uff01\u300d\u300f\uff09\u3011\u3015\u3009"
    r"\u300b\u30fc\u2026\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087"
    r"\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7]*"
)
_LINE_HEIGHT: Final = 1.12
# Of scripts with marks above and below their letters.
_TALL_LINE_HEIGHT: Final = 1.45
_STEP: Final = 4
_MEASURED_AT: Final = 100


@dataclass(frozen=True)
class Lettering:
    """Lines in one font. The first one's letters begin at the top of the block."""

    lines: tuple[str, ...]
    font: FreeTypeFont

    @property
    def height(self) -> int:
        return _height(self.lines, self.font)

    def draw(self, on: ImageDraw.ImageDraw, x: int, top: int, side: str, fill: str) -> None:
        """`x` is where the lines begin, on that side: "l" or "r"."""
        baseline = top + _ascent(self.font)
        for line in self.lines:
            on.text((x, baseline), line, fill, self.font, f"{side}s")
            baseline += _line_height(self.lines, self.font)


def fitted(text: str, largest: int, smallest: int, width: int, height: int) -> Lettering | None:
    """The text in the largest size that keeps to the box, in lines of like length. None without a
    font for it. What is too long for words of the smallest size is broken within them, and what
    is too long for that is cut.
    """
    text = without_emoji(text)
    font = font_for(text)
    if font is None:
        return None
    for break_up in (_words, _letters):
        for size in range(largest, smallest - 1, -_STEP):
            # Measured at one size: a font of each size would be read from the disk anew.
            room, depth = width * _MEASURED_AT / size, height * _MEASURED_AT / size
            lines = _wrapped(break_up(text), font, room)
            if _fits(lines, font, room, depth):
                balanced = _balanced(break_up(text), font, room)
                return Lettering(tuple(balanced), font.font_variant(size=size))
    return Lettering(tuple(_cut(lines, font, room, depth)), font.font_variant(size=smallest))


def font_for(text: str) -> FreeTypeFont | None:
    """The first font that has every letter, if this machine can shape and order them."""
    text = unicodedata.normalize("NFC", text)
    if not text.strip() or (_needs_shaping(text) and not features.check("raqm")):
        return None
    fonts = (ImageFont.truetype(_FONTS / f"{name}.woff2", size=_MEASURED_AT) for name in _FILES)
    return next((font for font in fonts if all(map(partial(_has, font), text))), None)


@lru_cache(maxsize=1024)
def can_write(text: str) -> bool:
    """Remembered, as looking through all fonts takes a tenth of a second."""
    return font_for(without_emoji(text)) is not None


def is_from_right(text: str) -> bool:
    """The first letter that has a direction tells."""
    directions = map(unicodedata.bidirectional, text)
    return next((way for way in directions if way in ("L", "R", "AL")), "L") != "L"


def has_emoji(text: str) -> bool:
    return _EMOJI.search(text) is not None


def without_emoji(text: str) -> str:
    """Emoji have colours, which no font here has."""
    return " ".join(_EMOJI.sub(" ", unicodedata.normalize("NFC", text)).split())


def _has(font: FreeTypeFont, letter: str) -> bool:
    return letter.isspace() or bytes(font.getmask(letter)) != bytes(font.getmask(_NO_CHARACTER))


def _needs_shaping(text: str) -> bool:
    return any(
        unicodedata.bidirectional(letter) in ("R", "AL")
        or unicodedata.category(letter).startswith("M")
        for letter in text
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _letters(text: str) -> list[str]:
    """Each with the marks that belong to it."""
    letters: list[str] = []
    for letter in text:
        if letters and unicodedata.category(letter).startswith("M"):
            letters[-1] += letter
        else:
            letters.append(letter)
    return letters


def _wrapped(pieces: list[str], font: FreeTypeFont, width: float) -> list[str]:
    lines: list[str] = []
    for piece in pieces:
        if lines and font.getlength(lines[-1] + piece) <= width:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    return lines


def _fits(lines: list[str], font: FreeTypeFont, width: float, height: float) -> bool:
    widest = max(map(font.getlength, lines))
    return widest <= width and _height(lines, font) <= height


def _balanced(pieces: list[str], font: FreeTypeFont, width: float) -> list[str]:
    """As many lines as before, and none much shorter than the others."""
    lines = _wrapped(pieces, font, width)
    for percent in range(98, 30, -2):
        narrower = width * percent / 100
        tried = _wrapped(pieces, font, narrower)
        if len(tried) > len(lines) or max(map(font.getlength, tried)) > narrower:
            break
        lines = tried
    return lines


def _cut(lines: list[str], font: FreeTypeFont, width: float, height: float) -> list[str]:
    kept = lines
    while len(kept) > 1 and _height(kept, font) > height:
        kept = kept[:-1]
    last = kept[-1]
    while font.getlength(f"{last}…") > width:
        last = last[:-1]
    return [*kept[:-1], f"{last.rstrip()}…"]


def _height(lines: Sequence[str], font: FreeTypeFont) -> int:
    """From the top of the first line's capitals to below the last line's descenders."""
    below = round(font.size * 0.25)
    return _ascent(font) + _line_height(lines, font) * (len(lines) - 1) + below


def _line_height(lines: Sequence[str], font: FreeTypeFont) -> int:
    is_tall = any(map(_needs_shaping, lines))
    return round(font.size * (_TALL_LINE_HEIGHT if is_tall else _LINE_HEIGHT))


def _ascent(font: FreeTypeFont) -> int:
    """Of capitals; marks above them rise over the block a little."""
    return -round(font.getbbox("H", anchor="ls")[1])


# Each with its colour, from top to bottom.
Words = list[tuple[Lettering, str]]


def gathered(*parts: tuple[Lettering | None, str]) -> Words:
    return [(lettering, colour) for lettering, colour in parts if lettering]


def height_of(words: Words, gap: int) -> int:
    return sum(lettering.height for lettering, _colour in words) + gap * max(0, len(words) - 1)


def write(words: Words, on: Image.Image, top: int, margin: int, gap: int, title: str) -> None:
    """Everything stands on the side where the title is read from."""
    canvas = ImageDraw.Draw(on)
    x, side = (on.width - margin, "r") if is_from_right(title) else (margin, "l")
    for lettering, colour in words:
        lettering.draw(canvas, x, top, side, colour)
        top += lettering.height + gap
