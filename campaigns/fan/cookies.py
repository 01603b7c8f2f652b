"""The cookies of a fan's browser, all sealed: the consent on its way, those that wait in line, and
the receipts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from campaigns.consent import cookie, receipts
from campaigns.consent.cookie import IssuedReceipt, PendingConsent

# A browser keeps so many places in line, each below 1 KB.
WAITING_AT_MOST: Final = 3


def pending_consent(request: HttpRequest, state: str = "") -> PendingConsent | None:
    """The consent with this state if it waits in line, else that of the last tap."""
    waiting = _open(request, _waiting_name(state)) if state else None
    return waiting or _open(request, _pending_consent_name())


def pending_consents(request: HttpRequest) -> Iterator[PendingConsent]:
    """That of the last tap, and those that wait in line."""
    for name in [_pending_consent_name(), *_waiting_names(request)]:
        if pending := _open(request, name):
            yield pending


def set_pending_consent(response: HttpResponse, pending: PendingConsent) -> None:
    _set(response, _pending_consent_name(), cookie.sealed(pending), cookie.COOKIE_LIFETIME)


def keep_waiting(request: HttpRequest, response: HttpResponse, pending: PendingConsent) -> None:
    """Whoever waits may tap for another release meanwhile, so their place has its own cookie."""
    name, last_tap = _waiting_name(pending.state), _open(request, _pending_consent_name())
    others = [other for other in _waiting_names(request) if other != name]
    for other in others[: -(WAITING_AT_MOST - 1)]:
        response.delete_cookie(other, samesite="Lax")
    _set(response, name, cookie.sealed(pending), cookie.COOKIE_LIFETIME)
    if last_tap and last_tap.state == pending.state:
        response.delete_cookie(_pending_consent_name(), samesite="Lax")


def delete_pending_consent(request: HttpRequest, response: HttpResponse, token: str) -> None:
    """Those that this receipt belongs to; another tap's is left."""
    for name in [_pending_consent_name(), *_waiting_names(request)]:
        pending = _open(request, name)
        if pending and constant_time_compare(pending.token.reveal(), token):
            response.delete_cookie(name, samesite="Lax")


def kept_receipts(request: HttpRequest) -> dict[str, str]:
    return receipts.remembered(request.COOKIES.get(_receipts_name(), ""))


def remember(request: HttpRequest, response: HttpResponse, issued: IssuedReceipt) -> None:
    kept, token = kept_receipts(request), issued.token.reveal()
    keeping = receipts.remembering(kept, issued.slug, token)
    _set(response, _receipts_name(), keeping, receipts.REMEMBERED_FOR)


def _pending_consent_name() -> str:
    return f"{settings.COOKIE_PREFIX}presave"


def _waiting_name(state: str) -> str:
    digest = hashlib.sha256(state.encode()).hexdigest()
    return f"{_pending_consent_name()}-{digest[:8]}"


def _waiting_names(request: HttpRequest) -> list[str]:
    return [name for name in request.COOKIES if name.startswith(f"{_pending_consent_name()}-")]


def _open(request: HttpRequest, name: str) -> PendingConsent | None:
    return cookie.opened(request.COOKIES.get(name, ""))


def _receipts_name() -> str:
    return f"{settings.COOKIE_PREFIX}receipts"


def _set(response: HttpResponse, name: str, value: str, max_age: timedelta) -> None:
    response.set_cookie(
        name, value, max_age=max_age, secure=settings.IS_HTTPS, httponly=True, samesite="Lax"
    )
