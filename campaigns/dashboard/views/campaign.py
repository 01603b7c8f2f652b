"""A campaign's page, and what its editors do there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns import hosts, links
from campaigns.artwork import files
from campaigns.catalogue.markets import market_of
from campaigns.catalogue.names import Names
from campaigns.dashboard import access, charts, found
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import (
    back,
    came_from,
    confirm_identity,
    for_editors,
    for_members,
    to_page,
)
from campaigns.dashboard.sentences import why_not
from campaigns.fan import page_context
from campaigns.models import (
    Campaign,
    DailyCount,
    PauseReason,
)
from campaigns.planning import accepting, looking_up, previewing, transitions
from campaigns.planning.looking_up import Found
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.spotify import DEVELOPMENT_MODE_URL, QUOTA_MODES_URL, app_mode
from campaigns.status import checks, heartbeat, night, numbers, overview
from campaigns.status.endings import done
from campaigns.status.entries import choices_of
from campaigns.status.overview import Standing, standing_of
from campaigns.status.phase import Phase
from campaigns.status.progress import backlog_of, progress_of
from campaigns.status.sentences import release_time, release_time_in_utc, sentence

LOOKED_FOR: Final = gettext_lazy("Thanks. Presave is checking it now.")


@for_members
@require_safe
def campaign_detail(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    campaign = access.campaign_seen_by(request.user, slug)
    standing, totals = standing_of(campaign, now), DailyCount.objects.totals_of(campaign.id)
    backlog, worker_warning = backlog_of(standing, now), heartbeat.worker_warning([campaign])
    progress = progress_of(standing, totals, backlog, now)
    if progress and worker_warning:
        progress = replace(progress, text=worker_warning)
    context = {
        **told(standing, backlog.waiting, now),
        "counts": totals,
        "done": done(campaign, totals, now),
        "progress": progress,
        "presaves_by_day": charts.bars(list(numbers.presaves_by_day(campaign, now).values())),
        "next_midnight": next_midnight(standing, now),
        "worker_warning": worker_warning,
        "artwork": files.renditions(campaign),
        "public_url": hosts.address_of(campaign),
        "can_edit": access.may_edit(campaign),
        "checks": checks.before_opening(campaign, now) if standing.phase is Phase.DRAFT else [],
        "preview_url": _preview_url(campaign, now),
        "links_before": links.named(campaign.links_before, is_out=False),
        "links": links.named(campaign.links, is_out=True),
        "app_mode": app_mode(),
        "development_mode_url": DEVELOPMENT_MODE_URL,
        "quota_modes_url": QUOTA_MODES_URL,
    }
    return render(request, "dashboard/campaign_detail.html", context)


def next_midnight(standing: Standing, now: datetime) -> datetime | None:
    """When the next fans are due, while the release goes around the Earth."""
    if not (standing.phase.is_releasing and standing.campaign.at_local_midnights):
        return None
    to_come = standing.campaign.presaves.waiting().filter(due_at__gt=now)
    return to_come.order_by("due_at").values_list("due_at", flat=True).first()


def _preview_url(campaign: Campaign, now: datetime) -> str:
    if not previewing.has_link(campaign, now):
        return ""
    return f"{settings.PUBLIC_URL}{reverse('preview', args=[previewing.token_of(campaign)])}"


def told(standing: Standing, waiting_fans: int, now: datetime) -> dict[str, Any]:
    """Where the campaign stands, in words: what every page of a campaign shows."""
    campaign = standing.campaign
    explanation = overview.explanation_of(standing, waiting_fans)
    return {
        "campaign": campaign,
        "tells_of_pre_saves": page_context.tells_of_pre_saves(campaign),
        "status": standing.status,
        "is_passing": standing.is_passing,
        "trouble": explanation if standing.trouble else None,
        "next_step": overview.next_step(
            standing, explanation, now, may_edit=access.may_edit(campaign)
        ),
        "finding": overview.finding(standing),
        "saved_as": overview.saved_as(standing),
        "choices": choices_of(campaign, now.date()),
        "can_resume": PauseReason(campaign.paused_reason).is_resumable,
        "leads_to_night": night.is_near(campaign, now),
        "too_early": overview.too_early_to_open(campaign, now),
        "release_time": release_time(campaign),
        "release_time_in_utc": release_time_in_utc(campaign),
    }


@for_editors
@require_POST
def campaign_check(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """Look whether Spotify shows a draft's release."""
    looking_up.check_draft(campaign, timezone.now())
    return to_page(campaign)


@for_editors
@require_POST
def campaign_open(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    try:
        transitions.open_campaign(campaign, timezone.now(), request.user)
    except PlanningError as error:
        if not error.found:
            raise
        messages.error(request, why_not(**vars(error)))
        shown = Found(Names.of(campaign), market_of(campaign), (error.found,))
        form = reverse("dashboard-campaign-edit", args=[campaign.slug])
        return redirect(f"{form}?{urlencode({'found': found.seal(shown)})}")
    return to_page(campaign)


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_cancel(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    if request.method == "POST":
        confirm_identity(request)
        erased = transitions.cancel_campaign(campaign, timezone.now(), request.user)
        fans = campaign.presaves.cancelled_with_campaign()
        told = {
            "erased": erased,
            "sent": fans.exclude(sent_at=None).count(),
            "on_their_way": fans.filter(sent_at=None).exclude(in_doubt=None).count(),
        }
        messages.success(request, sentence("cancelled", campaign, **told))
        return to_page(campaign)
    if campaign.has_ended:
        raise PlanningError(Obstacle.ENDED)
    context = {
        "campaign": campaign,
        "pending": DailyCount.objects.totals_of(campaign.id).pending,
        "sent": campaign.presaves.sent().count() + campaign.presaves.put_back().count(),
    }
    return render(request, "dashboard/campaign_cancel.html", context)


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_accept(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """“This is it”, said of what the catalogue shows under another title or artist."""
    found_uri = (request.POST or request.GET).get("found_uri", campaign.found_uri)
    entry = accepting.asked_about(campaign, found_uri)
    if request.method == "POST":
        if request.POST.get("shown") != entry.digest:
            raise PlanningError(Obstacle.FOUND_CHANGED)
        confirm_identity(request)
        accepting.accept_found(campaign, entry, request.user)
        messages.success(request, LOOKED_FOR)
        return back(request, campaign)
    context = {
        "campaign": campaign,
        "entry": entry,
        "pending": DailyCount.objects.totals_of(campaign.id).pending,
        "came_from": came_from(request),
        "now": timezone.now(),
    }
    return render(request, "dashboard/campaign_accept.html", context)


@for_editors
@require_POST
def campaign_choose(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """One of several entries of the catalogue's is the release."""
    confirm_identity(request)
    accepting.choose(campaign, request.POST.get("pick", ""), request.user)
    messages.success(request, LOOKED_FOR)
    return back(request, campaign)


@for_editors
@require_POST
def campaign_resume(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    transitions.resume(campaign, request.user)
    messages.success(request, gettext("Campaign resumed."))
    return back(request, campaign)
