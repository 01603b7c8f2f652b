"""What a campaign's page offers under More, and the list next to a campaign: duplicate, archive,
delete a draft.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_editors, to_page
from campaigns.models import Campaign, CampaignState
from campaigns.planning import archiving, copying
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.status.sentences import release_time


@for_editors
@require_POST
def campaign_duplicate(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    copy = copying.duplicate(campaign, timezone.now(), request.user)
    messages.success(
        request,
        _("This draft is a copy of “{title}”. Check the release, its codes and the time.").format(
            title=campaign.title
        ),
    )
    if copy.release_at != campaign.release_at:
        messages.info(
            request,
            _("The old release time has passed, so the copy has a new one: {time}.").format(
                time=release_time(copy)
            ),
        )
    return redirect("dashboard-campaign-edit", copy.slug)


@for_editors
@require_POST
def campaign_archive(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    archiving.archive(campaign, timezone.now(), request.user)
    messages.success(
        request,
        _("“{title}” archived. Find it under the Archived filter.").format(title=campaign.title),
    )
    return _back(request, campaign)


@for_editors
@require_POST
def campaign_unarchive(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    archiving.unarchive(campaign, request.user)
    messages.success(request, _("“{title}” unarchived.").format(title=campaign.title))
    return _back(request, campaign)


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_delete(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    if request.method == "POST":
        archiving.delete_draft(campaign, request.user)
        messages.success(request, _("Draft “{title}” deleted.").format(title=campaign.title))
        return redirect("dashboard")
    if campaign.state != CampaignState.DRAFT:
        raise PlanningError(Obstacle.ONLY_DRAFTS_ARE_DELETED)
    return render(request, "dashboard/campaign_delete.html", {"campaign": campaign})


def _back(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """To the list as it was, if the form stood there."""
    if "list" not in request.POST:
        return to_page(campaign)
    shown = QueryDict(request.POST["list"]).urlencode()
    return redirect(f"{reverse('dashboard')}?{shown}".rstrip("?"))
