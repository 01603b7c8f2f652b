"""What happened in a label, and to one campaign."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.artwork import files
from campaigns.dashboard import access, history
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_members
from campaigns.status.overview import standing_of


@for_members
@require_safe
def label_history(request: AuthenticatedRequest, label_id: UUID) -> HttpResponse:
    label = access.membership_of(request.user, label_id).label
    page = history.page_of(label.history.all(), request.GET.get("page", ""))
    context = {"label": label, "page": page, "entries": history.tell(page)}
    return render(request, "dashboard/label_history.html", context)


@for_members
@require_safe
def campaign_history(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    campaign = access.campaign_seen_by(request.user, slug)
    page = history.page_of(campaign.history.all(), request.GET.get("page", ""))
    context = {
        "campaign": campaign,
        "status": standing_of(campaign, timezone.now()).status,
        "artwork": files.renditions(campaign),
        "page": page,
        "entries": history.tell(page),
    }
    return render(request, "dashboard/campaign_history.html", context)
