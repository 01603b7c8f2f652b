"""The receipt: what was granted, what is held, when it ends; and cancelling the pre-save."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.crypto import constant_time_compare
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from campaigns import hosts, links
from campaigns.consent import completing, receipts
from campaigns.consent.cookie import IssuedReceipt, PendingConsent
from campaigns.consent.refusal import ConsentError, Refusal
from campaigns.fan import cookies, languages, own_times, refusal_pages, times, words
from campaigns.fan.languages import in_fans_language
from campaigns.fan.page_context import LINKS_AFTER, for_campaign
from campaigns.fan.words import Outcome
from campaigns.headers import FILES, at_secret_address, with_policy, without_session
from campaigns.models import ROW_LIFETIME, PreSave, PreSaveState
from campaigns.status.phase import Phase, phase_of


@require_safe
@never_cache
@without_session
@with_policy(FILES)
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether this browser holds a receipt for the campaign: asked by the landing page's script,
    whose page is the same for everybody.
    """
    token = cookies.kept_receipts(request).get(slug, "")
    presave = receipts.standing(token)
    if presave is None:
        return HttpResponse(status=204)
    address = reverse("fan-receipt", args=[token])
    return JsonResponse({"state": _shown_state(presave), "receipt": address})


@require_safe
@at_secret_address
@in_fans_language
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    pending, presave = _pending_here(request, token), receipts.find(token)
    if presave is None:
        return _no_receipt_yet(request, pending) if pending else _no_receipt(request)
    now = timezone.now()
    outcome = words.outcome(presave, now)
    seen = _etag(presave, outcome)
    if not pending and (unchanged := get_conditional_response(request, etag=seen)):
        return unchanged
    context = {
        **_standing(presave, outcome, now),
        **_times_of(presave, now),
        "seen": seen,
        "cancel_url": reverse("fan-cancel", args=[token]),
        "calendar_url": reverse("fan-receipt-calendar", args=[token]),
        "receipt_url": settings.PUBLIC_URL + reverse("fan-receipt", args=[token]),
    }
    response = render(request, "fan/receipt.html", context)
    if words.is_looked_at(presave, now):  # nobody waits for it here: no thread, and no lock
        response.headers["Refresh"] = "2"
    if pending:  # the answer that would have said so was lost, or came here before the row
        _keep(request, response, pending.receipt)
    return response


def _standing(presave: PreSave, outcome: Outcome, now: datetime) -> dict[str, Any]:
    phase = phase_of(presave.campaign, now)
    is_waiting, is_due = _is_waiting(presave, phase), words.is_due(presave, now)
    is_in_library = presave.state == PreSaveState.SAVED
    is_out = is_in_library or phase is Phase.FINISHED
    leads_on = is_out and phase in (Phase.RELEASING_SOMEWHERE, *LINKS_AFTER)
    return {
        **for_campaign(presave.campaign, phase),
        "page_name": hosts.address_of(presave.campaign).partition("://")[2],
        "presave": presave,
        "shown_state": _shown_state(presave),
        "outcome": outcome,
        "delay": words.delay(presave),
        "may_change": presave.is_in_doubt or presave.is_pending,
        "is_waiting": is_waiting,
        "is_due": is_due,
        "is_early": is_waiting and not is_due,
        "is_in_library": is_in_library,
        "is_worth_telling": is_waiting or (is_in_library and phase is not Phase.CANCELLED),
        "is_out": is_out,
        # In this fan's library it is out, wherever else it is to come.
        "links": links.named(presave.campaign.links, is_out=True) if leads_on else [],
    }


def _etag(presave: PreSave, outcome: Outcome) -> str:
    """Of what a receipt left open notices: its script asks with it. Caches keep no receipt."""
    told = (str(outcome.title), str(outcome.text), presave.due_at, presave.campaign.release_at)
    return f'"{sha256(repr(told).encode()).hexdigest()[:16]}"'


def _is_waiting(presave: PreSave, phase: Phase) -> bool:
    """Whether a save is still to come."""
    is_to_be_sent = presave.is_pending and not (presave.is_sent or presave.refused_at)
    return is_to_be_sent and not phase.has_ended


def _shown_state(presave: PreSave) -> str:
    """The state as the pages' scripts know it."""
    if presave.is_in_doubt:
        return "in-doubt"
    return "sent" if presave.is_sent else presave.state


def _pending_here(request: HttpRequest, token: str) -> PendingConsent | None:
    """The consent that this browser carries, if this is the receipt that it may come to."""
    for pending in cookies.pending_consents(request):
        if constant_time_compare(pending.token.reveal(), token):
            return pending
    return None


def _times_of(presave: PreSave, now: datetime) -> dict[str, Any]:
    """By the fan's clock, which a script fills in, and by the artist's."""
    campaign, without_zone = presave.campaign, words.is_without_zone(presave)
    told = partial(own_times.with_artists, campaign=campaign, now=now)
    return {
        "without_zone": without_zone,
        "release_date": own_times.of_midnight(campaign, now, is_own=not without_zone)
        if campaign.at_local_midnights
        else told(campaign.release_at),
        "release_day": times.release_day(campaign),
        "everywhere_at": told(campaign.everywhere_at),
        "kept_until": told(campaign.rows_kept_until),
        "own": _each_time(presave, partial(own_times.in_row, campaign=campaign)),
        "artists": _each_time(presave, partial(times.stated, campaign=campaign)),
    }


def _each_time(presave: PreSave, tell: Callable[..., SafeString]) -> dict[str, SafeString]:
    exact = {"sent_at": presave.saved_at or presave.sent_at, "settled_at": presave.settled_at}
    return {
        "release": tell(presave.campaign.release_at),
        "consented_at": tell(presave.consented_at),
        "permission_ends_at": tell(presave.permission_ends_at),
        **{name: tell(instant, to_the_second=True) for name, instant in exact.items() if instant},
    }


@require_POST
@csrf_exempt
@at_secret_address
@in_fans_language
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Needs no CSRF token: the address itself is the secret, and a fan has no session that could
    be ridden on.
    """
    presave = receipts.find(token)
    if presave is None:
        return _no_receipt(request)
    receipts.cancel(presave.id, timezone.now())
    return to_receipt(request, token)


def _no_receipt(request: HttpRequest) -> HttpResponse:
    """Nobody can tell a receipt that was deleted from an address that never was one."""
    context = {"row_days": ROW_LIFETIME.days}
    return render(request, "fan/no_receipt.html", context, status=404)


def _no_receipt_yet(request: HttpRequest, pending: PendingConsent) -> HttpResponse:
    """The page that waits, asking again every two seconds; or what is to be said after that."""
    if completing.is_under_way(pending, timezone.now()):
        address = reverse("fan-receipt", args=[pending.token.reveal()])
        response = render(request, "fan/one_moment.html", {"receipt_path": address})
        response.headers["Refresh"] = "2"
        return response
    kept_token = cookies.kept_receipts(request).get(pending.slug, "")
    if receipts.standing(kept_token):
        return to_receipt(request, kept_token)
    return refusal_pages.refused(request, ConsentError(Refusal.NOT_COMPLETED, pending.slug))


def to_receipt(request: HttpRequest, token: str) -> HttpResponse:
    address = reverse("fan-receipt", args=[token])
    return HttpResponseRedirect(address + languages.query(languages.chosen(request)), status=303)


def to_new_receipt(request: HttpRequest, issued: IssuedReceipt) -> HttpResponse:
    response = to_receipt(request, issued.token.reveal())
    _keep(request, response, issued)
    return response


def _keep(request: HttpRequest, response: HttpResponse, issued: IssuedReceipt) -> None:
    """This browser remembers the receipt from now on; none for this release is pending any more."""
    cookies.remember(request, response, issued)
    cookies.delete_pending_consents(request, response, slug=issued.slug)
