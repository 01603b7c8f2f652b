"""Addresses of campaign pages: which words the service keeps for itself, and which are made of a
release's names.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from anyascii import anyascii
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.text import slugify

from campaigns.catalogue.folding import with_letters_for_signs

# Reserved although the URL configuration does not name them: WhiteNoise serves static files before
# it, and monitoring asks for /metrics by custom, which no campaign's page may answer.
_KEPT_FREE: Final = frozenset({"metrics", "static"})
# How these are read depends on the language: nobody's name is guessed.
_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")


def made_of(name: str, longest: int) -> str:
    """A name in the letters a to z, cut between words where it is longer; empty without letters."""
    plain = _HAN.sub(" ", with_letters_for_signs(name))
    slug = slugify("".join(map(_in_latin, plain)).replace("_", "-")).strip("-")
    if len(slug) <= longest:
        return slug
    return slug[: longest + 1].rpartition("-")[0] or slug[:longest]


def _in_latin(character: str) -> str:
    """Of letters, marks and digits: an emoji's name would be no part of the release's."""
    return anyascii(character) if unicodedata.category(character)[0] in "LMN" else character


def is_reserved(slug: str) -> bool:
    """Whether an address of this service begins with the word: derived from the URL
    configuration.
    """
    return slug in _KEPT_FREE or slug in _first_words(get_resolver().url_patterns)


def _first_words(patterns: list[URLPattern | URLResolver]) -> set[str]:
    words = set()
    for pattern in patterns:
        word = str(pattern.pattern).split("/")[0]
        if isinstance(pattern, URLResolver) and not word:
            words |= _first_words(pattern.url_patterns)
        elif word and "<" not in word:
            words.add(word)
    return words
