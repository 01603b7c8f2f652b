"""The language of a fan's page: the one its address asks for, else the browser's.

No cookie remembers it, so any cache may keep the page of each language. Where a fan chose one,
every link to the next page carries it along.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request
from django.utils.translation.trans_real import get_supported_language_variant

from campaigns.consent import oauth_state

PARAMETER: Final = "lang"
V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def in_fans_language(view: V) -> V:
    """For every view that answers a fan."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked_for = chosen(request)
        with translation.override(asked_for or get_language_from_request(request)):
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        if not asked_for:
            patch_vary_headers(response, ["Accept-Language"])
        return response

    return cast("V", wrapped)


def chosen(request: HttpRequest) -> str:
    """What the address asks for, or on the way back from Spotify the state; empty when they leave
    that to the browser, or ask for nothing that we speak.
    """
    is_back = request.resolver_match and request.resolver_match.url_name == "fan-callback"
    try:
        code = request.GET.get("state" if is_back else PARAMETER, "")
        code = oauth_state.language_of(code) if is_back else code
        return get_supported_language_variant(code.replace("_", "-").lower())
    except (LookupError, SuspiciousOperation):
        return ""


def query(code: str) -> str:
    """What to append to an address so that it stays in a chosen language."""
    return f"?{PARAMETER}={code}" if code else ""


def choice(request: HttpRequest) -> dict[str, Any]:
    """For the templates: the languages to choose from, and what keeps a link in the chosen one."""
    return {"languages": tuple(settings.LANGUAGES), "lang": query(chosen(request))}
