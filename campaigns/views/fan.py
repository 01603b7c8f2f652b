"""What a fan sees: landing page, the way to Spotify and back, receipt, cancel. None of it needs
an account or a session.
"""

from __future__ import annotations

from typing import Final

from csp.decorators import csp as csp_header
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
from campaigns import authorising
from campaigns.authorising import ConsentError, Refusal, Return
from campaigns.keyring import Secret
from campaigns.models import Campaign, PreSave
from campaigns.spotify import SCOPE
from presave import csp

FLOW_COOKIE: Final = f"{settings.COOKIE_PREFIX}presave"
SPOTIFY_APPS_URL: Final = "https://www.spotify.com/account/apps/"
# What a refused consent answers; 400 where nothing more exact fits.
_STATUS: Final = {
    Refusal.DENIED: 200,
    Refusal.NOT_LISTED: 403,
    Refusal.CAMPAIGN_CLOSED: 410,
    Refusal.SPOTIFY_DOWN: 503,
}
# Chromium holds the redirect after a form against form-action too, so Spotify's address stands
# there.
_CONFIRM_CSP: Final = {
    **csp.CONFIRM,
    "form-action": [*csp.CONFIRM["form-action"], settings.SPOTIFY_ACCOUNTS_URL],
}


@require_safe
@csp_header(csp.LANDING)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "fan/home.html")


@require_safe
@csp_header(csp.LANDING)
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "fan/privacy.html", {"scope": SCOPE, "apps_url": SPOTIFY_APPS_URL})


@require_safe
@conditional_page
@csp_header(csp.LANDING)
def landing(request: HttpRequest, slug: str) -> HttpResponse:
    """The same page for everybody, without a cookie, so that any cache may keep it."""
    campaign = get_object_or_404(Campaign.objects.public(), slug=slug)
    context = {"campaign": campaign, "artwork": artworks.renditions(campaign), "scope": SCOPE}
    response = render(request, "fan/landing.html", context)
    patch_cache_control(
        response, public=True, max_age=60, stale_while_revalidate=600, stale_if_error=86400
    )
    return response


@require_http_methods(["GET", "POST"])
@csrf_exempt
@never_cache
@csp_header(_CONFIRM_CSP)
def go(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the fan to Spotify; a start that did not come from our own page is asked to tap once
    more.
    """
    campaign = Campaign.objects.accepting_consents().filter(slug=slug).first()
    if campaign is None:
        get_object_or_404(Campaign.objects.public(), slug=slug)
        return _refused(request, ConsentError(Refusal.CAMPAIGN_CLOSED, slug))
    if not _was_tapped_here(request):
        response = render(request, "fan/confirm.html", {"campaign": campaign, "scope": SCOPE})
        # The form's Origin header would be "null" under no-referrer.
        response.headers["Referrer-Policy"] = "same-origin"
        return response
    departure = authorising.depart(campaign, timezone.now())
    redirection = HttpResponseRedirect(departure.authorize_url)
    redirection.set_cookie(
        FLOW_COOKIE,
        departure.cookie,
        max_age=authorising.COOKIE_MAX_AGE,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return redirection


@require_safe
@never_cache
@csp_header(csp.RECEIPT)
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
        token = authorising.arrive(returned, request.COOKIES.get(FLOW_COOKIE, ""), timezone.now())
    except ConsentError as error:
        response = _refused(request, error)
    else:
        response = redirect("fan-receipt", token=token.reveal())
        response.status_code = 303
    response.delete_cookie(FLOW_COOKIE, samesite="Lax")
    return response


@require_safe
@never_cache
@csp_header(csp.RECEIPT)
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    presave = _presave(token)
    context = {
        "presave": presave,
        "campaign": presave.campaign,
        "artwork": artworks.renditions(presave.campaign),
        "scope": SCOPE,
        "apps_url": SPOTIFY_APPS_URL,
        "cancel_url": reverse("fan-cancel", args=[token]),
    }
    return render(request, "fan/receipt.html", context)


@require_POST
@csrf_exempt
@never_cache
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Needs no CSRF token: the address itself is the secret, and a fan has no session that could
    be ridden on.
    """
    authorising.cancel(_presave(token).id, timezone.now())
    response = redirect("fan-receipt", token=token)
    response.status_code = 303
    return response


@require_safe
@csp_header(csp.FILES)
def artwork(request: HttpRequest, name: str, file: str) -> HttpResponseBase:
    path = artworks.path_of(name, file)
    if path is None:
        raise Http404
    response = FileResponse(path.open("rb"), content_type=artworks.CONTENT_TYPES[path.suffix])
    patch_cache_control(response, public=True, max_age=31_536_000, immutable=True)
    return response


def _was_tapped_here(request: HttpRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return request.method == "POST" and request.headers.get("Origin") == settings.PUBLIC_URL


def _presave(token: str) -> PreSave:
    presave = authorising.find_by_receipt(token)
    if presave is None:
        raise Http404
    return presave


def _refused(request: HttpRequest, error: ConsentError) -> HttpResponse:
    context = {"refusal": error.refusal.value, "slug": error.slug, "apps_url": SPOTIFY_APPS_URL}
    return render(request, "fan/refused.html", context, status=_STATUS.get(error.refusal, 400))
