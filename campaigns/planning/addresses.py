"""Addresses of campaign pages: which words the service keeps for itself."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, URLResolver, get_resolver

# Reserved although the URL configuration does not name them: WhiteNoise serves static files before
# it, and monitoring asks for /metrics by custom, which no campaign's page may answer.
_KEPT_FREE: Final = frozenset({"metrics", "static"})


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
