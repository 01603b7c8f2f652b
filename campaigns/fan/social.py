"""What a link to a landing page brings along where people share it: https://ogp.me."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.templatetags.static import static
from django.utils import translation

from campaigns.artwork import files
from campaigns.models import Campaign

# Networks want a territory with each language.
LOCALES: Final = {
    "en": "en_US",
    "es": "es_ES",
    "pt-br": "pt_BR",
    "de": "de_DE",
    "fr": "fr_FR",
    "ja": "ja_JP",
}


@dataclass(frozen=True)
class Link:
    """Whole addresses, of the page without a chosen language and of the picture."""

    page: str
    image: str
    locale: str


def link_to(campaign: Campaign) -> Link:
    image = files.card_address(campaign) or static("campaigns/social-card.jpg")
    return Link(
        page=f"{settings.PUBLIC_URL}{campaign.get_absolute_url()}",
        image=f"{settings.PUBLIC_URL}{image}",
        locale=LOCALES[translation.get_language() or settings.LANGUAGE_CODE],
    )
