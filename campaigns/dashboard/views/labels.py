"""Labels, and the artists they confirmed."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns import hosts
from campaigns.dashboard import access, history
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_editors, for_members, for_owners, to_page
from campaigns.dashboard.sentences import why_not
from campaigns.dashboard.team_forms import ROLE_NAMES, LabelForm, MoveForm
from campaigns.models import Campaign, Label
from campaigns.planning import artist_pages, labels, relabelling
from campaigns.planning.obstacles import PlanningError

NEWEST_ENTRIES: Final = 5


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def label_create(request: AuthenticatedRequest) -> HttpResponse:
    form = LabelForm(request.POST or None)
    if form.is_valid():
        try:
            label = labels.create_label(request.user, form.cleaned_data["name"])
        except PlanningError as error:
            form.add_error("name", why_not(**vars(error)))
        else:
            created = _("Label %(label)s created. Create its first campaign.")
            messages.success(request, created % {"label": label})
            return redirect("dashboard-campaign-create")
    return render(request, "dashboard/label_form.html", {"form": form})


@for_members
@require_safe
def label_detail(request: AuthenticatedRequest, label_id: UUID) -> HttpResponse:
    membership = access.membership_of(request.user, label_id)
    label = membership.label
    site = hosts.site_of(label.id)
    context = {
        "membership": membership,
        "label": label,
        "members": label.memberships.select_related("user").order_by("user__email"),
        "roles": ROLE_NAMES.items(),
        "invitations": label.invitations.open(timezone.now()) if membership.is_owners else [],
        "pages": label.artist_pages.order_by("folded_name"),
        "has_more_artists": bool(artist_pages.artists_without_page(label)),
        "site": site,
        "public_host": site.partition("://")[2],
        "artists": label.artists.order_by("folded_name", "confirmed_at"),
        "newest": history.tell(label.history.select_related("by")[:NEWEST_ENTRIES]),
    }
    return render(request, "dashboard/label_detail.html", context)


@for_owners
@require_http_methods(["GET", "HEAD", "POST"])
def label_rename(request: AuthenticatedRequest, label: Label) -> HttpResponse:
    form = LabelForm(request.POST or None, initial={"name": label.name})
    if form.is_valid():
        try:
            labels.rename_label(label, form.cleaned_data["name"], request.user)
        except PlanningError as error:
            form.add_error("name", why_not(**vars(error)))
        else:
            messages.success(request, _("Label renamed."))
            return redirect("dashboard-label", label.id)
    return render(request, "dashboard/label_form.html", {"form": form, "label": label})


@for_members
@require_POST
def artist_remove(request: AuthenticatedRequest, label_id: UUID, artist_id: int) -> HttpResponse:
    label = access.label_edited_by(request.user, label_id)
    labels.remove_artist(get_object_or_404(label.artists, id=artist_id), request.user)
    removed = _("Artist removed. Presave asks again when this artist is found.")
    messages.success(request, removed)
    return redirect("dashboard-label", label.id)


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_relabel(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """Move a campaign to another label of the same editor's."""
    others = access.labels_edited_by(request.user).exclude(id=campaign.label_id)
    form = MoveForm(request.POST or None, labels=others)
    if form.is_valid():
        label = form.cleaned_data["label"]
        relabelling.move_to_label(campaign, label, request.user)
        moved = _("Campaign moved to %(label)s.")
        messages.success(request, moved % {"label": label})
        return to_page(campaign)
    context = {"form": form, "campaign": campaign, "labels": others}
    return render(request, "dashboard/campaign_relabel.html", context)
