"""What a fan sees: landing page, the way to Spotify and back, receipt, cancel. None of it needs
an account or a session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import (
    get_conditional_response,
    patch_cache_control,
    set_response_etag,
)
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from campaigns.artwork import files as artworks
from campaigns.artwork.encoding import CONTENT_TYPES
from campaigns.consent import arriving, receipts, wordings
from campaigns.consent.arriving import Arrival, ConsentError, Refusal, Return
from campaigns.fan import context, cookies, languages, moments, refusals, social, words
from campaigns.fan.headers import starting_by_form, with_policy, without_session
from campaigns.fan.languages import in_fans_language
from campaigns.fan.page_cache import KEPT_SECONDS, Kept
from campaigns.keyring import Secret
from campaigns.models import (
    ROW_LIFETIME,
    Campaign,
    CampaignState,
    PreSave,
    midnights,
)
from campaigns.spotify import SCOPE
from presave import csp

# After these the code is used up, and the cookie good for nothing. After others the fan may go back
# and choose again, come back from a start in another tab, or load the same page once more.
_USED_UP: Final = (
    Refusal.CODE_REFUSED,
    Refusal.LESS_THAN_ASKED,
    Refusal.MORE_THAN_ASKED,
    Refusal.NOT_LISTED,
    Refusal.SPOTIFY_DOWN,
)
# A second return, of a tab that was left open or a page that was loaded again.
_WHO_MAY_BE_IN: Final = (
    Refusal.ALREADY_USED,
    Refusal.BROWSER_CHANGED,
    Refusal.STATE_MISMATCH,
)
SPOTIFY_APPS_URL: Final = "https://www.spotify.com/account/apps/"


@require_safe
@without_session
@with_policy(csp.LANDING)
@in_fans_language
@cache_control(public=True, max_age=60)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "fan/home.html")


@dataclass(frozen=True)
class KeptPage:
    content: bytes
    headers: dict[str, str]
    holds_form: bool


PAGES: Final[Kept[KeptPage]] = Kept()
# Apart, so that a flood of forged returns does not push the landing pages out; and for longer, as
# nothing that changes stands in them.
REFUSALS: Final[Kept[bytes]] = Kept(seconds=60)


@require_safe
@without_session
@with_policy(csp.LANDING)
def landing(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The same page for everybody, without a cookie, so that any cache may keep it."""
    spoken = (languages.chosen(request), languages.of_browser(request))
    page = PAGES.get((slug, *spoken), lambda: _make_landing(request, slug))
    answer = starting_by_form(_landing) if page.holds_form else _landing
    return answer(request, page)


# The policy stands outside the condition, so that a 304 carries it too: caches take a 304's headers
# over.
def _landing(request: HttpRequest, page: KeptPage) -> HttpResponseBase:
    response = HttpResponse(page.content, headers=page.headers)
    etag = page.headers["ETag"]
    return get_conditional_response(request, etag=etag, response=response) or response


def _make_landing(request: HttpRequest, slug: str) -> KeptPage:
    campaign = get_object_or_404(Campaign.objects.public(), slug=slug)
    now = timezone.now()
    is_away = words.stage(campaign, now).takes_consents and arriving.spotify_is_away()
    response = _render_landing(request, campaign, is_away)
    set_response_etag(response)
    patch_cache_control(response, public=True, **_lifetime(campaign, now, is_away))
    return KeptPage(response.content, dict(response.items()), campaign.at_local_midnights)


def _lifetime(campaign: Campaign, now: datetime, is_away: bool) -> dict[str, int]:
    """How long caches may keep the landing page, in seconds: but for errors not beyond its release
    moment, and hardly at all while the campaign goes from one state to the next by itself, or
    Spotify is away.
    """
    fresh, stale = 60, 600
    has_come = campaign.state == CampaignState.OPEN and campaign.release_at <= now
    if has_come or is_away or words.stage(campaign, now).is_passing:
        fresh, stale = 2, 0
    elif campaign.release_at > now:
        # The process itself answers with the page a second longer.
        left = max(1, int((campaign.release_at - now).total_seconds() - KEPT_SECONDS))
        fresh, stale = min(fresh, left), min(stale, max(left - fresh, 0))
    return {"max_age": fresh, "stale_while_revalidate": stale, "stale_if_error": 86400}


@in_fans_language
def _render_landing(request: HttpRequest, campaign: Campaign, is_away: bool) -> HttpResponse:
    now = timezone.now()
    stage = words.stage(campaign, now)
    is_out = campaign.state == CampaignState.RELEASING and campaign.everywhere_at <= now
    is_to_come = stage.is_to_come and campaign.everywhere_at > now
    context = {
        **_about(campaign),
        **(moments.for_countdown(campaign) if is_to_come else {}),
        "social": social.link_to(campaign),
        "stage": stage,
        "is_away": is_away,
        "is_out": is_out,
        "is_to_come": is_to_come,
        "is_in_development": settings.SPOTIFY_APP_MODE == "development",
    }
    return render(request, "fan/landing.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt
@never_cache
@with_policy(csp.CONFIRM)
@in_fans_language
def go(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Send the fan to Spotify; a start that did not come from our own page is asked to tap once
    more.
    """
    receipt = cookies.kept_receipts(request).get(slug, "")
    if receipts.stands(receipt):
        return _to_receipt(request, receipt)
    lost = arriving.lost_arrival(cookies.flow(request))
    if lost and lost.slug == slug:
        return _to_new_receipt(request, lost)
    campaign = Campaign.objects.accepting_consents().filter(slug=slug).first()
    if campaign is None:
        closed = get_object_or_404(Campaign.objects.public(), slug=slug)
        return _refused(request, ConsentError(arriving.why_closed(closed), slug))
    needs_form = campaign.at_local_midnights and request.method != "POST"
    from_elsewhere = not _was_tapped_here(request)
    if needs_form or from_elsewhere:
        zone = midnights.known_zone(request.POST.get("zone", ""))
        context = {**_about(campaign), "zone": zone, "from_elsewhere": from_elsewhere}
        return starting_by_form(render)(request, "fan/confirm.html", context)
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
    departure = arriving.depart(campaign, now, zone, language, before)
    redirection = HttpResponseRedirect(departure.authorize_url)
    cookies.set_flow(redirection, departure.cookie)
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
    remembered = cookies.kept_receipts(request)
    cookie = cookies.flow(request)
    try:
        arrival = arriving.arrive(returned, cookie, timezone.now(), remembered)
    except ConsentError as error:
        lost = arriving.lost_arrival(cookie)
        if lost and lost.slug == error.slug:
            return _to_new_receipt(request, lost)
        receipt = remembered.get(error.slug, "")
        if error.refusal in _WHO_MAY_BE_IN and receipts.stands(receipt):
            return _to_receipt(request, receipt)
        if error.refusal == Refusal.ALREADY_USED and arriving.led_to(returned.state, receipt):
            return _to_receipt(request, receipt)
        response = _refused(request, error)
        if returned.code and error.refusal in _USED_UP:
            cookies.delete_flow(response)
        return response
    return _to_new_receipt(request, arrival)


@require_safe
@never_cache
@without_session
@with_policy(csp.FILES)
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether this browser holds a receipt for the campaign: asked by the landing page's script,
    whose page is the same for everybody.
    """
    token = cookies.kept_receipts(request).get(slug, "")
    presave = receipts.standing(token)
    if presave is None:
        return HttpResponse(status=204)
    address = reverse("fan-receipt", args=[token])
    return JsonResponse({"state": presave.state, "receipt": address})


@require_safe
@never_cache
@with_policy(csp.RECEIPT)
@in_fans_language
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    presave = receipts.find(token)
    if presave is None:
        return _no_receipt(request)
    context = {
        **_about(presave.campaign),
        "presave": presave,
        "outcome": words.outcome(presave, timezone.now()),
        "delay": words.delay(presave),
        "is_waiting": receipts.waits(presave),
        "is_out": receipts.is_out(presave),
        **_moments_of(presave),
        "cancel_url": reverse("fan-cancel", args=[token]),
        "calendar_url": reverse("fan-receipt-calendar", args=[token]),
        "receipt_url": settings.PUBLIC_URL + reverse("fan-receipt", args=[token]),
    }
    return render(request, "fan/receipt.html", context)


def _moments_of(presave: PreSave) -> dict[str, Any]:
    campaign, without_zone = presave.campaign, words.is_without_zone(presave)
    return {
        "without_zone": without_zone,
        "release_date": moments.release_date(campaign, own_midnight=not without_zone)
        if campaign.at_local_midnights
        else moments.release_moment(campaign),
        "consented_at": moments.stated(presave.consented_at, campaign),
        "settled_at": presave.settled_at
        and moments.stated(presave.settled_at, campaign, to_the_second=True),
        "destroyed_by": moments.stated(presave.permission_ends_at, campaign),
        "kept_until": moments.stated(campaign.rows_kept_until, campaign),
    }


@require_POST
@csrf_exempt
@never_cache
@in_fans_language
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Needs no CSRF token: the address itself is the secret, and a fan has no session that could
    be ridden on.
    """
    presave = receipts.find(token)
    if presave is None:
        return _no_receipt(request)
    receipts.cancel(presave.id, timezone.now())
    return _to_receipt(request, token)


@require_safe
@without_session
@with_policy(csp.FILES)
def artwork(request: HttpRequest, name: str, file: str) -> HttpResponseBase:
    path = artworks.path_of(name, file)
    if path is None:
        raise Http404
    response = FileResponse(path.open("rb"), content_type=CONTENT_TYPES[path.suffix])
    patch_cache_control(response, public=True, max_age=31_536_000, immutable=True)
    return response


def _was_tapped_here(request: HttpRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return request.method == "POST" and request.headers.get("Origin") == settings.PUBLIC_URL


def _about(campaign: Campaign) -> dict[str, Any]:
    """What every page about a campaign shows."""
    return {
        **context.about(campaign),
        "campaign": campaign,
        "artwork": artworks.renditions(campaign),
        "release_date": moments.release_date(campaign),
        "everywhere_at": moments.stated(campaign.everywhere_at, campaign),
        "consent_template": wordings.template_of(campaign.consent_version),
        "listen_url": words.listen_url(campaign),
        "scope": SCOPE,
        "apps_url": SPOTIFY_APPS_URL,
    }


def _no_receipt(request: HttpRequest) -> HttpResponse:
    """Nobody can tell a receipt that was deleted from an address that never was one."""
    context = {"row_days": ROW_LIFETIME.days}
    return render(request, "fan/no_receipt.html", context, status=404)


def _to_receipt(request: HttpRequest, token: str) -> HttpResponse:
    address = reverse("fan-receipt", args=[token])
    return HttpResponseRedirect(address + languages.query(languages.chosen(request)), status=303)


def _to_new_receipt(request: HttpRequest, arrival: Arrival) -> HttpResponse:
    """To the receipt, which this browser remembers from now on. The way to Spotify is over."""
    response = _to_receipt(request, arrival.receipt.reveal())
    cookies.remember(request, response, arrival)
    cookies.delete_flow(response)
    return response


def _refused(request: HttpRequest, error: ConsentError) -> HttpResponse:
    """A flood of forged returns meets the same page again and again."""
    spoken = (translation.get_language(), languages.chosen(request))
    key = (error.refusal.value, error.slug, *spoken)
    content = REFUSALS.get(key, lambda: _render_refusal(request, error))
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
