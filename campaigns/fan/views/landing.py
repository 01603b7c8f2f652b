"""The landing page, the home page, and the artwork on them: the same for everybody, cookie-less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from django.conf import settings
from django.db.models import Exists
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control, set_response_etag
from django.utils.translation import get_language_from_request
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from campaigns import hosts
from campaigns.artwork import files as artworks
from campaigns.artwork.encoding import CONTENT_TYPES
from campaigns.consent import starting
from campaigns.fan import artist_page, languages, page_context, prepared_page
from campaigns.fan.languages import in_fans_language
from campaigns.fan.page_cache import CACHE_SECONDS, get_or_make, lifetime
from campaigns.headers import (
    FILES,
    WITHOUT_FORMS,
    let_form_lead_to_spotify,
    with_policy,
    without_session,
)
from campaigns.models import Campaign
from campaigns.models.compiled import ASKED, CompiledQuery
from campaigns.spotify import AppMode, app_mode
from campaigns.status.phase import Phase, phase_of


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
@in_fans_language
@cache_control(public=True, max_age=60)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "fan/home.html")


@require_safe
def home_elsewhere(request: HttpRequest) -> HttpResponse:
    """From a label's own domain."""
    return redirect(f"{settings.PUBLIC_URL}{reverse('home')}")


@dataclass(frozen=True)
class CachedPage:
    content: bytes
    headers: dict[str, str]
    holds_form: bool


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
def landing(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The same page for everybody, without a cookie, so that any cache may keep it."""
    spoken = (languages.chosen(request), get_language_from_request(request))
    make = partial(_make_landing, request, slug)
    # On a label's own domain the start leads to another host.
    page = get_or_make("pages", (slug, hosts.site_at(request), *spoken), CACHE_SECONDS, make)
    whole = HttpResponse(page.content, headers=page.headers)
    etag = page.headers["ETag"]
    response = get_conditional_response(request, etag=etag, response=whole) or whole
    if not page.holds_form:
        return response
    elsewhere = settings.PUBLIC_URL if hosts.label_at(request) else ""
    return let_form_lead_to_spotify(response, elsewhere)


def _make_landing(request: HttpRequest, slug: str) -> CachedPage:
    campaign = _campaigns(app_mode()).first(slug)
    if campaign is None:
        raise Http404
    now = timezone.now()
    phase = phase_of(campaign, now)
    has_start = page_context.offers_pre_save(campaign)
    is_away = has_start and campaign.takes_consents and campaign.spotify_is_away
    response = _render_landing(request, campaign, phase, now, is_away)
    set_response_etag(response)
    patch_cache_control(response, public=True, **lifetime(campaign, phase, now, is_away))
    holds_form = has_start and campaign.at_local_midnights
    return CachedPage(response.content, dict(response.items()), holds_form)


@cache
def _campaigns(mode: AppMode) -> CompiledQuery[Campaign]:
    """Each by its slug; in that mode of the app, as Spotify is away with other gates in each."""
    away = Exists(starting.gates_closed_for_long())
    public = Campaign.objects.public().order_by()
    asked = public.filter(slug=ASKED).annotate(spotify_is_away=away)  # type: ignore[no-redef]
    return CompiledQuery(asked)


@in_fans_language
def _render_landing(
    request: HttpRequest, campaign: Campaign, phase: Phase, now: datetime, is_away: bool
) -> HttpResponse:
    context = {
        **page_context.for_landing(campaign, phase, now),
        **page_context.for_shared_link(campaign, phase),
        **languages.choice(request),
        "is_away": is_away,
        "start_site": settings.PUBLIC_URL if hosts.label_at(request) else "",
        "artist_url": artist_page.address_for(campaign),
    }
    return HttpResponse(prepared_page.render("fan/landing.html", context))


@require_safe
@without_session
@with_policy(FILES)
def artwork(request: HttpRequest, name: str, file: str) -> HttpResponseBase:
    path = artworks.path_of(name, file)
    if path is None:
        raise Http404
    response = FileResponse(path.open("rb"), content_type=CONTENT_TYPES[path.suffix])
    patch_cache_control(response, public=True, max_age=31_536_000, immutable=True)
    return response
