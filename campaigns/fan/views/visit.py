"""Where the landing page's script says that somebody opened it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from campaigns import hosts
from campaigns.fan import visits
from campaigns.headers import FILES, with_policy, without_session
from campaigns.models import Step

MOST_BYTES: Final = 1024


@require_POST
@csrf_exempt
@without_session
@never_cache
@with_policy(FILES)
def visit(request: HttpRequest, slug: str) -> HttpResponse:
    """Counted is what our own page sends. The answer tells nothing, nor does it set a cookie."""
    if not _is_from_our_page(request):
        return HttpResponse(status=403)
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    if not _is_from_receipt(request):
        visits.count(slug, visits.source_of(request), Step.VISIT)
    return HttpResponse(status=204)


def _is_from_receipt(request: HttpRequest) -> bool:
    """At a label's own domain it comes from another host, and is no new visit all the same."""
    is_elsewhere = hosts.label_at(request) is not None
    return is_elsewhere and request.POST.get(visits.SOURCE) == urlsplit(settings.PUBLIC_URL).netloc


def _is_from_our_page(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    # Safari before 16.4 says no more than the origin.
    is_ours = site is None and request.headers.get("Origin") == hosts.site_at(request)
    return site == "same-origin" or is_ours
