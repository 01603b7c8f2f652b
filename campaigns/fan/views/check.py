"""The page that says what any pre-save link asks for, and what this instance says of itself.

The page is the same for everybody: campaigns/static/campaigns/check.js reads what is pasted, in the
browser alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from campaigns.fan import disclosure
from campaigns.fan.languages import in_fans_language
from campaigns.fan.page_context import SPOTIFY_APPS_URL
from campaigns.headers import WITHOUT_FORMS, with_policy, without_session
from campaigns.models import HARD_STOP, PERMISSION_LIFETIME
from campaigns.spotify import SCOPE, AppMode, app_mode, redirect_uri
from presave_check import NEEDED, SCOPES, Kind, Scope, read
from presave_check.examples import EXAMPLES, Example
from presave_check.scopes import OPENAPI

_KINDS: Final = {
    Kind.CHANGES: gettext_lazy("Changes to your account"),
    Kind.ACCOUNT: gettext_lazy("About you"),
    Kind.LISTENING: gettext_lazy("What you listen to"),
    Kind.PLAYBACK: gettext_lazy("What you play, and on which device"),
    Kind.PARTNERS: gettext_lazy("For Spotify's partners only"),
}
# docs/minimal-scope.md numbers them; a test holds that these are all.
MINIMAL_SCOPE_VERSION: Final = 1
REQUIREMENTS: Final = tuple(range(1, 13))


@dataclass(frozen=True)
class _Worked:
    """An example, read; `unnamed` is as long as what was counted and no report named."""

    example: Example
    asked: tuple[Scope, ...]
    unnamed: range
    count: str


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
@in_fans_language
@conditional_page
@cache_control(public=True, max_age=600, stale_if_error=86400)
def page(request: HttpRequest) -> HttpResponse:
    context: dict[str, Any] = {
        "needed": NEEDED,
        "kinds": [(words, _of_kind(kind)) for kind, words in _KINDS.items()],
        "count": _count_words(),
        "worked": [_work(example) for example in EXAMPLES],
        "apps_url": SPOTIFY_APPS_URL,
        "openapi_url": OPENAPI,
        "statement_url": reverse("statement"),
    }
    return render(request, "fan/check.html", context)


def _of_kind(kind: Kind) -> list[Scope]:
    return [scope for scope in SCOPES if scope.kind == kind]


def _count_words() -> str:
    return _("{needed} of {asked} needed")


def _work(example: Example) -> _Worked:
    asked = read(example.address).asked
    return _Worked(
        example=example,
        asked=tuple(scope for scope in SCOPES if scope.name in asked),
        unnamed=range(example.counted - len(asked)),
        count=_count_words().format(needed=asked.count(NEEDED), asked=example.counted),
    )


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
@conditional_page
@cache_control(public=True, max_age=600)
def statement(request: HttpRequest) -> HttpResponse:
    """`/.well-known/presave.json`, as docs/minimal-scope.md describes it."""
    operator = disclosure.operator()
    return JsonResponse(
        {
            "minimal_scope": {"version": MINIMAL_SCOPE_VERSION, "meets": REQUIREMENTS},
            "software": {
                "name": "Presave",
                "version": settings.VERSION,
                "commit": settings.COMMIT,
            },
            "operator": {"name": operator["name"], "contact": operator["contact"]},
            "spotify": None if app_mode() is AppMode.NONE else _spotify_app(),
            "permission_kept_at_most": {
                "days_after_release": HARD_STOP.days,
                "days_after_consent": PERMISSION_LIFETIME.days,
            },
            "pages": {
                name: f"{settings.PUBLIC_URL}{reverse(name)}"
                for name in ("privacy", "terms", "transparency", "check")
            },
        }
    )


def _spotify_app() -> dict[str, Any]:
    return {
        "client_id": settings.SPOTIFY_CLIENT_ID,
        "redirect_uri": redirect_uri(),
        "scopes": [SCOPE],
    }
