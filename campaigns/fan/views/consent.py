"""What a fan sees: landing page, the way to Spotify and back, receipt, cancel. None of it needs
an account or a session.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.consent import completing, receipts, refusal, starting
from campaigns.consent.completing import AuthorizationResponse
from campaigns.consent.refusal import ConsentError, Refusal
from campaigns.fan import cookies, languages, refusals
from campaigns.fan.languages import in_fans_language
from campaigns.fan.page_cache import get_or_make
from campaigns.fan.page_context import SPOTIFY_APPS_URL, for_campaign
from campaigns.fan.views.receipt import to_new_receipt, to_receipt
from campaigns.headers import WITHOUT_FORMS, let_form_lead_to_spotify, with_policy
from campaigns.keyring import Secret
from campaigns.models import Campaign, midnights
from campaigns.status.phase import phase_of

# After these the code is used up, and the cookie good for nothing. After others the fan may go back
# and choose again, come back from a start in another tab, or load the same page once more.
_CODE_CONSUMED: Final = (
    Refusal.CODE_REFUSED,
    Refusal.LESS_THAN_ASKED,
    Refusal.MORE_THAN_ASKED,
    Refusal.NOT_LISTED,
    Refusal.SPOTIFY_DOWN,
)
# A second return, of a tab that was left open or a page that was loaded again.
_MAYBE_PRE_SAVED: Final = (
    Refusal.ALREADY_USED,
    Refusal.BROWSER_CHANGED,
    Refusal.STATE_MISMATCH,
)


# Longer than a landing page, as nothing that changes stands in a refusal.
REFUSAL_SECONDS: Final = 60


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt
@never_cache
@in_fans_language
def go(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Send the fan to Spotify; a start that did not come from our own page is asked to tap once
    more.
    """
    receipt = cookies.kept_receipts(request).get(slug, "")
    if receipts.stands(receipt):
        return to_receipt(request, receipt)
    lost = completing.lost_receipt(cookies.flow(request))
    if lost and lost.slug == slug:
        return to_new_receipt(request, lost)
    campaign = Campaign.objects.accepting_consents().filter(slug=slug).first()
    if campaign is None:
        closed = get_object_or_404(Campaign.objects.public(), slug=slug)
        return _refused(request, ConsentError(refusal.why_closed(closed, timezone.now()), slug))
    needs_form = campaign.at_local_midnights and request.method != "POST"
    from_elsewhere = not _was_tapped_here(request)
    if needs_form or from_elsewhere:
        zone = midnights.known_zone(request.POST.get("zone", ""))
        context = {
            **for_campaign(campaign, phase_of(campaign, timezone.now())),
            "zone": zone,
            "from_elsewhere": from_elsewhere,
        }
        return let_form_lead_to_spotify(render(request, "fan/confirm.html", context))
    try:
        to_spotify = _to_spotify(request, campaign)
    except ConsentError as error:
        return _refused(request, error)
    if lost:  # of another release: its cookie makes way for this one's
        cookies.remember(request, to_spotify, lost)
    return to_spotify


def _to_spotify(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    zone = request.POST.get("zone", "") if campaign.at_local_midnights else ""
    before = cookies.flow(request)
    now, language = timezone.now(), languages.chosen(request)
    authorization = starting.start_authorization(campaign, now, zone, language, before)
    redirection = HttpResponseRedirect(authorization.authorize_url)
    cookies.set_flow(redirection, authorization.cookie)
    return redirection


@require_safe
@never_cache
@with_policy(WITHOUT_FORMS)
@in_fans_language
def callback(request: HttpRequest) -> HttpResponse:
    """Spotify's one redirect URI.

    Its address holds a code, so every answer leads away from it or is not stored.
    """
    code = request.GET.get("code")
    returned = AuthorizationResponse(
        state=request.GET.get("state", ""),
        code=Secret(code) if code else None,
        error=request.GET.get("error", ""),
    )
    remembered = cookies.kept_receipts(request)
    cookie = cookies.flow(request)
    try:
        issued = completing.complete_authorization(returned, cookie, timezone.now(), remembered)
    except ConsentError as error:
        lost = completing.lost_receipt(cookie)
        if lost and lost.slug == error.slug:
            return to_new_receipt(request, lost)
        receipt = remembered.get(error.slug, "")
        if error.refusal in _MAYBE_PRE_SAVED and receipts.stands(receipt):
            return to_receipt(request, receipt)
        if error.refusal == Refusal.ALREADY_USED and completing.created_by(returned.state, receipt):
            return to_receipt(request, receipt)
        response = _refused(request, error)
        if returned.code and error.refusal in _CODE_CONSUMED:
            cookies.delete_flow(response)
        return response
    return to_new_receipt(request, issued)


def _was_tapped_here(request: HttpRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return request.method == "POST" and request.headers.get("Origin") == settings.PUBLIC_URL


def _refused(request: HttpRequest, error: ConsentError) -> HttpResponse:
    """A flood of forged returns meets the same page again and again."""
    spoken = (translation.get_language(), languages.chosen(request))
    key = (error.refusal.value, error.slug, *spoken)
    make = partial(_render_refusal, request, error)
    content = get_or_make("refusals", key, REFUSAL_SECONDS, make)
    return HttpResponse(content, status=refusals.PAGES[error.refusal].status)


def _render_refusal(request: HttpRequest, error: ConsentError) -> bytes:
    page = refusals.PAGES[error.refusal]
    context: dict[str, Any] = {"page": page, "slug": error.slug, "apps_url": SPOTIFY_APPS_URL}
    if error.slug:
        landing_path = reverse("fan-landing", args=[error.slug])
        retry_path = reverse("fan-go", args=[error.slug]) if page.goes_on else landing_path
        context |= {
            "retry_url": retry_path,
            "landing_path": landing_path,
            "page_url": settings.PUBLIC_URL + landing_path,
        }
    return render_to_string("fan/refused.html", context, request).encode()
