"""The report of a campaign that has ended: as a page, to print, as files, and at an address that
can be sent on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from campaigns.artwork import files
from campaigns.dashboard import access, charts, spreadsheet
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_editors, for_members
from campaigns.fan import page_context
from campaigns.fan.languages import in_fans_language
from campaigns.headers import (
    WITHOUT_FORMS,
    as_download,
    at_secret_address,
    with_policy,
    without_session,
)
from campaigns.models import Campaign
from campaigns.planning import report_links
from campaigns.status.overview import standing_of
from campaigns.status.report import Report, as_json, as_rows, has_report, report_of


@for_members
@require_safe
def campaign_report(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    campaign = access.campaign_seen_by(request.user, slug)
    if not has_report(campaign):
        return redirect("dashboard-campaign", slug)
    now = timezone.now()
    token = report_links.token_of(campaign)
    context = {
        **_shown(campaign, now),
        "artwork": files.renditions(campaign),
        "status": standing_of(campaign, now).status,
        "can_edit": access.may_edit(campaign),
        "shared_url": f"{settings.PUBLIC_URL}{reverse('report', args=[token])}" if token else "",
        "csv_url": reverse("dashboard-campaign-report-csv", args=[slug]),
        "json_url": reverse("dashboard-campaign-report-json", args=[slug]),
    }
    return render(request, "dashboard/report.html", context)


def _shown(campaign: Campaign, now: datetime) -> dict[str, Any]:
    report = report_of(campaign, now)
    return {
        "campaign": campaign,
        "report": report,
        "tells_of_pre_saves": page_context.tells_of_pre_saves(campaign),
        "release_time": report.release_time,
        "by_day": charts.bars([totals.presaves for _day, totals in report.days]),
        "destroyed": charts.bars([number for _at, number in report.destroyed_to_draw]),
    }


@for_members
@require_safe
def campaign_csv(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    return _csv(_report_seen_by(request, slug))


@for_members
@require_safe
def campaign_json(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    return _json(_report_seen_by(request, slug))


def _report_seen_by(request: AuthenticatedRequest, slug: str) -> Report:
    campaign = access.campaign_seen_by(request.user, slug)
    if not has_report(campaign):
        raise Http404
    return report_of(campaign, timezone.now())


@for_editors
@require_POST
def share(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    if has_report(campaign):
        report_links.share(campaign)
    return redirect("dashboard-campaign-report", campaign.slug)


@for_editors
@require_POST
def take_back(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    report_links.take_back(campaign)
    messages.success(request, _("Link withdrawn. It no longer works."))
    return redirect("dashboard-campaign-report", campaign.slug)


@require_safe
@at_secret_address
@without_session
@with_policy(WITHOUT_FORMS)
@in_fans_language
def shared(request: HttpRequest, token: str) -> HttpResponse:
    context = {
        **_shown(_campaign_behind(token), timezone.now()),
        "csv_url": reverse("report-csv", args=[token]),
        "json_url": reverse("report-json", args=[token]),
    }
    return render(request, "dashboard/report_shared.html", context)


@require_safe
@at_secret_address
@without_session
def shared_csv(request: HttpRequest, token: str) -> HttpResponse:
    return _csv(report_of(_campaign_behind(token), timezone.now()))


@require_safe
@at_secret_address
@without_session
def shared_json(request: HttpRequest, token: str) -> HttpResponse:
    return _json(report_of(_campaign_behind(token), timezone.now()))


def _campaign_behind(token: str) -> Campaign:
    campaign = report_links.find(token)
    if campaign is None:
        raise Http404
    return campaign


def _csv(report: Report) -> HttpResponse:
    name = f"{report.campaign.slug}-report.csv"
    return spreadsheet.download(name, ("section", "item", "value"), as_rows(report))


def _json(report: Report) -> HttpResponse:
    headers = as_download(f"{report.campaign.slug}-report.json")
    return JsonResponse(as_json(report), headers=headers, json_dumps_params={"indent": 2})
