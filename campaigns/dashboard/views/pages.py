"""A label's pages for its artists."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.dashboard import access
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_members
from campaigns.dashboard.sentences import why_not
from campaigns.dashboard.team_forms import ArtistPageForm
from campaigns.planning import artist_pages
from campaigns.planning.obstacles import Obstacle, PlanningError


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: AuthenticatedRequest, label_id: UUID) -> HttpResponse:
    label = access.label_edited_by(request.user, label_id)
    artists = artist_pages.artists_without_page(label)
    form = ArtistPageForm(request.POST or None, artists=artists)
    if form.is_valid():
        name, handle = form.cleaned_data["artist"], form.cleaned_data["handle"]
        try:
            page = artist_pages.create(label, name, handle, request.user)
        except PlanningError as error:
            of_address = error.obstacle is Obstacle.ADDRESS_TAKEN
            form.add_error("handle" if of_address else "artist", why_not(**vars(error)))
        else:
            created = _("The page for %(artist)s is on.")
            messages.success(request, created % {"artist": page.name})
            return redirect("dashboard-label", label.id)
    context = {"form": form, "label": label, "artists": artists}
    return render(request, "dashboard/artist_page_form.html", context)


@for_members
@require_POST
def switch(request: AuthenticatedRequest, label_id: UUID, page_id: int) -> HttpResponse:
    label = access.label_edited_by(request.user, label_id)
    page = get_object_or_404(label.artist_pages.select_related("label"), id=page_id)
    is_on = request.POST.get("on") == "1"
    artist_pages.switch(page, is_on, request.user)
    told = _("The page for %(artist)s is on.") if is_on else _("The page for %(artist)s is off.")
    messages.success(request, told % {"artist": page.name})
    return redirect("dashboard-label", label.id)
