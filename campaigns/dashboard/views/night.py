"""Release night's page: what is ready, what happens, and what can be done now."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.artwork import files
from campaigns.dashboard import access
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import NIGHT, for_members, to_page
from campaigns.dashboard.views.campaign import next_midnight, told
from campaigns.gate import rows
from campaigns.models import CampaignState, DailyCount, Finding
from campaigns.status import heartbeat, night
from campaigns.status.checks import Mark, before_release
from campaigns.status.endings import done
from campaigns.status.night import Night
from campaigns.status.overview import Status, standing_of
from campaigns.status.progress import backlog_of

# What an artist can fix by correcting the link, codes, title or artist.
CORRECTABLE: Final = (
    *(Finding.NOT_THERE_YET, Finding.RELINKED, Finding.DIFFERENT_CODE),
    *(Finding.OTHER_ARTIST, Finding.OTHER_TITLE, Finding.SEVERAL_MATCH),
)


@for_members
@require_safe
def campaign_night(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    campaign = access.campaign_seen_by(request.user, slug)
    if campaign.state == CampaignState.DRAFT:
        return to_page(campaign)
    standing, totals = standing_of(campaign, now), DailyCount.objects.totals_of(campaign.id)
    backlog, gates = backlog_of(standing, now), rows.gates(now).values()
    worker_warning = heartbeat.worker_warning([campaign])
    checks = before_release(campaign, totals, gates, worker_warning, now)
    is_ready = all(check.mark is not Mark.BAD for check in checks)
    seen = Night(standing, totals, backlog, gates, worker_warning, is_ready, now)
    context = told(standing, backlog.waiting, now)
    context |= {
        "night": night.told(seen, context["next_step"], done(campaign, totals, now)),
        "counts": totals,
        "checks": checks,
        "artwork": files.renditions(campaign),
        "can_edit": access.may_edit(campaign),
        "can_correct": standing.phase.is_due
        and standing.status is not Status.CHECKING
        and campaign.last_finding in CORRECTABLE,
        "came_from": NIGHT,
        "now": now,
        "next_midnight": next_midnight(standing, now),
        "countdown": night.countdown(campaign, now),
        "live": night.refresh_seconds(standing, now),
    }
    return render(request, "dashboard/night.html", context)
