"""The form that creates and changes a campaign."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.core.signing import BadSignature
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from campaigns import spotify
from campaigns.artwork import decoding, files
from campaigns.artwork.cropping import Focus, to_square
from campaigns.artwork.decoding import ArtworkError
from campaigns.artwork.encoding import CONTENT_TYPES, encode
from campaigns.dashboard import access, found, uploads
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.forms import CampaignForm, LinksForm
from campaigns.dashboard.guards import confirm_identity, for_editors, for_members, to_page
from campaigns.headers import WITH_A_FRAME, with_policy
from campaigns.models import (
    Campaign,
    CampaignState,
    DailyCount,
    Finding,
)
from campaigns.planning import editing, looking_up
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.spotify import SpotifyError
from campaigns.status import overview
from campaigns.status.sentences import release_time, release_time_in_utc

# The buttons that ask for a look, and for what was chosen so far.
LOOK_UP: Final = "look_up"
REFRESH: Final = "refresh"
# The widest that the form shows the whole of a picture.
WHOLE: Final = 960
NOT_ANSWERED: Final = gettext_lazy(
    "Spotify shows a different title or artist. Edit the campaign and say whether it's your "
    "release before you open it."
)


@for_members
@with_policy(WITH_A_FRAME)
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_create(request: AuthenticatedRequest) -> HttpResponse:
    if not access.labels_edited_by(request.user).exists():
        return _without_a_label(request)
    form = CampaignForm(
        request.POST or None, request.FILES or None, user=request.user, now=timezone.now()
    )
    if campaign := _stored(request, form):
        return _saved(request, campaign, form)
    return render(request, "dashboard/campaign_form.html", {"form": form})


def _without_a_label(request: AuthenticatedRequest) -> HttpResponse:
    if request.user.memberships.exists():
        messages.info(request, gettext("Only owners and editors can create campaigns."))
        return redirect("dashboard")
    messages.info(request, gettext("A campaign belongs to a label. Create one first."))
    return redirect("dashboard-label-create")


def _stored(request: AuthenticatedRequest, form: CampaignForm) -> Campaign | None:
    """The campaign, if it is saved now; else the form comes back, with all that was chosen."""
    if REFRESH in request.POST:
        form.refresh()
        return None
    if LOOK_UP in request.POST:
        form.look_up()
    elif campaign := _confirmed(request, form).save():
        return campaign
    form.come_back()
    return None


@for_editors
@with_policy(WITH_A_FRAME)
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
    if changed := _stored(request, form):
        return _saved(request, changed, form)
    if request.method != "POST" and (shown := found.unseal(request.GET.get("found", ""))):
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
        editing.change_links(campaign, form.cleaned_data["links"], request.user)
        messages.success(request, gettext("Links saved. The page shows them from now on."))
        return to_page(campaign)
    context = {"form": form, "campaign": campaign}
    return render(request, "dashboard/links_form.html", context)


@for_members
@require_safe
def cover(request: AuthenticatedRequest, sealed: str) -> HttpResponse:
    """The cover of what was found, from here: a page asks nobody else for anything."""
    try:
        picture = decoding.small_jpeg(spotify.fetch_cover(found.cover_behind(sealed)))
    except (BadSignature, SpotifyError, ArtworkError):
        raise Http404 from None
    return HttpResponse(picture, content_type=CONTENT_TYPES[".jpg"])


def _confirmed(request: AuthenticatedRequest, form: CampaignForm) -> CampaignForm:
    """The form, whose sender says who they are before they change what fans agreed to."""
    if form.changes_release:
        try:
            confirm_identity(request)
        except ReauthenticationRequired:
            if request.FILES:
                form.come_back()
                request.POST = form.data  # type: ignore[assignment]  # with the picture that was kept
            raise
    return form


@for_members
@require_safe
def upload(request: AuthenticatedRequest, sealed: str) -> HttpResponse:
    """The cover in the form: whole, or the square around a focus."""
    picture = uploads.picture_behind(request.user, sealed)
    if picture is None:
        raise Http404
    side = WHOLE
    with suppress(KeyError, ValueError):
        focus = Focus(*(min(100, abs(int(request.GET[axis]))) for axis in Focus._fields))
        picture, side = to_square(picture, focus), uploads.SQUARE
    picture.thumbnail((side, side))
    return HttpResponse(encode(picture, ".jpg"), content_type=CONTENT_TYPES[".jpg"])


def _saved(request: AuthenticatedRequest, campaign: Campaign, form: CampaignForm) -> HttpResponse:
    """Say the release time once more in UTC: a slip in the time zone shows there."""
    times = {"time": release_time(campaign), "utc": release_time_in_utc(campaign)}
    text = gettext("Saved. The release is set for %(time)s.")
    if campaign.release_zone != "UTC":
        text = gettext("Saved. The release is set for %(time)s. This is %(utc)s.")
    messages.success(request, text % times)
    if form.verdict:
        finding = Finding.CONFIRMED if form.accepted else form.verdict.finding
        looking_up.note_finding(campaign, finding, timezone.now())
    if too_early := overview.too_early_to_open(campaign, timezone.now()):
        messages.warning(request, too_early)
    if served := overview.served_before(campaign):
        messages.info(request, served)
    if form.is_unanswered and campaign.state == CampaignState.DRAFT:
        messages.warning(request, NOT_ANSWERED)
    return to_page(campaign)
