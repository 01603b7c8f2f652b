"""Links of other services, found under the release's code and proposed to the artist."""

from __future__ import annotations

from typing import Final

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
from campaigns.elsewhere import Answers
from campaigns.gate.paces import Paces
from campaigns.models import Campaign, CampaignState
from campaigns.planning import editing

# The buttons.
SEARCH, ADD = "search", "add"
# Apple takes some twenty calls a minute from one address, and a search makes up to three. So many
# searches may come at once, in each web process, and then one in as many seconds.
OF_LABEL: Final = 3
OF_ALL: Final = 5
SECONDS_EACH: Final = 10
_SEARCHES: Final = Paces()


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def find_links(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """Nobody is asked before the button is pressed, and nothing is added but what is ticked."""
    if not (campaign.upc or campaign.isrc) or campaign.state == CampaignState.CANCELLED:
        return to_page(campaign)
    if ADD in request.POST:
        return _add(request, campaign)
    answers = _search(campaign) if SEARCH in request.POST else None
    if SEARCH in request.POST and answers is None:
        messages.error(request, gettext("Too many searches at once. Try again in a minute."))
    context = {
        "campaign": campaign,
        "is_to_come": campaign.state in (CampaignState.DRAFT, CampaignState.OPEN),
        **(_shown(answers) if answers else {}),
    }
    return render(request, "dashboard/find_links.html", context)


def _search(campaign: Campaign) -> Answers | None:
    turns = {f"label {campaign.label_id}": OF_LABEL, "all": OF_ALL}
    if not all(_SEARCHES.take(sender, 1 / SECONDS_EACH, most) for sender, most in turns.items()):
        return None
    country = campaign.market or settings.SPOTIFY_MARKET
    return elsewhere.find(campaign.upc, campaign.isrc, country)


def _shown(answers: Answers) -> dict[str, object]:
    found = [
        (link, page)
        for page in answers.pages
        if _can_be_added(page.link)
        for link in links.named([page.link], is_out=True)
    ]
    return {"was_asked": True, "found": found, "silent": answers.silent}


def _can_be_added(link: str) -> bool:
    try:
        return links.parse_links(link) == [link]
    except ValidationError:
        return False


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
