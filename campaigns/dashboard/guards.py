"""Who may act: decorators of the dashboard's views, and the way back to a campaign's page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from campaigns.dashboard import access
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.sentences import why_not
from campaigns.models import Campaign, Label, Membership
from campaigns.planning.obstacles import PlanningError

# What forms of release night's page say of where they stand.
NIGHT: Final = "night"

View = TypeVar("View", bound=Callable[..., HttpResponse])


def for_members(view: View) -> View:
    """Behind the log-in, and never kept by any cache."""
    return never_cache(login_required(view))


def for_editors(view: Callable[[AuthenticatedRequest, Campaign], HttpResponse]) -> Any:
    """A member's act on the campaign that a form was shown for; another one may have its address
    by now. An obstacle is told on the page that it began on; a draft that somebody else has just
    deleted is not there any more.
    """

    @for_members
    @wraps(view)
    def act(request: AuthenticatedRequest, slug: str) -> HttpResponse:
        campaign_id = request.POST.get("campaign", "")
        campaign = access.campaign_edited_by(request.user, slug, campaign_id)
        try:
            return view(request, campaign)
        except PlanningError as error:
            messages.error(request, why_not(**vars(error)))
            return back(request, campaign)
        except Campaign.DoesNotExist:
            raise Http404 from None

    return act


@reauthentication_required  # type: ignore[untyped-decorator]  # allauth ships no types
def confirm_identity(request: AuthenticatedRequest) -> None:
    """Ask who they are before what cannot be undone, unless they have just said so. It raises what
    the account's middleware turns into the question; the same request then comes again.
    """


def for_owners(view: Callable[..., HttpResponse]) -> Any:
    """An owner's act on a label and its members, who has confirmed of late that it is them. An
    obstacle is told on the label's page.
    """

    @for_members
    @wraps(view)
    def act(request: AuthenticatedRequest, label_id: UUID, **named: Any) -> HttpResponse:
        label = access.label_owned_by(request.user, label_id)
        return _on_label(reauthentication_required(view), request, label, **named)

    return act


def for_any_role(view: Callable[..., HttpResponse]) -> Any:
    """As for_owners, of every member of the label."""

    @for_members
    @wraps(view)
    def act(request: AuthenticatedRequest, label_id: UUID) -> HttpResponse:
        membership = access.membership_of(request.user, label_id)
        return _on_label(reauthentication_required(view), request, membership)

    return act


def _on_label(
    view: Callable[..., HttpResponse],
    request: AuthenticatedRequest,
    of: Label | Membership,
    **named: Any,
) -> HttpResponse:
    try:
        return view(request, of, **named)
    except PlanningError as error:
        messages.error(request, why_not(**vars(error)))
        return redirect("dashboard-label", of.label_id if isinstance(of, Membership) else of.id)


def to_page(campaign: Campaign) -> HttpResponse:
    return redirect("dashboard-campaign", campaign.slug)


def came_from(request: AuthenticatedRequest) -> str:
    """On which of the campaign's pages the act began, as its form says it; empty for its first."""
    said = (request.POST or request.GET).get("from", "")
    return said if said == NIGHT else ""


def back(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """To the page that the act began on."""
    if came_from(request) == NIGHT:
        return redirect("dashboard-campaign-night", campaign.slug)
    return to_page(campaign)
