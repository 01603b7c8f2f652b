"""Health checks for compose and monitoring."""

from __future__ import annotations

import logging

from django.db import Error
from django.http import HttpRequest, HttpResponse

from campaigns.status import heartbeat

logger = logging.getLogger(__name__)


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Ready means that the database answers and there is a heartbeat; Redis may be away."""
    try:
        trouble = heartbeat.operator_warning()
    except Error:
        trouble = "database unavailable"
    status = 503 if trouble else 200
    if trouble:
        logger.warning("not ready: %s", trouble)
    return HttpResponse(f"{trouble or 'ok'}\n", status=status, content_type="text/plain")
