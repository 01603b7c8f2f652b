"""The list of campaigns."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.dashboard import access
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_members
from campaigns.dashboard.list_filter import STATES, ListFilter, Tally, searchable, tally
from campaigns.doctor import banner
from campaigns.models import EDITING_ROLES, Campaign, CampaignQuerySet, Membership, Role
from campaigns.status import heartbeat, overview
from campaigns.status.overview import ListItem
from campaigns.status.parts import Part, in_parts

A_PAGE: Final = 50
# Seconds until the page looks again; sooner where something is under way.
SOON, LATER = 10, 30


@for_members
@require_safe
def campaign_list(request: AuthenticatedRequest) -> HttpResponse:
    now, chosen = timezone.now(), ListFilter(request.GET)
    every = searchable(in_parts(access.campaigns_of(request.user), now))
    counts = tally(every, chosen.condition)
    page = page_of(counts, request.GET.get("page"))
    campaigns = shown_on(page, counts, every.filter(chosen.condition).with_waiting_fans(now))
    groups = grouped(overview.list_items(campaigns, now))
    context = {
        "chosen": chosen.chosen,
        "states": STATES,
        "counts": counts,
        "page": page,
        "groups": groups,
        "out_total": counts.shown[Part.OUT],
        "out_is_open": bool(chosen.chosen) or not (groups.needs_you or groups.coming),
        "refresh": SOON if counts.shown[Part.AT_HAND] else LATER,
        "worker_warning": heartbeat.worker_warning(campaigns),
        **_rights(request, campaigns),
    }
    if any(membership.role == Role.OWNER for membership in context["memberships"]):
        context["site_troubles"] = banner.troubles(now)
    return render(request, "dashboard/campaign_list.html", context)


def _rights(request: AuthenticatedRequest, campaigns: Collection[Campaign]) -> dict[str, Any]:
    """What the member sees and may do."""
    mine: list[Membership] = list(
        request.user.memberships.select_related("label").order_by("label__name")
    )
    return {
        "memberships": mine,
        "can_create": any(membership.role in EDITING_ROLES for membership in mine),
        "editable": {campaign.id for campaign in campaigns if access.may_edit(campaign)},
    }


def page_of(counts: Tally, number: str | None) -> Page[int]:
    """The page's places among what comes and what is out. Whatever may need a hand comes on top of
    the first page, however much that is.
    """
    places = range(counts.shown[Part.COMING] + counts.shown[Part.OUT])
    return Paginator(places, A_PAGE).get_page(number)


def shown_on(page: Page[int], counts: Tally, campaigns: CampaignQuerySet) -> list[Campaign]:
    at_hand, before = counts.shown[Part.AT_HAND], (page.number - 1) * A_PAGE
    first = at_hand + before if page.has_previous() else 0
    return list(campaigns[first : at_hand + before + A_PAGE])


@dataclass(frozen=True)
class Groups:
    needs_you: list[ListItem]
    coming: list[ListItem]
    out: list[ListItem]


def grouped(items: Iterable[ListItem]) -> Groups:
    groups = Groups([], [], [])
    for item in items:
        if item.urgency is not None:
            groups.needs_you.append(item)
        else:
            (groups.out if item.campaign.has_ended else groups.coming).append(item)
    groups.needs_you.sort(key=lambda item: (item.urgency, item.campaign.release_at))
    # What is under way comes before what comes; a draft whose time has passed, after it.
    groups.coming.sort(key=lambda item: (bool(item.problem), item.campaign.release_at))
    return groups
