"""A sentence in place of an endless redirect, where the proxy in front does not say that a request
came by https, or may not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

# Asked for within the server, past the proxy.
PROBES: Final = ("/healthz", "/readyz")


def tells_of_a_proxy(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Comes before whatever redirects to https."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        fault = _fault(request)
        if fault:
            told = f"{fault} See docs/proxies.md."
            return HttpResponse(told, status=400, content_type="text/plain; charset=utf-8")
        return get_response(request)

    return answer


def _fault(request: HttpRequest) -> str:
    if not settings.SECURE_SSL_REDIRECT or request.is_secure() or request.path in PROBES:
        return ""
    scheme = request.headers.get("X-Forwarded-Proto", "")
    if scheme == "http":
        return ""
    if scheme != "https":
        return (
            "The proxy in front of Presave has to send `X-Forwarded-Proto: https`, that one word, "
            f"not {scheme!r}."
        )
    if not request.headers.get("X-Forwarded-For"):
        return "The proxy in front of Presave sends X-Forwarded-Proto, but no X-Forwarded-For."
    return (
        f"{request.META['REMOTE_ADDR']} sends X-Forwarded-Proto, and is not in TRUSTED_PROXIES: "
        "name it there if it is the proxy in front of Presave."
    )
