"""The lane without Spotify: calendar files, and the way to Spotify's own Countdown Page."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.http import conditional_page, require_safe

from campaigns import hosts
from campaigns.consent import receipts
from campaigns.fan import calendar_file, languages, page_context
from campaigns.fan.languages import in_fans_language
from campaigns.headers import (
    FILES,
    as_download,
    at_secret_address,
    unlisted,
    with_policy,
    without_session,
)
from campaigns.models import Campaign, ReminderCount, ReminderKind


@require_safe
@without_session
@unlisted
@with_policy(FILES)
@in_fans_language
def calendar(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A download counts. A calendar that looks whether its copy is still right does not."""
    campaign = get_object_or_404(Campaign.objects.public(), slug=slug)
    response = _calendar(request, campaign)
    if response.status_code == 200 and page_context.SUBSCRIBED not in request.GET:
        _count(request, campaign, ReminderKind.CALENDAR)
    return response


@conditional_page
def _calendar(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    address = f"{hosts.address_of(campaign)}{languages.query(languages.chosen(request))}"
    response = _file(campaign, calendar_file.of_landing_page(campaign, address))
    # A shared cache would answer fans whom nobody counts.
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_safe
@at_secret_address
@with_policy(FILES)
@in_fans_language
def receipt_calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Not counted: this fan has pre-saved."""
    presave = receipts.find(token)
    if presave is None:
        raise Http404
    path = reverse("fan-receipt", args=[token])
    address = f"{settings.PUBLIC_URL}{path}{languages.query(languages.chosen(request))}"
    return _file(presave.campaign, calendar_file.of_receipt(presave.campaign, address))


@require_safe
@without_session
@never_cache
@with_policy(FILES)
@in_fans_language
def countdown(request: HttpRequest, slug: str) -> HttpResponse:
    campaigns = Campaign.objects.public().exclude(countdown_url="")
    campaign = get_object_or_404(campaigns, slug=slug)
    _count(request, campaign, ReminderKind.COUNTDOWN)
    return HttpResponseRedirect(campaign.countdown_url)


def _file(campaign: Campaign, content: bytes) -> HttpResponse:
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers=as_download(f"{campaign.slug}.ics"),
    )


def _count(request: HttpRequest, campaign: Campaign, kind: ReminderKind) -> None:
    if request.method == "GET":
        ReminderCount.objects.add(campaign.id, timezone.now(), kind)
