"""Logging in with a passkey alone, without a session for everybody who only asks."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Final

from allauth.mfa.webauthn import views as passkeys
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE: Final = f"{settings.COOKIE_PREFIX}passkey"
_LIFETIME: Final = timedelta(minutes=5)
_SALT: Final = "campaigns.passkey"


def log_in(request: HttpRequest) -> HttpResponseBase:
    """allauth keeps the challenge in the session. Here the browser keeps it, signed, until it is
    answered, which counts once.
    """
    if request.method == "POST" and (challenge := _challenge_of(request)):
        request.session[STATE_SESSION_KEY] = challenge
    response: HttpResponseBase = passkeys.login_webauthn(request)
    challenge = request.session.pop(STATE_SESSION_KEY, None)
    if request.method == "GET" and challenge:
        _keep(response, challenge)
    elif COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE)
    return response


def _keep(response: HttpResponseBase, challenge: dict[str, Any]) -> None:
    response.set_cookie(
        COOKIE,
        signing.dumps(challenge, salt=_SALT),
        max_age=_LIFETIME,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Strict",
    )


def _challenge_of(request: HttpRequest) -> dict[str, Any] | None:
    signed = request.COOKIES.get(COOKIE, "")
    try:
        challenge: dict[str, Any] = signing.loads(signed, salt=_SALT, max_age=_LIFETIME)
    except signing.BadSignature:
        return None
    used = f"challenge-used.{hashlib.sha256(signed.encode()).hexdigest()}"
    is_new = cache.add(used, True, timeout=_LIFETIME.total_seconds())
    return challenge if is_new else None
