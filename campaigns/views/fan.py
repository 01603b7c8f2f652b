"""What a fan sees: landing page, the way to Spotify and back, receipt, cancel. None of it needs
an account or a session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, TypeVar, cast

from csp.constants import SELF
from csp.decorators import csp as csp_header
from csp.decorators import csp_replace
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import (
    conditional_page,
    require_http_methods,
    require_POST,
    require_safe,
)

from campaigns import artwork as artworks
from campaigns import authorising, midnights
from campaigns.authorising import ConsentError, Refusal, Return
from campaigns.keyring import Secret
from campaigns.models import (
    HARD_STOP,
    PERMISSION_LIFETIME,
    ROW_LIFETIME,
    Campaign,
    CampaignState,
)
from campaigns.spotify import SCOPE
from campaigns.views import elsewhere, refusals, words
from campaigns.views.languages import in_fans_language
from presave import csp

SPOTIFY_APPS_URL: Final = "https://www.spotify.com/account/apps/"
V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def with_policy(policy: Mapping[str, Any]) -> Callable[[V], V]:
    """django-csp's decorator, whose types know only views that take nothing from the address."""
    return cast("Callable[[V], V]", csp_header(csp.upgraded(policy, settings.IS_HTTPS)))


def without_session(view: V) -> V:
    """Keep a public answer free of `Vary: Cookie` and of every Set-Cookie.

    CsrfViewMiddleware looks into the session of each request, which alone would bring the first.
    SessionMiddleware leaves a request that has no session alone.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        del request.session
        return response

    return cast("V", wrapped)


def starting_by_form(view: V) -> V:
    """For a page whose form leads to Spotify: Chromium holds the redirect after a form against
    form-action too.
    """

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponseBase:
        allowed = [SELF, settings.SPOTIFY_ACCOUNTS_URL]
        response: HttpResponseBase = csp_replace({"form-action": allowed})(view)(*args, **kwargs)
        # The form's Origin header would be "null" under no-referrer.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    return cast("V", wrapped)


@require_safe
@with_policy(csp.LANDING)
@in_fans_language
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "fan/home.html")


@require_safe
@with_policy(csp.LANDING)
@in_fans_language
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "scope": SCOPE,
        "apps_url": SPOTIFY_APPS_URL,
        "hard_stop_days": HARD_STOP.days,
        "lifetime_days": PERMISSION_LIFETIME.days,
        "row_days": ROW_LIFETIME.days,
        "cookie_minutes": int(authorising.COOKIE_MAX_AGE.total_seconds() // 60),
    }
    return render(request, "fan/privacy.html", context)


@require_safe
@without_session
@with_policy(csp.LANDING)
@in_fans_language
def landing(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The same page for everybody, without a cookie, so that any cache may keep it."""
    campaign = get_object_or_404(Campaign.objects.public(), slug=slug)
    page = starting_by_form(_landing) if campaign.at_local_midnights else _landing
    return page(request, campaign)


# The policy stands outside conditional_page, so that a 304 carries it too: caches take a 304's
# headers over.
@conditional_page
def _landing(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    context = {
        **_about(campaign),
        "is_open": campaign.state in (CampaignState.OPEN, CampaignState.RELEASING),
        "is_due": campaign.everywhere_at <= timezone.now(),
        "is_in_development": settings.SPOTIFY_APP_MODE == "development",
    }
    response = render(request, "fan/landing.html", context)
    patch_cache_control(
        response, public=True, max_age=60, stale_while_revalidate=600, stale_if_error=86400
    )
    return response


@require_http_methods(["GET", "POST"])
@csrf_exempt
@never_cache
@with_policy(csp.CONFIRM)
@in_fans_language
def go(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Send the fan to Spotify; a start that did not come from our own page is asked to tap once
    more.
    """
    campaign = Campaign.objects.accepting_consents().filter(slug=slug).first()
    if campaign is None:
        get_object_or_404(Campaign.objects.public(), slug=slug)
        return _refused(request, ConsentError(Refusal.CAMPAIGN_CLOSED, slug))
    zone = request.POST.get("zone", "") if campaign.at_local_midnights else ""
    if not _was_tapped_here(request):
        context = {**_about(campaign), "zone": midnights.known_zone(zone)}
        return starting_by_form(render)(request, "fan/confirm.html", context)
    departure = authorising.depart(campaign, timezone.now(), zone)
    redirection = HttpResponseRedirect(departure.authorize_url)
    redirection.set_cookie(
        flow_cookie(),
        departure.cookie,
        max_age=authorising.COOKIE_MAX_AGE,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return redirection


@require_safe
@never_cache
@with_policy(csp.LANDING)
@in_fans_language
def callback(request: HttpRequest) -> HttpResponse:
    """Spotify's one redirect URI.

    Its address holds a code, so every answer leads away from it or is not stored.
    """
    code = request.GET.get("code")
    returned = Return(
        state=request.GET.get("state", ""),
        code=Secret(code) if code else None,
        error=request.GET.get("error", ""),
    )
    response: HttpResponse
    try:
        token = authorising.arrive(returned, request.COOKIES.get(flow_cookie(), ""), timezone.now())
    except ConsentError as error:
        response = _refused(request, error)
        if error.refusal in (Refusal.STATE_MISMATCH, Refusal.BUSY):
            # The cookie is still good: for the start in another tab, or for the same in a minute.
            return response
    else:
        response = _see_other("fan-receipt", token.reveal())
    response.delete_cookie(flow_cookie(), samesite="Lax")
    return response


@require_safe
@never_cache
@with_policy(csp.RECEIPT)
@in_fans_language
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    presave = authorising.find_by_receipt(token)
    if presave is None:
        return _no_receipt(request)
    context = {
        **_about(presave.campaign),
        "presave": presave,
        "outcome": words.outcome(presave, timezone.now()),
        "delay": words.delay(presave),
        "row_days": ROW_LIFETIME.days,
        "without_zone": words.is_without_zone(presave),
        "cancel_url": reverse("fan-cancel", args=[token]),
    }
    return render(request, "fan/receipt.html", context)


@require_POST
@csrf_exempt
@never_cache
@in_fans_language
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Needs no CSRF token: the address itself is the secret, and a fan has no session that could
    be ridden on.
    """
    presave = authorising.find_by_receipt(token)
    if presave is None:
        return _no_receipt(request)
    authorising.cancel(presave.id, timezone.now())
    return _see_other("fan-receipt", token)


@require_safe
@without_session
@with_policy(csp.FILES)
def artwork(request: HttpRequest, name: str, file: str) -> HttpResponseBase:
    path = artworks.path_of(name, file)
    if path is None:
        raise Http404
    response = FileResponse(path.open("rb"), content_type=artworks.CONTENT_TYPES[path.suffix])
    patch_cache_control(response, public=True, max_age=31_536_000, immutable=True)
    return response


def flow_cookie() -> str:
    return f"{settings.COOKIE_PREFIX}presave"


def _was_tapped_here(request: HttpRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return request.method == "POST" and request.headers.get("Origin") == settings.PUBLIC_URL


def _about(campaign: Campaign) -> dict[str, Any]:
    """What every page about a campaign shows."""
    return {
        **elsewhere.about(campaign),
        "campaign": campaign,
        "artwork": artworks.renditions(campaign),
        "clock": words.clock(campaign),
        "place": words.place(campaign),
        "shelf": words.shelf(campaign),
        "kind": words.kind(campaign),
        "listen_url": words.listen_url(campaign),
        "scope": SCOPE,
        "apps_url": SPOTIFY_APPS_URL,
    }


def _no_receipt(request: HttpRequest) -> HttpResponse:
    """Nobody can tell a receipt that was deleted from an address that never was one."""
    context = {"row_days": ROW_LIFETIME.days}
    return render(request, "fan/no_receipt.html", context, status=404)


def _see_other(name: str, token: str) -> HttpResponse:
    response = redirect(name, token=token)
    response.status_code = 303
    return response


def _refused(request: HttpRequest, error: ConsentError) -> HttpResponse:
    page = refusals.PAGES[error.refusal]
    context = {"page": page, "slug": error.slug, "apps_url": SPOTIFY_APPS_URL}
    return render(request, "fan/refused.html", context, status=page.status)
