"""A campaign's numbers: the page, the same as CSV and JSON, and the artist's own source names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from campaigns.artwork import files
from campaigns.dashboard import access, charts, spreadsheet
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_editors, for_members
from campaigns.dashboard.sources import source_called, why_unusable
from campaigns.dashboard.spreadsheet import Cell
from campaigns.fan import page_context
from campaigns.headers import as_download
from campaigns.models import Campaign, Funnel, Source, Step
from campaigns.models.sources import KNOWN, MOST_OPEN, MOST_OWN
from campaigns.status.numbers import Numbers, numbers_of
from campaigns.status.overview import standing_of

HEADER: Final = ("section", "name", "measure", "number")


@for_members
@require_safe
def campaign_numbers(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    campaign = access.campaign_seen_by(request.user, slug)
    standing, numbers = standing_of(campaign, now), numbers_of(campaign, now)
    tells_of_pre_saves = page_context.tells_of_pre_saves(campaign)
    context = {
        "campaign": campaign,
        "status": standing.status,
        "is_passing": standing.is_passing,
        "artwork": files.renditions(campaign),
        "numbers": numbers,
        "charts": _charts(numbers, Step if tells_of_pre_saves else [Step.VISIT]),
        "tells_of_pre_saves": tells_of_pre_saves,
        "sources": _source_rows(numbers),
        "can_edit": access.may_edit(campaign),
        "own_sources": campaign.sources.own(),
        "known_sources": KNOWN,
        "most_own": MOST_OWN,
        "most_open": MOST_OPEN,
    }
    return render(request, "dashboard/numbers.html", context)


def _charts(numbers: Numbers, steps: Iterable[Step]) -> list[dict[str, Any]]:
    """One for each step, with the period that has most."""
    found, periods = [], numbers.periods
    for step in steps:
        counted = [getattr(period.funnel, f"{step}s") for period in periods]
        chart = charts.bars(counted)
        best = periods[counted.index(chart.highest)] if chart.highest else None
        found.append({"step": step, "bars": chart, "best": best})
    return found


def _source_rows(numbers: Numbers) -> list[dict[str, Any]]:
    most = max((funnel.visits for funnel in numbers.sources.values()), default=0)
    return [
        {
            "name": name,
            "funnel": funnel,
            "visits_share": charts.share(funnel.visits, most),
            "presaves_share": charts.share(funnel.presaves, most),
        }
        for name, funnel in numbers.sources.items()
    ]


@for_members
@require_safe
def numbers_csv(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    numbers = numbers_of(access.campaign_seen_by(request.user, slug), timezone.now())
    return spreadsheet.download(f"{slug}-numbers.csv", HEADER, _rows(numbers))


def _rows(numbers: Numbers) -> Iterator[tuple[Cell, ...]]:
    """One number a line, which a pivot table turns as one likes."""
    for measure, number in _measures(numbers.total, numbers.conversion):
        yield "total", "", measure, number
    yield "total", "", "presaves_without_source", numbers.without_source
    for day, funnel in numbers.days.items():
        for measure, number in asdict(funnel).items():
            yield "day", day.isoformat(), measure, number
    for name, funnel in numbers.sources.items():
        for measure, number in _measures(funnel, funnel.conversion):
            yield "source", name, measure, number
    for measure, number in _outcomes(numbers).items():
        yield "outcome", "", measure, number
    for measure, number in asdict(numbers.reminders).items():
        yield "reminder", "", measure, number


def _measures(funnel: Funnel, conversion: float | None) -> list[tuple[str, Cell]]:
    return [*asdict(funnel).items(), ("presaves_per_100_visits", conversion)]


def _outcomes(numbers: Numbers) -> dict[str, int]:
    outcomes = asdict(numbers.outcomes)
    return {"waiting": numbers.outcomes.pending, **outcomes}


@for_members
@require_safe
def numbers_json(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    numbers = numbers_of(access.campaign_seen_by(request.user, slug), now)
    content = {
        "campaign": slug,
        "at": now,
        "total": dict(_measures(numbers.total, numbers.conversion)),
        "presaves_without_source": numbers.without_source,
        "days": [{"day": day, **asdict(funnel)} for day, funnel in numbers.days.items()],
        "sources": [
            {"name": name, **dict(_measures(funnel, funnel.conversion))}
            for name, funnel in numbers.sources.items()
        ],
        "outcomes": _outcomes(numbers),
        "reminders": asdict(numbers.reminders),
    }
    return JsonResponse(content, headers=as_download(f"{slug}-numbers.json"))


@for_editors
@require_POST
def campaign_sources(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """Give a name of the artist's own its place, or take it back. The numbers stay."""
    source = source_called(request.POST.get("name", ""))
    if request.POST.get("act") == "remove":
        campaign.sources.own().filter(name=source.name if source else "").delete()
    elif source is None:
        messages.error(request, why_unusable(request.POST.get("name", "")))
    elif Source.objects.keep(campaign.id, source.name):
        told = gettext("Visits with ?src=%(name)s are counted separately.") % {"name": source.name}
        messages.success(request, told)
    else:
        told = gettext("You've used all %(number)d names. Remove one first.") % {"number": MOST_OWN}
        messages.error(request, told)
    if request.POST.get("from") == "share":
        shown = urlencode({"source": source.name if source else ""})
        share = reverse("dashboard-campaign-share", args=[campaign.slug])
        return redirect(f"{share}?{shown}#links")
    return redirect("dashboard-campaign-numbers", campaign.slug)
