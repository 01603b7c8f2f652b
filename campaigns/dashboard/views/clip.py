"""The page on which an artist uploads a campaign's clip, hears it and removes it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.clip_form import ClipForm
from campaigns.dashboard.guards import for_editors
from campaigns.models import Campaign
from campaigns.planning import clips


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_clip(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    if "remove" in request.POST:
        clips.remove(campaign, request.user)
        messages.success(request, gettext("Clip removed."))
        return redirect("dashboard-campaign-clip", campaign.slug)
    form = ClipForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        start, clip = form.cleaned_data["start"], form.cleaned_data["clip"]
        clips.store(campaign, clip, request.user)
        span = {"start": _minutes(start), "end": _minutes(start + clip.seconds)}
        text = gettext("Clip saved. It runs from %(start)s to %(end)s of your file.")
        messages.success(request, text % span)
        return redirect("dashboard-campaign-clip", campaign.slug)
    return render(request, "dashboard/clip_form.html", {"form": form, "campaign": campaign})


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
