"""What the headers of a fan's page promise, as decorators of its view."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import IO, Any, Final, TypeVar, cast

from csp.constants import HEADER, SELF
from csp.utils import build_policy
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.templatetags.static import static

from presave import csp

V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def with_policy(policy: Mapping[str, Any]) -> Callable[[V], V]:
    """Send this policy, which allows no scripts but the fan pages' own.

    django-csp would build it anew for each answer, which costs a third of a short one.
    """

    @cache
    def text(is_https: bool) -> str:
        own = {"script-src": sources()} if "script-src" in policy else {}
        return build_policy(csp.upgraded({**policy, **own}, is_https))

    def decorate(view: V) -> V:
        @wraps(view)
        def wrapped(*args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(*args, **kwargs)
            response.headers.setdefault(HEADER, text(settings.IS_HTTPS))
            return response

        return cast("V", wrapped)

    return decorate


@cache
def _leading_to(form_target: str) -> Callable[[V], V]:
    return with_policy({**csp.LANDING, "form-action": [SELF, form_target]})


def starting_by_form(view: V) -> V:
    """For a page whose form leads to Spotify: Chromium holds the redirect after a form against
    form-action too.
    """

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = _leading_to(settings.SPOTIFY_ACCOUNTS_URL)(view)(*args, **kwargs)
        # The form's Origin header would be "null" under no-referrer.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    return cast("V", wrapped)


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


FAN_SCRIPTS: Final = ("copy", "countdown", "in_app", "remember", "returning", "zone")


@cache
def integrity(name: str) -> str:
    """As the script's tag and the policy have it: https://www.w3.org/TR/CSP3/#external-hash"""
    with _as_served(path_of(name)) as file:
        digest = hashlib.sha256(file.read()).digest()
    return f"sha256-{b64encode(digest).decode()}"


def _as_served(path: str) -> IO[bytes]:
    """Collected, unless DEBUG serves it from where it was written."""
    if settings.DEBUG:
        return Path(str(finders.find(path))).open("rb")
    return staticfiles_storage.open(static(path).removeprefix(settings.STATIC_URL))


def path_of(name: str) -> str:
    return f"campaigns/{name}.js"


@cache
def sources() -> list[str]:
    """For script-src."""
    return [f"'{integrity(name)}'" for name in FAN_SCRIPTS]
