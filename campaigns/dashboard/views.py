"""What an artist sees: campaigns, and the forms to make, change, open and cancel them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from functools import wraps
from io import BytesIO
from typing import Any, Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.forms import ReauthenticateForm
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.signing import BadSignature
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns import links, spotify
from campaigns.artwork import files
from campaigns.artwork.encoding import CONTENT_TYPES
from campaigns.artwork.files import ArtworkError
from campaigns.catalogue.markets import market_of
from campaigns.catalogue.names import Names
from campaigns.dashboard import access, found
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.forms import CampaignForm, LabelForm, LinksForm
from campaigns.dashboard.sentences import why_not
from campaigns.models import (
    EDITING_ROLES,
    Campaign,
    CampaignState,
    DailyCount,
    PauseReason,
    ReminderCount,
)
from campaigns.planning import accepting, editing, labels, transitions
from campaigns.planning.looking_up import Found
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.spotify import SpotifyError
from campaigns.status import heartbeat, overview
from campaigns.status.entries import choices_of
from campaigns.status.overview import Standing, standing_of
from campaigns.status.progress import backlog_of, progress_of
from campaigns.status.sentences import release_time, release_time_in_utc, sentence

# The button that asks for a look.
LOOK_UP: Final = "look_up"
LOOKED_FOR: Final = "Noted. Presave is checking it now."
NOT_ANSWERED: Final = (
    "Spotify shows a different title or artist. Edit the campaign and say whether it is your "
    "release before you open it."
)

View = TypeVar("View", bound=Callable[..., HttpResponse])


def for_members(view: View) -> View:
    """Behind the log-in, and never kept by any cache."""
    return never_cache(login_required(view))


def for_editors(view: Callable[[AuthenticatedRequest, Campaign], HttpResponse]) -> Any:
    """A member's act on the campaign that a form was shown for; another one may have its address
    by now. An obstacle is told on the campaign's page.
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
            return _to_page(campaign)

    return act


def _to_page(campaign: Campaign) -> HttpResponse:
    return redirect("dashboard-campaign", campaign.slug)


@for_members
@require_safe
def campaign_list(request: AuthenticatedRequest) -> HttpResponse:
    now = timezone.now()
    items = overview.list_items(access.campaigns_of(request.user).with_waiting_fans(now), now)
    memberships = list(request.user.memberships.select_related("label").order_by("label__name"))
    context = {
        "items": items,
        "worker_warning": heartbeat.worker_warning([item["campaign"] for item in items]),
        "memberships": memberships,
        "can_create": any(membership.role in EDITING_ROLES for membership in memberships),
    }
    return render(request, "dashboard/campaign_list.html", context)


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def label_create(request: AuthenticatedRequest) -> HttpResponse:
    form = LabelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        label = labels.create_label(request.user, form.cleaned_data["name"])
        messages.success(request, f"Label {label} created. Create its first campaign.")
        return redirect("dashboard-campaign-create")
    return render(request, "dashboard/label_form.html", {"form": form})


@for_members
@require_safe
def label_detail(request: AuthenticatedRequest, label_id: UUID) -> HttpResponse:
    membership = access.membership_of(request.user, label_id)
    artists = membership.label.artists.order_by("folded_name", "confirmed_at")
    context = {"membership": membership, "label": membership.label, "artists": artists}
    return render(request, "dashboard/label_detail.html", context)


@for_members
@require_POST
def artist_remove(request: AuthenticatedRequest, label_id: UUID, artist_id: int) -> HttpResponse:
    label = access.label_edited_by(request.user, label_id)
    labels.remove_artist(get_object_or_404(label.artists, id=artist_id), request.user)
    messages.success(request, "Artist removed. Presave asks again when this artist is found.")
    return redirect("dashboard-label", label.id)


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_create(request: AuthenticatedRequest) -> HttpResponse:
    if not access.labels_edited_by(request.user).exists():
        messages.info(request, "A campaign belongs to a label. Create one first.")
        return redirect("dashboard-label-create")
    form = CampaignForm(
        request.POST or None, request.FILES or None, user=request.user, now=timezone.now()
    )
    if LOOK_UP in request.POST:
        form.look_up()
    elif campaign := form.save():
        return _saved(request, campaign, form)
    return render(request, "dashboard/campaign_form.html", {"form": form})


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
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(
            {
                "status": standing.status.value,
                "counts": {**asdict(totals), "pending": totals.pending},
                "progress": asdict(progress) if progress else None,
            }
        )
    context = {
        **_told(standing, backlog.waiting, now),
        "counts": totals,
        "progress": progress,
        "worker_warning": worker_warning,
        "artwork": files.renditions(campaign),
        "public_url": f"{settings.PUBLIC_URL}{campaign.get_absolute_url()}",
        "can_edit": access.may_edit(campaign),
        "links": links.named(campaign.links),
        "reminders": ReminderCount.objects.totals_of(campaign.id),
        "history": campaign.history.select_related("by"),
        "in_development_mode": settings.SPOTIFY_APP_MODE == "development",
    }
    return render(request, "dashboard/campaign_detail.html", context)


def _told(standing: Standing, waiting_fans: int, now: datetime) -> dict[str, Any]:
    """Where the campaign stands, in words."""
    campaign = standing.campaign
    explanation = overview.explanation_of(standing, waiting_fans)
    return {
        "campaign": campaign,
        "status": standing.status,
        "is_passing": standing.is_passing,
        "trouble": explanation if standing.trouble else None,
        "next_step": overview.next_step(standing, explanation, now),
        "finding": overview.finding(standing),
        "saved_as": overview.saved_as(standing),
        "choices": choices_of(campaign, now.date()),
        "can_resume": PauseReason(campaign.paused_reason).is_resumable,
        "too_early": overview.too_early_to_open(campaign, now),
        "release_time": release_time(campaign),
        "release_time_in_utc": release_time_in_utc(campaign),
    }


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_edit(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    if campaign.has_ended:
        raise PlanningError(Obstacle.ENDED)
    form = CampaignForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        now=timezone.now(),
        campaign=campaign,
    )
    if LOOK_UP in request.POST:
        form.look_up()
    elif changed := form.save():
        return _saved(request, changed, form)
    elif request.method != "POST" and (shown := found.unseal(request.GET.get("found", ""))):
        form.show_earlier(shown)
    context = {
        "form": form,
        "campaign": campaign,
        "artwork": files.renditions(campaign),
        "counts": DailyCount.objects.totals_of(campaign.id),
        "sent": campaign.presaves.sent().count(),
    }
    return render(request, "dashboard/campaign_form.html", context)


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_links(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """The links of a finished campaign; before, they are part of its form."""
    if campaign.state != CampaignState.FINISHED:
        return redirect("dashboard-campaign-edit", campaign.slug)
    form = LinksForm(request.POST or None, initial={"links": campaign.links})
    if form.is_valid():
        editing.change_links(campaign, form.cleaned_data["links"])
        messages.success(request, "Saved. The page shows these links from now on.")
        return _to_page(campaign)
    context = {"form": form, "campaign": campaign}
    return render(request, "dashboard/links_form.html", context)


@for_editors
@require_POST
def campaign_open(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    try:
        transitions.open_campaign(campaign, timezone.now())
    except PlanningError as error:
        if not error.found:
            raise
        messages.error(request, why_not(**vars(error)))
        shown = Found(Names.of(campaign), market_of(campaign), (error.found,))
        form = reverse("dashboard-campaign-edit", args=[campaign.slug])
        return redirect(f"{form}?{urlencode({'found': found.seal(shown)})}")
    return _to_page(campaign)


@for_members
@require_safe
def cover(request: AuthenticatedRequest, sealed: str) -> HttpResponse:
    """The cover of what was found, from here: a page asks nobody else for anything."""
    try:
        picture = files.small_jpeg(BytesIO(spotify.fetch_cover(found.cover_behind(sealed))))
    except (BadSignature, SpotifyError, ArtworkError):
        raise Http404 from None
    return HttpResponse(picture, content_type=CONTENT_TYPES[".jpg"])


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_cancel(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    if request.method == "POST":
        erased = transitions.cancel_campaign(campaign, timezone.now())
        sent = campaign.presaves.cancelled_with_campaign().exclude(sent_at=None).count()
        messages.success(request, sentence("cancelled", campaign, erased=erased, sent=sent))
        return _to_page(campaign)
    if campaign.has_ended:
        raise PlanningError(Obstacle.ENDED)
    pending = campaign.presaves.pending()
    numbers = {"pending": pending.count(), "sent": pending.exclude(sent_at=None).count()}
    return render(request, "dashboard/campaign_cancel.html", {"campaign": campaign, **numbers})


@for_editors
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_accept(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """“This is it”, said of what the catalogue shows under another title or artist."""
    found_uri = (request.POST or request.GET).get("found_uri", campaign.found_uri)
    entry = accepting.asked_about(campaign, found_uri)
    if request.method == "POST" and request.POST.get("shown") != entry.digest:
        raise PlanningError(Obstacle.FOUND_CHANGED)
    form = ReauthenticateForm(request.POST or None, user=request.user)
    if form.is_valid():
        accepting.accept_found(campaign, entry, request.user, timezone.now())
        messages.success(request, LOOKED_FOR)
        return _to_page(campaign)
    pending = campaign.presaves.pending().count()
    context = {
        "form": form,
        "campaign": campaign,
        "entry": entry,
        "pending": pending,
        "now": timezone.now(),
    }
    return render(request, "dashboard/campaign_accept.html", context)


@for_editors
@require_POST
def campaign_choose(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    """One of several entries of the catalogue's is the release."""
    accepting.choose(campaign, request.POST.get("pick", ""), request.user, timezone.now())
    messages.success(request, LOOKED_FOR)
    return _to_page(campaign)


@for_editors
@require_POST
def campaign_resume(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    transitions.resume(campaign)
    messages.success(request, "Campaign resumed.")
    return _to_page(campaign)


def _saved(request: AuthenticatedRequest, campaign: Campaign, form: CampaignForm) -> HttpResponse:
    """Say the release time once more in UTC: a slip in the time zone shows there."""
    text = f"Saved. The release is set for {release_time(campaign)}."
    if campaign.release_zone != "UTC":
        text += f" This is {release_time_in_utc(campaign)}."
    messages.success(request, text)
    if too_early := overview.too_early_to_open(campaign, timezone.now()):
        messages.warning(request, too_early)
    if served := overview.served_before(campaign):
        messages.info(request, served)
    if form.is_unanswered and campaign.state == CampaignState.DRAFT:
        messages.warning(request, NOT_ANSWERED)
    return _to_page(campaign)
