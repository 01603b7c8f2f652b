"""What every page about a campaign shows, and what its link brings along where people share it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns import hosts, links
from campaigns.artwork import files
from campaigns.consent import wordings
from campaigns.fan import languages, times, words
from campaigns.models import Campaign
from campaigns.spotify import SCOPE, AppMode, app_mode
from campaigns.status.phase import Phase

# A subscribed calendar asks again for months, in no language of its own: it is not counted, and its
# address names the fan's. Calendar programs take webcal: for "subscribe to it".
SUBSCRIBED: Final = "subscribed"

# Where else to go, and what is shown once the release is out, or the campaign has ended without it.
LINKS_BEFORE: Final = (Phase.DRAFT, Phase.OPENING, Phase.OPEN, Phase.DUE_SOMEWHERE, Phase.DUE)
LINKS_AFTER: Final = (Phase.RELEASING, Phase.FINISHED, Phase.MISSED)
# In letters.
BRIEF_TITLE: Final = 14
BRIEF_WORD: Final = 6
LONG_TITLE: Final = 40
LONGEST_TITLE: Final = 120
SPOTIFY_APPS_URL: Final = "https://www.spotify.com/account/apps/"


def for_site(_request: HttpRequest) -> dict[str, bool]:
    """For every template. What is about one campaign says it of that campaign."""
    return {"offers_pre_save": app_mode() is not AppMode.NONE}


def for_campaign(campaign: Campaign, phase: Phase) -> dict[str, Any]:
    """What every page about a campaign shows."""
    return {
        "phase": phase,
        "campaign": campaign,
        "page_url": hosts.address_of(campaign),
        "subscribe_url": _subscribe_url(campaign),
        "offers_pre_save": offers_pre_save(campaign),
        "leads_with_everyone": leads_with_everyone(campaign, phase),
        "links": _links(campaign, phase),
        "artwork": files.renditions(campaign),
        "release_day": campaign.release_local.date().isoformat(),
        "release_instant": campaign.release_at.astimezone(UTC).isoformat(),
        "release_second": str(int(campaign.release_at.timestamp())),
        "everywhere_at": _everywhere_at(campaign),
        "note": linebreaksbr(campaign.note),
        # Of which the first that exists is taken; see prepared_page.py.
        "consent_template": (wordings.template_of(campaign.consent_version),),
        "listen_url": words.listen_url(campaign),
        "seen": digest_shown(campaign),
        "scope": SCOPE,
        "apps_url": SPOTIFY_APPS_URL,
    }


def _everywhere_at(campaign: Campaign) -> str:
    return times.stated(campaign.everywhere_at, campaign) if campaign.at_local_midnights else ""


def _links(campaign: Campaign, phase: Phase) -> list[links.OtherLink]:
    # With an app the worker sees it come out with the first midnight, and the phase says so.
    if phase is Phase.DUE_SOMEWHERE and not offers_pre_save(campaign):
        phase = Phase.RELEASING_SOMEWHERE
    before = links.named(campaign.links_before, is_out=False)
    if phase in LINKS_BEFORE:
        return before
    after = links.named(campaign.links, is_out=True)
    if phase is Phase.RELEASING_SOMEWHERE:
        # One page for all: of no link it says that there is something to listen to "now".
        shown = {link.url for link in before}
        return before + [link._replace(to_do="") for link in after if link.url not in shown]
    return after if phase in LINKS_AFTER else []


def for_landing(campaign: Campaign, phase: Phase, now: datetime) -> dict[str, Any]:
    """What the landing page shows next to that."""
    return {
        **for_campaign(campaign, phase),
        "release_date": times.announced(campaign, phase, now),
        "countdown_words": times.countdown_words() if phase.is_to_come else "",
        "ground": campaign.artwork_ground.split(),
        "title_size": _title_size(campaign.title),
        "is_long_artist": len(campaign.artist) > LONGEST_TITLE,
        "has_long_name": max(len(campaign.title), len(campaign.artist)) > LONGEST_TITLE,
    }


def _title_size(title: str) -> str:
    """The class of its heading. Short words leave room for large letters."""
    if len(title) > LONG_TITLE:
        return "longest" if len(title) > LONGEST_TITLE else "long"
    is_brief = len(title) <= BRIEF_TITLE and max(map(len, title.split()), default=0) <= BRIEF_WORD
    return "brief" if is_brief else ""


def offers_pre_save(campaign: Campaign) -> bool:
    """Whether this is more than a release page: there is a Spotify app, and something to save. A
    preview has a key before anything is named.
    """
    has_something = campaign.names_a_release or campaign.public_key is not None
    return app_mode() is not AppMode.NONE and has_something


def tells_of_pre_saves(campaign: Campaign) -> bool:
    """Whether its artist reads about pre-saves: it offers them, or has offered them before."""
    return offers_pre_save(campaign) or campaign.public_key is not None


def leads_with_everyone(campaign: Campaign, phase: Phase) -> bool:
    """Whether what works for everyone comes first, as Spotify lets in a few accounts, or none."""
    is_for_testers = app_mode() is AppMode.DEVELOPMENT and not phase.has_ended
    return is_for_testers or not offers_pre_save(campaign)


def digest_shown(campaign: Campaign) -> str:
    """What a start from a page brings along, so that a page which was open while the release
    changed is noticed: the beginning of the digest of what fans agree to.
    """
    return (campaign.agreed_digest or b"").hex()[:16]


def _subscribe_url(campaign: Campaign) -> str:
    calendar = reverse("fan-calendar", args=[campaign.slug])
    return (
        f"webcal://{hosts.site_of(campaign.label_id).partition('://')[2]}{calendar}"
        f"?{SUBSCRIBED}=1&{languages.PARAMETER}={translation.get_language()}"
    )


# Networks want a territory with each language.
LOCALES: Final = {
    "en": "en_US",
    "es": "es_ES",
    "pt-br": "pt_BR",
    "de": "de_DE",
    "fr": "fr_FR",
    "ja": "ja_JP",
}


def for_shared_link(campaign: Campaign, phase: Phase) -> dict[str, str]:
    """https://ogp.me"""
    return {
        "card_url": card_url(campaign.label_id, campaign),
        "locale": LOCALES[translation.get_language() or settings.LANGUAGE_CODE],
        "shared_description": _description(campaign, phase),
    }


def card_url(label_id: UUID, campaign: Campaign | None) -> str:
    """The picture that networks show with a link: the release's, or without one the product's."""
    own = files.card_address(campaign) if campaign else ""
    return f"{hosts.site_of(label_id)}{own or static('campaigns/social-card.jpg')}"


def _description(campaign: Campaign, phase: Phase) -> str:
    if phase.is_out and not offers_pre_save(campaign):
        return _("Out now")
    if phase.is_out:
        return _("Out now. Listen on Spotify.")
    if phase.has_ended:
        return _("This pre-save has ended.")
    if leads_with_everyone(campaign, phase):
        return _("Add it to your calendar, so you know when it's out.")
    return _("Pre-save it on Spotify with one permission, which is destroyed after the save.")
