"""What the headers of an answer promise: the middleware for all answers, and decorators of views.

Nothing is inline, so no policy needs a nonce and each is one constant string.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers

V = TypeVar("V", bound=Callable[..., HttpResponseBase])
_POLICY: Final = "Content-Security-Policy"
_STRICT: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'; form-action "
)
_WITH_FORMS: Final = f"{_STRICT}'self'"
WITHOUT_FORMS: Final = f"{_STRICT}'none'"
# Of a page that one of our own shows in a frame, and of the page that shows it.
IN_OUR_FRAME: Final = WITHOUT_FORMS.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
WITH_A_FRAME: Final = f"{_WITH_FORMS}; frame-src 'self'"
FILES: Final = "default-src 'none'; sandbox"
_ISOLATION: Final = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
    ),
}


def _afterwards(finish: Callable[[HttpRequest, HttpResponseBase], object]) -> Callable[[V], V]:
    """Make a decorator that does this with each answer of a view."""

    def decorate(view: V) -> V:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            finish(request, response)
            return response

        return cast("V", wrapped)

    return decorate


def with_policy(policy: str) -> Callable[[V], V]:
    """Send this policy, unless the answer brings one. It stands outside of what answers 304, whose
    headers caches take over.
    """
    return _afterwards(lambda request, response: response.headers.setdefault(_POLICY, policy))


@_afterwards
def unlisted(request: HttpRequest, response: HttpResponseBase) -> None:
    """No search engine lists the answer."""
    response.headers["X-Robots-Tag"] = "noindex"


@_afterwards
def at_secret_address(request: HttpRequest, response: HttpResponseBase) -> None:
    """No cache keeps the answer, and no search engine lists it."""
    add_never_cache_headers(response)
    response.headers["X-Robots-Tag"] = "noindex"


@_afterwards
def without_session(request: HttpRequest, response: HttpResponseBase) -> None:
    """Keep a public answer free of `Vary: Cookie` and of every Set-Cookie.

    SessionMiddleware would delete the cookie of a session that has run out; a request that has no
    session it leaves alone.
    """
    del request.session


def as_download(name: str) -> dict[str, str]:
    """What makes a browser save the answer under this name; it holds no quote."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def let_form_lead_to_spotify(response: HttpResponseBase, by_way_of: str = "") -> HttpResponseBase:
    """Chromium checks the redirect after a form against form-action, and no-referrer would make the
    form's Origin header "null". `by_way_of` is the site that the form is sent to, if that is not
    the page's own.
    """
    to = by_way_of or "'self'"
    response.headers[_POLICY] = f"{_STRICT}{to} {settings.SPOTIFY_ACCOUNTS_URL}"
    response.headers["Referrer-Policy"] = "strict-origin" if by_way_of else "same-origin"
    return response


def default_headers(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware for what no view decided and SecurityMiddleware has no setting for.

    A loopback instance has no https to upgrade to.
    """
    upgrade = "; upgrade-insecure-requests" if settings.IS_HTTPS else ""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        # With DEBUG, Django's own pages for 404 and 500 hold their style.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers[_POLICY] = response.headers.get(_POLICY, _WITH_FORMS) + upgrade
        if response.status_code >= 400:
            # What is wrong now may be right in a minute; no cache may keep it.
            response.headers.setdefault("Cache-Control", "no-store")
        for name, value in _ISOLATION.items():
            response.headers.setdefault(name, value)
        return response

    return middleware
