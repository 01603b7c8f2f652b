"""Health checks for compose and monitoring."""

from __future__ import annotations

import logging
from typing import Final

from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache

from campaigns.doctor import examination, metrics

logger = logging.getLogger(__name__)

_TEXT: Final = "text/plain; charset=utf-8"


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type=_TEXT)


def ready(request: HttpRequest) -> HttpResponse:
    """Ready means that the database answers, has all that this version's code needs, and that there
    is a heartbeat; Redis may be away.
    """
    try:
        trouble = " ".join(check.text for check in examination.not_ready())
    except Error:
        trouble = "database unavailable"
    status = 503 if trouble else 200
    if trouble:
        logger.warning("not ready: %s", trouble)
    return HttpResponse(f"{trouble or 'ok'}\n", status=status, content_type=_TEXT)


@never_cache
def measured(request: HttpRequest) -> HttpResponse:
    """For Prometheus. To anybody without the token there is no such page."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not constant_time_compare(given, metrics.token()):
        raise Http404
    try:
        told = metrics.exposition()
    except Error:
        return HttpResponse("database unavailable\n", status=503, content_type=_TEXT)
    return HttpResponse(told, content_type=metrics.CONTENT_TYPE)
