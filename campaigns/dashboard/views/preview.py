"""Previews of a campaign's page: beside its form, and behind a link for the team."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.dashboard import access, preview
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.forms import CampaignForm
from campaigns.dashboard.guards import for_editors, for_members, to_page
from campaigns.headers import (
    IN_OUR_FRAME,
    WITHOUT_FORMS,
    at_secret_address,
    with_policy,
    without_session,
)
from campaigns.models import Campaign
from campaigns.planning import previewing


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
@xframe_options_sameorigin
@with_policy(IN_OUR_FRAME)
def of_form(request: AuthenticatedRequest) -> HttpResponse:
    """The page as the form stands. Nothing is stored but a picture that comes along."""
    campaign_id = request.POST.get("campaign") or request.GET.get("campaign")
    campaign = access.campaign_edited_by(request.user, "", campaign_id) if campaign_id else None
    now = timezone.now()
    form = CampaignForm(
        request.POST or None, request.FILES or None, user=request.user, now=now, campaign=campaign
    )
    form.come_back()
    return preview.answer(request, form.previewed, now, form.picture, in_a_frame=True)


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
@at_secret_address
def of_team(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    campaign = previewing.campaign_behind(token, now)
    if campaign is None:
        raise Http404
    return preview.answer(request, campaign, now)


@for_editors
@require_POST
def link(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    if "withdraw" in request.POST:
        previewing.withdraw_link(campaign)
        messages.success(request, gettext("Preview link withdrawn. It no longer works."))
    else:
        previewing.make_link(campaign, timezone.now())
        messages.success(request, gettext("Preview link created. It works for seven days."))
    return to_page(campaign)
