"""Patterns for slugs, Spotify URIs, UPCs and ISRCs."""

from __future__ import annotations

from typing import Final

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy

LONGEST_SLUG: Final = 60
# A title, or artists' names together, as an artist enters them and in the catalogue's words, which
# are cut to it where they are read.
LONGEST_RELEASE_NAME: Final = 300
# A sentence or two by the artist.
LONGEST_NOTE: Final = 280
# RFC 1035, section 2.3.4, as it is written.
LONGEST_DOMAIN: Final = 253
SLUG_PATTERN: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SPOTIFY_URI_PATTERN: Final = r"^spotify:(album|track):[A-Za-z0-9]{22}$"
# GS1 General Specifications: a GTIN of 12 (UPC), 13 (EAN) or 14 digits.
UPC_PATTERN: Final = r"^[0-9]{12,14}$"
# ISO 3901: country, registrant, year, designation.
ISRC_PATTERN: Final = r"^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$"

check_slug: Final = RegexValidator(
    SLUG_PATTERN, gettext_lazy("Use lower-case letters a to z, digits and single hyphens only.")
)
