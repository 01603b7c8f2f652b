"""Links of other services, found under the release's code and proposed to the artist."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from campaigns import elsewhere, links
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_editors, to_page
from campaigns.models import Campaign, CampaignState
from campaigns.planning import editing

# The buttons.
SEARCH, ADD = "search", "add"


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def find_links(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """Nobody is asked before the button is pressed, and nothing is added but what is ticked."""
    if not (campaign.upc or campaign.isrc) or campaign.state == CampaignState.CANCELLED:
        return to_page(campaign)
    if ADD in request.POST:
        return _add(request, campaign)
    context = {
        "campaign": campaign,
        "is_to_come": campaign.state in (CampaignState.DRAFT, CampaignState.OPEN),
        **(_found(campaign) if SEARCH in request.POST else {}),
    }
    return render(request, "dashboard/find_links.html", context)


def _found(campaign: Campaign) -> dict[str, object]:
    country = campaign.market or settings.SPOTIFY_MARKET
    answers = elsewhere.find(campaign.upc, campaign.isrc, country)
    named = links.named([page.link for page in answers.pages], is_out=True)
    return {
        "was_asked": True,
        "found": list(zip(named, answers.pages, strict=False)),
        "silent": answers.silent,
    }


def _add(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    chosen = {name: request.POST.getlist(name) for name in ("links_before", "links")}
    try:
        editing.add_links(campaign, chosen, request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if any(chosen.values()):
            messages.success(request, gettext("Links added."))
    return to_page(campaign)
