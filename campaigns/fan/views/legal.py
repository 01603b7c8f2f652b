"""The privacy page, the terms and security.txt, filled in from what the code keeps and the operator
set.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from campaigns import hosts
from campaigns.consent.cookie import COOKIE_LIFETIME
from campaigns.consent.receipts import REMEMBERED_FOR
from campaigns.fan import disclosure
from campaigns.fan.languages import in_fans_language
from campaigns.fan.page_context import SPOTIFY_APPS_URL
from campaigns.headers import WITHOUT_FORMS, with_policy, without_session
from campaigns.models import HARD_STOP
from campaigns.models.limits import HISTORY_LIFETIME, INVITATION_LIFETIME
from campaigns.spotify import SCOPE, AppMode, app_mode

# What security.txt says is good for so long.
SECURITY_TXT_LIFETIME: Final = timedelta(days=30)
SPOTIFY_PRIVACY_URL: Final = "https://www.spotify.com/legal/privacy-policy/"


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
@in_fans_language
@conditional_page
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "fields": disclosure.FIELDS,
        "scope": SCOPE,
        "apps_url": SPOTIFY_APPS_URL,
        "spotify_privacy_url": SPOTIFY_PRIVACY_URL,
        # A state is forgotten when its cookie is.
        "cookie_minutes": int(COOKIE_LIFETIME.total_seconds() // 60),
        "is_in_development": app_mode() is AppMode.DEVELOPMENT,
        "receipts_cookie_days": REMEMBERED_FOR.days,
        "history_days": HISTORY_LIFETIME.days,
        "invitation_days": INVITATION_LIFETIME.days,
        "reports_errors": settings.SENTRY_DSN != "none",
    }
    return _page(request, "fan/privacy.html", context)


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
@in_fans_language
@conditional_page
def terms(request: HttpRequest) -> HttpResponse:
    return _page(request, "fan/terms.html", {"privacy_url": reverse("privacy")})


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
@conditional_page
@cache_control(public=True, max_age=600)
def security_txt(request: HttpRequest) -> HttpResponse:
    """`/.well-known/security.txt` (RFC 9116): whom to tell of a fault of this instance's."""
    if "OPERATOR_CONTACT" in settings.SOON_REQUIRED:
        raise Http404
    # To the day, so that it changes once a day.
    expires = timezone.now().date() + SECURITY_TXT_LIFETIME
    lines = (
        f"Contact: {disclosure.operator()['link']}",
        f"Expires: {expires}T00:00:00Z",
        "Preferred-Languages: en",
        f"Canonical: {hosts.site_at(request)}{reverse('security-txt')}",
    )
    return HttpResponse("\n".join((*lines, "")), content_type="text/plain; charset=utf-8")


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    common = {
        "operator": disclosure.operator(),
        "hard_stop_days": HARD_STOP.days,
    }
    response = render(request, template, {**context, **common})
    patch_cache_control(response, public=True, max_age=600, stale_if_error=86400)
    return response
