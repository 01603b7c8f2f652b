"""What the headers of a fan's page promise, as decorators of its view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from csp.decorators import csp as csp_header
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from presave import csp

V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def with_policy(policy: Mapping[str, Any]) -> Callable[[V], V]:
    """django-csp's decorator, whose types know only views that take nothing from the address."""
    return cast("Callable[[V], V]", csp_header(csp.upgraded(policy, settings.IS_HTTPS)))


def without_session(view: V) -> V:
    """Keep a public answer free of `Vary: Cookie` and of every Set-Cookie.

    CsrfViewMiddleware looks into the session of each request, which alone would bring the first.
    SessionMiddleware leaves a request that has no session alone.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        del request.session
        return response

    return cast("V", wrapped)
