"""What the security headers of every answer say.

Nothing is inline, so no policy needs a nonce. The fan pages' scripts are named by their hashes:
campaigns/fan/scripts.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from csp.constants import HEADER, NONE, SELF
from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_BASE: dict[str, list[str]] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "object-src": [NONE],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": [NONE],
}

# A fan's landing page holds no form: its button is a plain link. Where the fan's time zone goes
# along, it is a form, and the view opens form-action for that answer.
LANDING = {**_BASE, "form-action": [NONE]}
# Chromium checks the redirect after a form against form-action, and the confirm page's form ends at
# Spotify.
CONFIRM = {**_BASE, "form-action": [SELF]}
RECEIPT = {**_BASE, "form-action": [SELF]}
# blob: lets the dashboard preview the chosen artwork before it is sent.
DASHBOARD: dict[str, list[str]] = {**_BASE, "img-src": [SELF, "blob:"], "form-action": [SELF]}
FILES = {"default-src": [NONE], "sandbox": True}


class Middleware(CSPMiddleware):
    """Leaves an answer alone that brings its policy; django-csp would build another one first."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if HEADER in response.headers:
            return response
        return super().process_response(request, response)


def upgraded(policy: Mapping[str, Any], is_https: bool) -> dict[str, Any]:
    """A policy for this instance; a loopback instance has no https to upgrade to."""
    return {**policy, "upgrade-insecure-requests": True} if is_https else dict(policy)


def extra_headers(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """The isolation headers that Django's SecurityMiddleware has no setting for."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code >= 400:
            # What is wrong now may be right in a minute; no cache may keep it.
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        response.headers.setdefault(
            "Permissions-Policy",
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
        )
        return response

    return middleware
