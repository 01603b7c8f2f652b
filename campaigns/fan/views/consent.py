"""The fan's way to Spotify and back, without an account or a session."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns import hosts, spotify
from campaigns.consent import completing, receipts, refusal, starting
from campaigns.consent.completing import AuthorizationResponse, InLine
from campaigns.consent.cookie import IssuedReceipt, PendingConsent
from campaigns.consent.refusal import ConsentError, Refusal
from campaigns.fan import cookies, languages, refusal_pages, visits
from campaigns.fan.languages import in_fans_language
from campaigns.fan.page_context import digest_shown, for_campaign, offers_pre_save
from campaigns.fan.times import spoken
from campaigns.fan.views.receipt import to_new_receipt, to_receipt
from campaigns.gate import line
from campaigns.headers import WITHOUT_FORMS, let_form_lead_to_spotify, with_policy
from campaigns.keyring import Secret
from campaigns.models import Campaign, Step, midnights
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
    Refusal.RELEASE_CHANGED,
    Refusal.STATE_MISMATCH,
)


# However long a fan waits, the page looks again after so many seconds: the line may be faster.
LONGEST_REFRESH: Final = 15


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt
@never_cache
@in_fans_language
def go(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Send the fan to Spotify; a start that did not come from our own page, or from one that showed
    another release, is asked to tap once more.
    """
    if _is_prefetch(request):
        return HttpResponse(status=503)  # the browser asks again when the fan taps
    kept_token = cookies.kept_receipts(request).get(slug, "")
    if receipts.standing(kept_token):
        return to_receipt(request, kept_token)
    if stored := completing.stored_receipt(_pending_for(request, slug)):
        return to_new_receipt(request, stored)
    campaign = Campaign.objects.accepting_consents().filter(slug=slug).first()
    if campaign is None or not offers_pre_save(campaign):
        closed = get_object_or_404(Campaign.objects.public(), slug=slug)
        if not offers_pre_save(closed):
            return redirect("fan-landing", slug)
        why = refusal.why_closed(closed, timezone.now())
        return refusal_pages.refused(request, ConsentError(why, slug))
    needs_form = campaign.at_local_midnights and request.method != "POST"
    from_elsewhere = not (_was_tapped_here(request) or _was_tapped_at_label(request, campaign))
    has_changed = _seen(request) not in ("", digest_shown(campaign))
    if needs_form or from_elsewhere or has_changed:
        zone = midnights.known_zone(request.POST.get("zone", ""))
        context = {
            **for_campaign(campaign, phase_of(campaign, timezone.now())),
            "zone": zone,
            "from_elsewhere": from_elsewhere,
            "has_changed": has_changed,
            "source": visits.source_of(request),
        }
        return let_form_lead_to_spotify(render(request, "fan/confirm.html", context))
    try:
        to_spotify = _to_spotify(request, campaign)
    except ConsentError as error:
        return refusal_pages.refused(request, error)
    _make_way(request, to_spotify)
    return to_spotify


@require_safe
@never_cache
def go_elsewhere(request: HttpRequest, slug: str) -> HttpResponse:
    """From a label's own domain, for an address that was typed: its pages lead to PUBLIC_URL
    themselves.
    """
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(f"{settings.PUBLIC_URL}{request.path}{'?' * bool(query)}{query}")


def _make_way(request: HttpRequest, response: HttpResponse) -> None:
    """For this tap's cookie: the fan may come back from an earlier tap all the same."""
    before = cookies.pending_consent(request)
    if stored := completing.stored_receipt(before):
        cookies.remember(request, response, stored)
    elif before:
        newest = cookies.pending_consent(request, before.state)
        cookies.keep_apart(request, response, newest or before)


def _pending_for(request: HttpRequest, slug: str) -> PendingConsent | None:
    return next((own for own in cookies.pending_consents(request) if own.slug == slug), None)


def _to_spotify(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    zone = request.POST.get("zone", "") if campaign.at_local_midnights else ""
    before = _pending_for(request, campaign.slug)
    now, language = timezone.now(), languages.chosen(request)
    source = visits.source_of(request)
    pending = starting.start_authorization(campaign, now, zone, language, before, source)
    visits.count(campaign.slug, source, Step.TAP)
    redirection = HttpResponseRedirect(spotify.authorize_url(pending.state))
    if request.method == "POST" and _was_tapped_at_label(request, campaign):
        # Another site's form brings no cookie along: what this browser has begun is unknown here.
        cookies.keep_apart(request, redirection, pending)
    else:
        cookies.set_pending_consent(redirection, pending)
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
    response = AuthorizationResponse(
        state=request.GET.get("state", ""),
        code=Secret(code) if code else None,
        error=request.GET.get("error", ""),
    )
    pending = cookies.pending_consent(request, response.state)
    kept = cookies.kept_receipts(request)
    try:
        done = completing.complete_authorization(
            response, pending, timezone.now(), kept, get_client_ip(request) or ""
        )
    except ConsentError as error:
        return _refuse_unless_stored(request, response, error)
    if isinstance(done, IssuedReceipt):
        return to_new_receipt(request, done)
    if isinstance(done, InLine):
        return _in_line(request, done)
    return to_receipt(request, done.token.reveal())


def _in_line(request: HttpRequest, waiting: InLine) -> HttpResponse:
    """The page loads this very address again, which holds the code: it is not written into it."""
    seconds = max(math.ceil(waiting.wait.total_seconds()), 1)
    step = 1 if seconds < 20 else 10 if seconds < 120 else 60
    told = spoken(timedelta(seconds=math.ceil(seconds / step) * step))
    context = {
        "campaign": waiting.campaign,
        "shares_address": waiting.shares_address,
        # Nobody waits before a fan who was just asked to come back in a second, as far as is known.
        "wait": told if waiting.pending.place or waiting.wait > line.COME_BACK else "",
    }
    response = render(request, "fan/in_line.html", context)
    response.headers["Refresh"] = str(min(seconds, LONGEST_REFRESH))
    cookies.keep_apart(request, response, waiting.pending)
    return response


def _refuse_unless_stored(
    request: HttpRequest, response: AuthorizationResponse, error: ConsentError
) -> HttpResponse:
    """To the receipt, where this browser has one all the same; else why there is none."""
    stored = completing.stored_receipt(cookies.pending_consent(request, response.state))
    if stored and stored.slug == error.slug:
        return to_new_receipt(request, stored)
    kept_token = cookies.kept_receipts(request).get(error.slug, "")
    if error.refusal in _MAYBE_PRE_SAVED and receipts.standing(kept_token):
        return to_receipt(request, kept_token)
    was_used = error.refusal == Refusal.ALREADY_USED
    if was_used and completing.created_by(response.state, kept_token):
        return to_receipt(request, kept_token)
    refused = refusal_pages.refused(request, error)
    if response.code and error.refusal in _CODE_CONSUMED:
        cookies.delete_pending_consents(request, refused, state=response.state)
    return refused


def _seen(request: HttpRequest) -> str:
    """What the page that the fan tapped on showed, as far as the start says it."""
    try:
        return request.POST.get("seen", "") or request.GET.get("seen", "")
    except SuspiciousOperation:
        return ""  # a flood of parameters


def _is_prefetch(request: HttpRequest) -> bool:
    """Whether a browser asks before anybody tapped."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return any("prefetch" in purpose.lower() for purpose in purposes)


def _was_tapped_here(request: HttpRequest) -> bool:
    if request.method == "HEAD":
        return False
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return request.method == "POST" and request.headers.get("Origin") == settings.PUBLIC_URL


def _was_tapped_at_label(request: HttpRequest, campaign: Campaign) -> bool:
    """On the release's page at its label's own domain: the browser says so, by the Origin of a form
    and the Referer of a link, and no page elsewhere can make it do so.
    """
    site = hosts.site_of(campaign.label_id)
    if site == settings.PUBLIC_URL or request.method == "HEAD":
        return False
    if request.method == "POST":
        return request.headers.get("Origin") == site
    return request.headers.get("Referer") == f"{site}/"
