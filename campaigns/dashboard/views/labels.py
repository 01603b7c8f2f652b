"""Labels and the artists they confirmed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.dashboard import access
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.forms import LabelForm
from campaigns.dashboard.guards import for_members
from campaigns.dashboard.sentences import why_not
from campaigns.planning import labels
from campaigns.planning.obstacles import PlanningError


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def label_create(request: AuthenticatedRequest) -> HttpResponse:
    form = LabelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            label = labels.create_label(request.user, form.cleaned_data["name"])
        except PlanningError as error:
            messages.error(request, why_not(**vars(error)))
            return redirect("dashboard")
        messages.success(request, f"Label {label} created. Create its first campaign.")
        return redirect("dashboard-campaign-create")
    return render(request, "dashboard/label_form.html", {"form": form})


@for_members
@require_safe
def label_detail(request: AuthenticatedRequest, label_id: UUID) -> HttpResponse:
    membership = access.membership_of(request.user, label_id)
    artists = membership.label.artists.order_by("folded_name", "confirmed_at")
    context = {"membership": membership, "label": membership.label, "artists": artists}
    return render(request, "dashboard/label_detail.html", context)


@for_members
@require_POST
def artist_remove(request: AuthenticatedRequest, label_id: UUID, artist_id: int) -> HttpResponse:
    label = access.label_edited_by(request.user, label_id)
    labels.remove_artist(get_object_or_404(label.artists, id=artist_id), request.user)
    messages.success(request, "Artist removed. Presave asks again when this artist is found.")
    return redirect("dashboard-label", label.id)
