"""The cookies of a fan's browser, all sealed: the consent of the last tap, others that wait or were
begun before, and the receipts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from campaigns.consent import cookie, receipts
from campaigns.consent.cookie import IssuedReceipt, PendingConsent

# Of consents with a cookie of their own. Web servers take 8 KB of cookies.
APART_AT_MOST: Final = 3


def pending_consent(request: HttpRequest, state: str = "") -> PendingConsent | None:
    """The consent with this state if it has a cookie of its own, else that of the last tap."""
    apart = _open(request, _name_apart(state)) if state else None
    return apart or _open(request, _pending_consent_name())


def pending_consents(request: HttpRequest) -> Iterator[PendingConsent]:
    """That of the last tap, and those with a cookie of their own."""
    names = [_pending_consent_name(), *_names_apart(request)]
    yield from filter(None, (_open(request, name) for name in names))


def set_pending_consent(response: HttpResponse, pending: PendingConsent) -> None:
    _set(response, _pending_consent_name(), cookie.sealed(pending), cookie.COOKIE_LIFETIME)


def keep_apart(request: HttpRequest, response: HttpResponse, pending: PendingConsent) -> None:
    """Give this consent a cookie of its own: a tap for another release takes nothing from it."""
    name = _name_apart(pending.state)
    others = [other for other in _names_apart(request) if other != name]
    for oldest in others[: 1 - APART_AT_MOST]:
        response.delete_cookie(oldest, samesite="Lax")
    _set(response, name, cookie.sealed(pending), cookie.COOKIE_LIFETIME)


def delete_pending_consents(
    request: HttpRequest, response: HttpResponse, *, slug: str = "", state: str = ""
) -> None:
    """Those of a release that the fan is in for, or the one whose code was used up."""
    for name in [_pending_consent_name(), *_names_apart(request)]:
        pending = _open(request, name)
        if pending and (pending.slug == slug or pending.state == state):
            response.delete_cookie(name, samesite="Lax")


def kept_receipts(request: HttpRequest) -> dict[str, str]:
    return receipts.remembered(request.COOKIES.get(_receipts_name(), ""))


def remember(request: HttpRequest, response: HttpResponse, issued: IssuedReceipt) -> None:
    kept, token = kept_receipts(request), issued.token.reveal()
    keeping = receipts.remembering(kept, issued.slug, token)
    _set(response, _receipts_name(), keeping, receipts.REMEMBERED_FOR)


def _pending_consent_name() -> str:
    return f"{settings.COOKIE_PREFIX}presave"


def _name_apart(state: str) -> str:
    digest = hashlib.sha256(state.encode()).hexdigest()
    return f"{_pending_consent_name()}-{digest[:8]}"


def _names_apart(request: HttpRequest) -> list[str]:
    return [name for name in request.COOKIES if name.startswith(f"{_pending_consent_name()}-")]


def _open(request: HttpRequest, name: str) -> PendingConsent | None:
    return cookie.opened(request.COOKIES.get(name, ""))


def _receipts_name() -> str:
    return f"{settings.COOKIE_PREFIX}receipts"


def _set(response: HttpResponse, name: str, value: str, max_age: timedelta) -> None:
    response.set_cookie(
        name, value, max_age=max_age, secure=settings.IS_HTTPS, httponly=True, samesite="Lax"
    )
