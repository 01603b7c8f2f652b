"""The two cookies of a fan's browser, both sealed: the consent on its way, and the receipts."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from campaigns.consent import cookie, receipts
from campaigns.consent.cookie import IssuedReceipt, PendingConsent


def pending_consent(request: HttpRequest) -> PendingConsent | None:
    return cookie.opened(request.COOKIES.get(_pending_consent_name(), ""))


def set_pending_consent(response: HttpResponse, pending: PendingConsent) -> None:
    _set(response, _pending_consent_name(), cookie.sealed(pending), cookie.COOKIE_LIFETIME)


def delete_pending_consent(response: HttpResponse) -> None:
    response.delete_cookie(_pending_consent_name(), samesite="Lax")


def kept_receipts(request: HttpRequest) -> dict[str, str]:
    return receipts.remembered(request.COOKIES.get(_receipts_name(), ""))


def remember(request: HttpRequest, response: HttpResponse, issued: IssuedReceipt) -> None:
    kept, token = kept_receipts(request), issued.token.reveal()
    keeping = receipts.remembering(kept, issued.slug, token)
    _set(response, _receipts_name(), keeping, receipts.REMEMBERED_FOR)


def _pending_consent_name() -> str:
    return f"{settings.COOKIE_PREFIX}presave"


def _receipts_name() -> str:
    return f"{settings.COOKIE_PREFIX}receipts"


def _set(response: HttpResponse, name: str, value: str, max_age: timedelta) -> None:
    response.set_cookie(
        name, value, max_age=max_age, secure=settings.IS_HTTPS, httponly=True, samesite="Lax"
    )
