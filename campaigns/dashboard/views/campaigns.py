"""The list of campaigns."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.dashboard import access
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_members
from campaigns.models import (
    EDITING_ROLES,
)
from campaigns.status import heartbeat, overview


@for_members
@require_safe
def campaign_list(request: AuthenticatedRequest) -> HttpResponse:
    now = timezone.now()
    items = overview.list_items(access.campaigns_of(request.user).with_waiting_fans(now), now)
    memberships = list(request.user.memberships.select_related("label").order_by("label__name"))
    context = {
        "items": items,
        "worker_warning": heartbeat.worker_warning([item["campaign"] for item in items]),
        "memberships": memberships,
        "can_create": any(membership.role in EDITING_ROLES for membership in memberships),
    }
    return render(request, "dashboard/campaign_list.html", context)
