"""The landing page as fans will see it, for those who make it: the fan's own templates, in which
nothing leads anywhere.
"""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from campaigns.artwork.files import Renditions, Srcsets
from campaigns.consent import wordings
from campaigns.dashboard.uploads import SQUARE, Shown
from campaigns.fan import page_context
from campaigns.fan.languages import in_fans_language
from campaigns.models import Campaign, CampaignState
from campaigns.status.phase import phase_of

# For what has not been entered yet.
ADDRESS: Final = "your-page"
_NO_KEY: Final = bytes(32)


@in_fans_language
def answer(
    request: HttpRequest,
    campaign: Campaign,
    now: datetime,
    picture: Shown | None = None,
    *,
    in_a_frame: bool = False,
) -> HttpResponse:
    """The page of that campaign, which need not be stored; with a cover that is not either."""
    shown = as_opened(campaign, now)
    context = page_context.for_landing(shown, phase_of(shown, now), now)
    if picture:
        context["artwork"] = _one_file(picture)
    preview = {
        "is_preview": True,
        "in_a_frame": in_a_frame,
        "preview_until": None if in_a_frame else campaign.preview_until,
    }
    return render(request, "fan/preview.html", {**context, **preview})


def as_opened(campaign: Campaign, now: datetime) -> Campaign:
    """A draft as it will be once it is open; not to be saved."""
    opened = copy(campaign)
    opened.title = campaign.title or gettext("Title")
    opened.artist = campaign.artist or gettext("Artist")
    opened.slug = campaign.slug or ADDRESS
    if campaign.state == CampaignState.DRAFT:
        opened.state, opened.opened_at = CampaignState.OPEN, now
        opened.consent_version = wordings.CURRENT_VERSION
    if opened.state == CampaignState.OPEN and not opened.public_key:
        opened.public_key = _NO_KEY
    return opened


def _one_file(picture: Shown) -> Renditions:
    """Browsers look at the file itself, whatever type it is offered as."""
    only = f"{picture.square} {SQUARE}w"
    return Renditions(only, only, only, Srcsets(only, only, only), picture.square, SQUARE, SQUARE)
